"""How an exporter is declared.

What belongs here: the classes with which the modules of ``formats`` declare what they recognise and
what their columns mean. What does not: any particular exporter, and the reading itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from movie_pipeline.exports.headings import header_name, is_data, readings, split_scale


class Line(NamedTuple):
    """What one line says, field by field; None (or empty) where it says nothing.

    Attributes:
        letterboxd_uri: The film's link; the link of a diary entry goes into ``entry``.
        entry: Anything that tells two viewings of a film on one day apart.
        part: A season or an episode; the line then stands for its series, and the rating is the
            part's, not the series'.
        rating: 0.5 to 5.
        plays: How often it was watched, if the line says so.
        more_days: All days of viewings, if the line has several.
        rated_on: Used where there is no ``logged_on``.
    """

    title: str | None = None
    year: int | None = None
    original_title: str | None = None
    imdb_id: str | None = None
    tmdb_id: int | None = None
    letterboxd_uri: str | None = None
    entry: str | None = None
    title_type: str | None = None
    part: str | None = None
    directors: tuple[str, ...] | None = None
    runtime: int | None = None
    rating: float | None = None
    liked: bool | None = None
    seen: bool | None = None
    logged_on: date | None = None
    rated_on: date | None = None
    watched_on: date | None = None
    rewatch: bool | None = None
    tags: tuple[str, ...] | None = None
    in_list: str | None = None
    plays: int | None = None
    more_days: tuple[date, ...] | None = None


@dataclass(frozen=True)
class Source:
    """What a film's presence in a file says about the film.

    Attributes:
        seen: It has been seen; False for a watchlist or a list.
        rated_is_seen: In a list: a rating or a like shows that it has been seen nevertheless.
        liked: It is liked.
        in_list: The name of the list, if the file is one.
        rating_rank: Where files disagree on a rating, the higher rank wins, then the later day.
    """

    seen: bool = True
    rated_is_seen: bool = False
    liked: bool = False
    in_list: str | None = None
    rating_rank: int = 1


def always_seen(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    """Treat every film of the file as seen."""
    del path, preamble
    return Source()


@dataclass(frozen=True)
class TableFormat:
    """A table that an exporter writes.

    The fields of ``columns`` are those of `Line`, and these: released (used where there is no
    year), rating10, other_title (used where there is no title),
    link (to IMDb, TMDB or Letterboxd), watched (yes, or a day), listed (on a watchlist:
    not seen), media_id (an id at the service that ``id_source`` names, else TMDB's if there is a
    title type), series (the series' title, for a line
    that is a part of it), part_number (a further column that tells a part), file (a file's name or
    path, used where there is no title), last_episode (unlike with part, the line and its rating are
    the series'), program (a title such as ``Show: Season 1: Episode``), extra (a trailer or the
    like: the line is nothing), thumb (up is a like).

    Attributes:
        name: Shown as the detected format, e.g. ``letterboxd diary``.
        service: Stored as ``source_format``, e.g. ``letterboxd``.
        specificity: If several formats recognise a header, the highest wins.
        signatures: Sets of header names; all names of at least one set must be present.
        forbids: Header names that no table of this format has.
        only: If not empty, a table of this format has no header names beyond these.
        columns: Canonical field to the header names that may hold it, the preferred first.
            Names are compared by `header_name`.
        scale: The best rating, if the service defines one; None infers it from the column. It is
            also inferred if the column does not fit the scale (see `scales`).
        source: Derives the `Source` from the file's path and the rows above its header.
        needs: If not empty, at least one of these fields must have a column.
        loose: Whether a heading may also have one of the names with something before or after it
            (``movie_tmdb_id``, ``nameEng``).
        presence_is_seen: Whether a line means that its film was seen even if columns tell for other
            lines that theirs was.
        parts_have_ids: Whether the ids on the line of a part are the part's, not the series'.
    """

    name: str
    service: str
    specificity: int
    signatures: tuple[frozenset[str], ...]
    columns: Mapping[str, Sequence[str]]
    scale: float | None = None
    source: Callable[[PurePosixPath, Sequence[Sequence[str]]], Source] = always_seen
    forbids: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    confidence: float = 1.0
    needs: frozenset[str] = frozenset()
    loose: bool = False
    presence_is_seen: bool = False
    parts_have_ids: bool = False

    def recognise(self, header: Sequence[str]) -> dict[str, int] | None:
        """Find the canonical fields in a header row.

        Returns:
            Field to index of its column, or None if the header is not of this format.
        """
        places: dict[str, int] = {}
        for index, cell in enumerate(header):
            places.setdefault(header_name(cell), index)
        if not self._is_ours(places.keys()):
            return None
        if self.loose and not self._fields.keys() & places.keys() and any(map(is_data, header)):
            return None  # a line of data: most rows that are looked at are
        mapping: dict[str, int] = {}
        taken: set[int] = set()
        for field, names in self.columns.items():
            for name in names:
                index = places.get(header_name(name), -1)
                if index >= 0 and index not in taken:
                    mapping[field] = index
                    taken.add(index)
                    break
        self._add_scaled(header, mapping, taken)
        if self.loose and len(header) > 1:  # "My films" alone is the title of a list
            self._add_loose(header, mapping, taken)
        if "title" in mapping:
            mapping.pop("file", None)
        return mapping if not self.needs or self.needs & mapping.keys() else None

    def _add_scaled(self, header: Sequence[str], mapping: dict[str, int], taken: set[int]) -> None:
        """Find a rating in a heading that states its scale."""
        if "rating" in self.columns and not {"rating", "rating10"} & mapping.keys():
            rated = {header_name(name) for name in self.columns["rating"]}
            for index, cell in enumerate(header):
                name, scale = split_scale(cell)
                if scale and index not in taken and header_name(name) in rated:
                    mapping["rating"] = index
                    taken.add(index)
                    break

    def _add_loose(self, header: Sequence[str], mapping: dict[str, int], taken: set[int]) -> None:
        """Find further fields in headings that have more than a known name."""
        fields = self._fields
        for index, cell in enumerate(header):
            if index in taken:
                continue
            for name in readings(cell):
                field = fields.get(name)
                if field == "title" and "title" in mapping:
                    field = "other_title"
                if field is not None and field not in mapping:
                    mapping[field] = index
                    taken.add(index)
                    break

    @cached_property
    def _fields(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        for field, names in self.columns.items():
            for name in names:
                fields.setdefault(header_name(name), field)
        return fields

    def _is_ours(self, places: Set[str]) -> bool:
        """Whether these are the column names of a table of this format."""
        signatures, forbids, only = self._names
        return (
            (not signatures or any(names <= places for names in signatures))
            and not forbids & places
            and not (only and places - only)
        )

    @cached_property
    def _names(self) -> tuple[tuple[frozenset[str], ...], frozenset[str], frozenset[str]]:
        """The signatures and the forbidden and only names, as `header_name` gives them."""
        signatures = tuple(frozenset(map(header_name, names)) for names in self.signatures)
        only = frozenset(map(header_name, self.only))
        return signatures, frozenset(map(header_name, self.forbids)), only and only | {""}


@dataclass(frozen=True)
class DocumentFormat:
    """A JSON document of items that an exporter writes.

    Attributes:
        name, service, specificity: As in `TableFormat`.
        recognise: Whether an item (a JSON object) is of this format.
        read: Turns an item, the key of its array in the document ("" at the top level) and the
            file's path into a line. Raises ValueError with a reason if the item is not a film.
        mapping: Canonical field to its place in an item, for the report.
    """

    name: str
    service: str
    specificity: int
    recognise: Callable[[Mapping[str, object]], bool]
    read: Callable[[Mapping[str, object], str, PurePosixPath], Line]
    mapping: Mapping[str, str]
    confidence: float = 1.0


@dataclass(frozen=True)
class Layout:
    """How an exporter arranges the files of its archive.

    Attributes:
        specificity: If several layouts claim files, the highest wins.
        claim: Selects, in reading order, the names that hold films; none if the archive is another
            exporter's.
    """

    specificity: int
    claim: Callable[[Sequence[str]], list[str]]


def names(text: str) -> frozenset[str]:
    """Write a signature as one comma-separated string."""
    return frozenset(name.strip() for name in text.split(","))


_WATCHLIST = re.compile(
    r"watch[ _-]?list|wish[ _-]?list|to[ _-](?:watch|see)|merkliste|plan[ _-]?to[ _-]?watch|"
    r"por[ _-]ver|a[ _-](?:voir|ver)(?![a-z])|da[ _-]vedere|unwatched|unseen",
    re.IGNORECASE,
)
_LIKES = re.compile(r"likes?(?![a-z])|liked|favou?rites?", re.IGNORECASE)


def source_by_name(path: PurePosixPath) -> Source:
    """Recognise a watchlist or likes by the file's name (``watchlist (1).csv``)."""
    if _WATCHLIST.search(path.stem):
        return Source(seen=False)
    likes = _LIKES.search(path.stem) or (path.stem == "films" and path.parent.name == "likes")
    return Source(liked=bool(likes))
