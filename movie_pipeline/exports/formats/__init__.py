"""One module per exporter; this package finds them by itself.

What belongs in a module here: ``FORMATS``, the tables and documents that one service writes, and
optionally ``LAYOUT``, how its archive is arranged, all declared in the words of ``exporter``.
The order of detection comes from each declaration's ``specificity``, not from the module's name.
What does not: parsing, which is the same for all (``exports.reading``).

Begin with ``imdb``, the shortest; ``exports.exporter`` has the words.
"""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache

from movie_pipeline.exports.exporter import DocumentFormat, Layout, TableFormat


@cache
def _modules() -> tuple[object, ...]:
    return tuple(
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
    )


@cache
def tables() -> tuple[TableFormat, ...]:
    """All table formats, the most specific first."""
    found = [
        item
        for module in _modules()
        for item in getattr(module, "FORMATS", ())
        if isinstance(item, TableFormat)
    ]
    return tuple(sorted(found, key=lambda item: -item.specificity))


@cache
def documents() -> tuple[DocumentFormat, ...]:
    """All JSON formats, the most specific first."""
    found = [
        item
        for module in _modules()
        for item in getattr(module, "FORMATS", ())
        if isinstance(item, DocumentFormat)
    ]
    return tuple(sorted(found, key=lambda item: -item.specificity))


@cache
def layouts() -> tuple[Layout, ...]:
    """All archive layouts, the most specific first."""
    found = [layout for module in _modules() if (layout := getattr(module, "LAYOUT", None))]
    return tuple(sorted(found, key=lambda layout: -layout.specificity))


def recognise_table(header: Sequence[str]) -> tuple[TableFormat, dict[str, int]] | None:
    """Find the most specific format that a header row fits, and where its fields stand."""
    for item in tables():
        mapping = item.recognise(header)
        if mapping is not None:
            return item, mapping
    return None


def recognise_document(item: Mapping[str, object]) -> DocumentFormat | None:
    """Find the most specific format that a JSON object fits."""
    return next((form for form in documents() if form.recognise(item)), None)
