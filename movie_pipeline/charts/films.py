"""Which films the charts count: the rows of one upload, cleaned, filtered and without duplicates.

What belongs here: the rule that charts, the overview and the page share, "seen films, each once by
`tmdb_id`", and cleaning the values that DuckDB returns. What does not: anything that is drawn.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from movie_pipeline.charts import people
from movie_pipeline.outside.untrusted import normalized

#: The list columns of a film, people with their ids; `viewings` are days as text ("2026-01-31").
LISTS = (
    *("genres", "directors", "director_ids", "cast", "cast_ids", "origin_countries"),
    *("viewings", "in_lists"),
)
#: The states that a row can end in, in the order in which they are shown.
STATES = ("matched", "ambiguous", "not_found", "not_a_movie", "error")
#: Each state in words, to be preceded by a number, as in "3 films not found".
STATE_WORDS = {
    "matched": "found",
    "ambiguous": "with several candidates",
    "not_found": "not found",
    "not_a_movie": "not a film (series, episode, game)",
    "error": "failed, retried next time",
}

_NUMBERS = ("rating", "runtime_minutes", "vote_average", "vote_count", "popularity", "year")
_OWN = ("viewings", "in_lists")  # of each line; a film may have several lines
_TEXTS = ("title", "tmdb_title", "original_title", "original_language", "answered_by")


@dataclass(frozen=True)
class Counted:
    """The films of one upload as charts count them.

    Attributes:
        films: One row per matched film: the input's columns, lists as Python lists, numbers as
            floats (NaN where unknown), `tmdb_id` as int, and `released`, the year of release.
        unmatched: The rows in scope without a matched film, same columns.
        seen: Whether these are films that the user has seen; False for an upload that is only a
            watchlist, of which all films are counted.
        repeated: Rows of a film that was already counted.
        unseen: Rows left out because they are only on a watchlist or a list.
    """

    films: pd.DataFrame
    unmatched: pd.DataFrame
    seen: bool
    repeated: int
    unseen: int

    @cached_property
    def lines(self) -> pd.DataFrame:
        """All rows in scope, matched or not: `films`, then `unmatched`."""
        return pd.concat([self.films, self.unmatched], ignore_index=True)

    @cached_property
    def directed(self) -> pd.Series:
        """For each film, its directors with several films, as `people.repeated` returns them."""
        return people.repeated(self.films["director_ids"], self.films["directors"])

    @cached_property
    def acted(self) -> pd.Series:
        """For each film, its actors with several films, as `people.repeated` returns them."""
        return people.repeated(self.films["cast_ids"], self.films["cast"])

    @cached_property
    def pairs(self) -> pd.Series:
        """For each film, its pairs with several films, as `people.pairs` returns them."""
        return people.pairs(self.films)

    @property
    def noun(self) -> str:
        """What to call these films: ``films watched`` or ``films on this list``."""
        return "films watched" if self.seen else "films on this list"

    def phrase(self, number: int) -> str:
        """Return a number with its noun: ``1 film watched``."""
        noun = self.noun if number != 1 else self.noun.replace("films", "film", 1)
        return f"{number:,} {noun}"

    @property
    def total(self) -> int:
        """The number of films in scope, including unmatched ones."""
        return len(self.films) + len(self.unmatched)

    def states(self) -> dict[str, int]:
        """Return the number of films in each state, in the order of `STATES`."""
        counts = self.unmatched["match_status"].value_counts()
        return {
            state: len(self.films) if state == "matched" else int(counts.get(state, 0))
            for state in STATES
        }


def count(rows: pd.DataFrame | Counted) -> Counted:
    """Select and clean the films that charts count.

    Args:
        rows: One row per film line of an upload, with the columns of `enriched.movies`, any of
            which may be missing. Lists may be lists, arrays or null; any value may be NaN, NaT or
            None. A `Counted` is returned unchanged.

    Returns:
        The seen films, each once by `tmdb_id`: its first row by `row_number`, with the first
        rating that any of its rows has, and the viewings and lists of all its rows. If no film
        was seen, all films.
    """
    if isinstance(rows, Counted):
        return rows
    rows = _complete(rows)
    seen = bool(rows["seen"].any()) or rows.empty
    scope = rows["seen"] if seen else pd.Series(True, index=rows.index)
    found = scope & (rows["match_status"] == "matched") & rows["tmdb_id"].notna()
    ids = rows["tmdb_id"].where(found)
    films = rows[found & ~ids.duplicated()].reset_index(drop=True)
    films["rating"] = films["tmdb_id"].map(rows["rating"].groupby(ids).first())
    films["tmdb_id"] = films["tmdb_id"].astype("int64")
    again = rows[found & ids.duplicated(keep=False)]
    for name in _OWN if len(again) else ():
        together = again.groupby("tmdb_id")[name].agg(lambda lists: sorted({*chain(*lists)}))
        films[name] = films["tmdb_id"].map(together).where(lambda one: one.notna(), films[name])
    unmatched = rows[scope & ~found].reset_index(drop=True)
    # The page has no way to show a matched row without an id.
    unmatched.loc[unmatched["match_status"] == "matched", "match_status"] = "error"
    return Counted(
        films=films,
        unmatched=unmatched,
        seen=seen,
        repeated=int(found.sum()) - len(films),
        unseen=len(rows) - int(scope.sum()),
    )


def _complete(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows ordered by `row_number`, with every column present and of one type."""
    whole = pd.DataFrame(index=rows.index)
    for name in ("row_number", "tmdb_id", *_NUMBERS):
        whole[name] = pd.to_numeric(_column(rows, name), errors="coerce").astype("float64")
    for name in _TEXTS:
        whole[name] = [_text(value) for value in _column(rows, name)]
    for name in LISTS:
        whole[name] = [_list(value) for value in _column(rows, name)]
    for names, ids in (("directors", "director_ids"), ("cast", "cast_ids")):
        _pair(whole, names, ids)
    whole["genres"] = [
        _reused(genres, list(dict.fromkeys(map(_text, genres)))) for genres in whole["genres"]
    ]
    # Unknown counts as seen: only watchlists and lists say that a film was not seen.
    seen = [pd.isna(value) or bool(value) for value in _column(rows, "seen")]
    whole["seen"] = pd.Series(seen, index=rows.index, dtype="bool")
    status = _column(rows, "match_status")
    whole["match_status"] = [value if value in STATES else "error" for value in status]
    # TMDB says 0 if it does not know the runtime.
    whole["runtime_minutes"] = whole["runtime_minutes"].where(whole["runtime_minutes"] > 0)
    dates = pd.to_datetime(_column(rows, "release_date"), errors="coerce")
    whole["released"] = dates.dt.year.astype("float64").fillna(whole["year"])
    return whole.sort_values("row_number", kind="stable", ignore_index=True)


