"""Which films a drawing rests on: the rows of one upload, cleaned, narrowed and counted once each.

What belongs here: the rule that charts, the overview and the page share, "seen films, each once by
`tmdb_id`", and the cleaning of what DuckDB hands back. What does not: anything that is drawn.
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

#: The lists of a film, people beside their ids; `viewings` are days as texts ("2026-01-31").
LISTS = (
    *("genres", "directors", "director_ids", "cast", "cast_ids", "origin_countries"),
    *("viewings", "in_lists"),
)
#: The states a row can end in, in the order in which people want to read them.
STATES = ("matched", "ambiguous", "not_found", "not_a_movie", "error")
#: Each state in words; `films` and a number come before it.
STATE_WORDS = {
    "matched": "found",
    "ambiguous": "with several candidates",
    "not_found": "not found",
    "not_a_movie": "not a film (series, episode, game)",
    "error": "failed, tried again next time",
}

_NUMBERS = ("rating", "runtime_minutes", "vote_average", "vote_count", "popularity", "year")
_OWN = ("viewings", "in_lists")  # of the lines, which may be several for a film
_TEXTS = ("title", "tmdb_title", "original_title", "original_language", "answered_by")


@dataclass(frozen=True)
class Counted:
    """The films of one upload as charts count them.

    Attributes:
        films: One row per matched film: the input's columns, lists as Python lists, numbers as
            floats (NaN where unknown), `tmdb_id` as int, and `released`, the year of release.
        unmatched: The rows in scope that no film was found for, same columns.
        seen: Whether these are films that somebody has seen; False for a mere watchlist, all of
            whose films are counted then.
        repeated: Rows that turned out to be a film already counted.
        unseen: Rows left out because they are only on a watchlist or a list.
    """

    films: pd.DataFrame
    unmatched: pd.DataFrame
    seen: bool
    repeated: int
    unseen: int

    @cached_property
    def lines(self) -> pd.DataFrame:
        """All that is in scope, found or not: `films`, then `unmatched`."""
        return pd.concat([self.films, self.unmatched], ignore_index=True)

    @cached_property
    def directed(self) -> pd.Series:
        """For each film, the directors of several films, as `people.repeated` has them."""
        return people.repeated(self.films["director_ids"], self.films["directors"])

    @cached_property
    def acted(self) -> pd.Series:
        """For each film, the actors of several films, as `people.repeated` has them."""
        return people.repeated(self.films["cast_ids"], self.films["cast"])

    @cached_property
    def pairs(self) -> pd.Series:
        """For each film, the directors and actors who meet again, as `people.pairs` has them."""
        return people.pairs(self.films)

    @property
    def noun(self) -> str:
        """What these films are: ``films watched`` or ``films on this list``."""
        return "films watched" if self.seen else "films on this list"

    def phrase(self, number: int) -> str:
        """Return a number with its noun: ``1 film watched``."""
        noun = self.noun if number != 1 else self.noun.replace("films", "film", 1)
        return f"{number:,} {noun}"

    @property
    def total(self) -> int:
        """Films in scope, those that could not be found included."""
        return len(self.films) + len(self.unmatched)

    def states(self) -> dict[str, int]:
        """Return the number of films in each state of matching, in the order of `STATES`."""
        counts = self.unmatched["match_status"].value_counts()
        return {
            state: len(self.films) if state == "matched" else int(counts.get(state, 0))
            for state in STATES
        }


def count(rows: pd.DataFrame | Counted) -> Counted:
    """Choose and clean the films that charts count.

    Args:
        rows: A row per film line of one upload: the columns of `enriched.movies`, any of them
            missing. Lists may be lists, arrays or null; anything may be NaN, NaT or None.
            What is counted already is returned as it is.

    Returns:
        The seen films, each once by `tmdb_id`: its first row by `row_number`, with the first
        rating that any of its rows has, and the viewings and lists of all. Without a single seen
        film, all films.
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
    # A matched row without an id would be in no state that the page can show.
    unmatched.loc[unmatched["match_status"] == "matched", "match_status"] = "error"
    return Counted(
        films=films,
        unmatched=unmatched,
        seen=seen,
        repeated=int(found.sum()) - len(films),
        unseen=len(rows) - int(scope.sum()),
    )


def _complete(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows by `row_number` with every column there and of one kind."""
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
        _kept(genres, list(dict.fromkeys(map(_text, genres)))) for genres in whole["genres"]
    ]
    # Unknown counts as seen: only a watchlist says that a film was not.
    seen = [pd.isna(value) or bool(value) for value in _column(rows, "seen")]
    whole["seen"] = pd.Series(seen, index=rows.index, dtype="bool")
    status = _column(rows, "match_status")
    whole["match_status"] = [value if value in STATES else "error" for value in status]
    # TMDB says 0 where it does not know; and nobody has watched a film of no length.
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
    return _kept(items, [normalized(item) if isinstance(item, str) else item for item in there])


def _kept(old: Any, new: list[Any]) -> list[Any]:
    """Return the old list where it is clean already: of 50,000 films a second one takes 40 MB."""
    return old if old == new and list(map(type, old)) == list(map(type, new)) else new


def _pair(whole: pd.DataFrame, names: str, ids: str) -> None:
    """Make names and ids go together: ids as int, each person once, one spelling per id.

    A person without an id (a list that is too short) is known by the name itself.
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
        all_ids.append(_kept(row_ids, list(persons)))
        all_names.append(_kept(row_names, [spelling[person] for person in persons]))
    whole[ids], whole[names] = all_ids, all_names
