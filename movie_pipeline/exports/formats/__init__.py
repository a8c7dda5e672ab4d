"""One module per exporter; this package discovers them automatically.

What belongs in a module here: ``FORMATS``, the tables and documents that one service writes, and
optionally ``LAYOUT``, how its archive is arranged, all declared with the classes of ``exporter``.
The order of detection depends on each declaration's ``specificity``, not on the module's name.
What does not: parsing, which is the same for all (``exports.reading``).

Begin with ``imdb``, a short one; the classes are explained in ``exports.exporter``.
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
    """Find the most specific format that a header row fits, and the columns of its fields."""
    for item in tables():
        mapping = item.recognise(header)
        if mapping is not None:
            return item, mapping
    return None


def recognise_document(item: Mapping[str, object]) -> DocumentFormat | None:
    """Find the most specific format that a JSON object fits."""
    return next((form for form in documents() if form.recognise(item)), None)


def is_film_list(found: tuple[TableFormat, Mapping[str, int]] | None) -> bool:
    """Whether a table is a list of films even among private files.

    It is if an exporter's own format recognises it, or if it has more than titles: a year, an id, a
    rating or a day of viewing.
    """
    return found is not None and (
        found[0].service != "generic"
        or bool(
            _EVIDENCE & found[1].keys()
            and {"title", "program", "file", "imdb_id", "tmdb_id"} & found[1].keys()
        )
    )


_EVIDENCE = frozenset(
    {
        *("year", "released", "imdb_id", "tmdb_id", "letterboxd_uri"),
        *("rating", "rating10", "watched_on", "more_days"),
    }
)
