"""What holds for any lines, any films and any broken records."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movie_pipeline.matching import Decision, Wanted, find
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline_tests.matching.asking import Asking
from movie_pipeline_tests.matching.records import film
from movie_pipeline_tests.profiles import examples


def decide(wanted: Wanted, records: list[dict[str, Any]]) -> Decision:
    """Decide against a catalogue of these records."""
    return find(wanted, Asking(Catalogue(records)))


NAMES = st.sampled_from(
    ["Her", "The Night", "Night", "The Night: Part II", "Night & Day", "$", "夜", "Flow 2"]
)
FILMS = st.lists(
    st.builds(
        film,
        st.integers(1, 60),
        NAMES,
        st.sampled_from(["", "2020-02-02", "2021-12-31", "2022-05-05"]),
        st.integers(0, 3000),
        other_titles=st.lists(NAMES, max_size=1),
        runtime=st.sampled_from([0, 90]),
    ),
    max_size=12,
    unique_by=lambda record: record["id"],
)
LINES = st.builds(
    Wanted,
    NAMES,
    st.sampled_from([None, 2020, 2021, 2022]),
    tmdb_id=st.sampled_from([None, None, 3]),
    imdb_id=st.sampled_from([None, None, "tt0000003"]),
    runtime_minutes=st.sampled_from([None, 90]),
)


class Shuffled(Asking):
    """Returns hits in reverse order."""

    def search(self, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        return super().search(*args, **kwargs)[::-1]


@given(LINES, FILMS)
def test_the_order_of_hits_does_not_matter(wanted: Wanted, records: list[dict[str, Any]]) -> None:
    catalogue = Catalogue(records)
    assert find(wanted, Shuffled(catalogue)) == find(wanted, Asking(catalogue))


@given(LINES, FILMS)
def test_an_unrelated_film_changes_nothing(wanted: Wanted, records: list[dict[str, Any]]) -> None:
    """A search finds it by the same words, but it has another title, or is from another decade.

    The candidates of a line that was not found may change: they are films with the title from
    other years.
    """
    title = wanted.title or ""
    unrelated = [
        film(901, f"{title} of the Living Dead", "2021-01-01", 10**6),
        film(902, f"{title} of the Living Dead", f"{wanted.year or 2021}-01-01", 10**6),
    ]
    if wanted.year is not None:
        unrelated.append(film(903, title, "1961-01-01", 10**6))
    before = decide(wanted, records)
    after = decide(wanted, [*records, *unrelated])
    if before.status == "not_found":
        after = replace(after, candidates=before.candidates)
    assert after == before


@given(LINES, FILMS)
def test_the_parts_of_a_decision_agree(wanted: Wanted, records: list[dict[str, Any]]) -> None:
    decision = decide(wanted, records)
    scores = [candidate.score for candidate in decision.candidates]
    assert decision.status in {"matched", "ambiguous", "not_found", "not_a_movie"}
    assert scores == sorted(scores, reverse=True)
    assert len(scores) <= 3
    assert all(0 <= score <= 1 for score in scores)
    assert (decision.tmdb_id is not None) == (decision.status == "matched")
    assert (decision.details is not None) == (decision.status == "matched")
    if decision.status == "matched":
        assert decision.candidates[0].tmdb_id == decision.tmdb_id
    if decision.status == "ambiguous":
        assert decision.candidates


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "title", "name", "job", "results"]), inner)
    ),
    max_leaves=5,
)
KEYS = [
    "id",
    "title",
    "original_title",
    "release_date",
    "vote_count",
    "runtime",
    "imdb_id",
    "credits",
    "alternative_titles",
    "translations",
    "release_dates",
    "name",
    "first_air_date",
]
RECORDS = st.dictionaries(st.sampled_from(KEYS), JUNK | st.just("Her") | st.just("2021-01-01"))


class Junk(Asking):
    """Answers with arbitrary records."""

    def __init__(self, hits: list[dict[str, Any]], details: dict[str, Any] | None) -> None:
        super().__init__(Catalogue([]))
        self.hits = hits
        self.details = details

    def search(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
        return self.hits

    search_series = search

    def movie(self, *_: Any) -> dict[str, Any] | None:
        return self.details

    def find(self, *_: Any) -> dict[str, Any]:
        return {"movie_results": self.hits}


@pytest.mark.slow
@settings(max_examples=examples(300))
@given(LINES, st.lists(RECORDS, max_size=4), st.none() | RECORDS)
def test_no_broken_record_raises(
    wanted: Wanted, hits: list[dict[str, Any]], details: dict[str, Any] | None
) -> None:
    """TMDB's records may lack any key or hold null."""
    find(wanted, Junk(hits, details))