def _column(rows: pd.DataFrame, name: str) -> pd.Series:
    return rows[name] if name in rows else pd.Series(None, index=rows.index, dtype="object")


def _text(value: object) -> str:
    return normalized(value) if isinstance(value, str) else ""


def _is_nan(item: object) -> bool:
    return item is pd.NA or (isinstance(item, float) and math.isnan(item))


def _list(value: object) -> list[Any]:
    """Return a list, an array or a null as a list without nulls."""
    if value is None or isinstance(value, str) or not isinstance(value, Iterable):
        return []
    items = value.tolist() if isinstance(value, np.ndarray) else value
    there = (item for item in items if item is not None and not _is_nan(item))
    return _reused(items, [normalized(item) if isinstance(item, str) else item for item in there])


def _reused(old: Any, new: list[Any]) -> list[Any]:
    """Return the old list if it is already clean: for 50,000 films, new lists take 40 MB."""
    return old if old == new and list(map(type, old)) == list(map(type, new)) else new


def _pair(whole: pd.DataFrame, names: str, ids: str) -> None:
    """Align names and ids: ids as int, each person once, one spelling per id.

    A person without an id (if the list of ids is too short) is identified by name.
    """
    spelling: dict[int | str, str] = {}
    all_ids, all_names = [], []
    for row_names, row_ids in zip(whole[names], whole[ids], strict=True):
        persons: dict[int | str, None] = {}
        for person, name in zip([*row_ids, *row_names[len(row_ids) :]], row_names, strict=False):
            key = person if isinstance(person, str) else int(person)
            persons[key] = None
            if key not in spelling:
                spelling[key] = name if isinstance(name, str) else ""
        all_ids.append(_reused(row_ids, list(persons)))
        all_names.append(_reused(row_names, [spelling[person] for person in persons]))
    whole[ids], whole[names] = all_ids, all_names
