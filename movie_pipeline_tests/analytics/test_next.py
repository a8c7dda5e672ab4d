"""What next: the watchlist's order and reasons, of a library that can be counted by hand."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movie_pipeline.analytics import next as what_next
from movie_pipeline.analytics.next import Reason, Waiting, varied
from movie_pipeline_tests.charts.test_charts import film
from movie_pipeline_tests.counting import UPLOAD, prepared
from movie_pipeline_tests.profiles import examples

KUROSAWA, MIFUNE, VARDA, NOBODY = 10, 20, 30, 40
_NOBODY = {"directors": ["Nobody"], "director_ids": [NOBODY]}


def suggested(rows: list[dict[str, object]]) -> list[Waiting]:
    with prepared(pd.DataFrame(rows)) as connection:
        return what_next.read(connection, UPLOAD)


def waits(number: int, **columns: object) -> dict[str, object]:
    return film(number, seen=False, watchlisted=True, **columns)


def told(rows: list[dict[str, object]]) -> dict[int, str]:
    return {one.film: one.words for one in suggested(rows)}


def reasons(rows: list[dict[str, object]]) -> dict[str, str]:
    """Every reason of the only film that waits, by kind."""
    (waiting,) = suggested(rows)
    return {reason.kind: "".join(reason.parts) for reason in waiting.reasons}


@pytest.fixture
def seen() -> list[dict[str, object]]:
    """Twelve films: four by Kurosawa, of which three are rated, and eight by nobody known."""
    kurosawa = {"directors": ["Akira Kurosawa"], "director_ids": [KUROSAWA]}
    rated = [film(n, **kurosawa, rating=r) for n, r in enumerate((4.5, 4.5, 4.0), start=1)]
    for row in rated:
        row |= {"cast": ["Toshirō Mifune"], "cast_ids": [MIFUNE], "origin_countries": ["JP"]}
        row["release_date"] = pd.Timestamp("1954-04-26")
    rated[0]["title"] = "Seven Samurai"
    others = [film(n, **_NOBODY, rating=3.0, origin_countries=["US"]) for n in range(5, 13)]
    return [*rated, film(4, **kurosawa, origin_countries=["JP"]), *others]


def test_a_director_an_actor_a_country_and_a_decade_are_told_with_plain_means(
    seen: list[dict[str, object]],
) -> None:
    ran = waits(
        99,
        title="Throne of Blood",
        directors=["Akira Kurosawa"],
        director_ids=[KUROSAWA],
        cast=["Toshirō Mifune"],
        cast_ids=[MIFUNE],
        origin_countries=["JP"],
        release_date=pd.Timestamp("1957-01-15"),
        genres=["Western"],
    )
    assert reasons([*seen, ran]) == {
        "director": "By Akira Kurosawa, three of whose films you rate 4.3",
        "actor": "With Toshirō Mifune, whose three films you rate 4.3",
        "country": "From Japan, which you rate 4.3 over three films",
        "decade": "From the 1950s, which you rate 4.3 over three films",
        "loved": "By Akira Kurosawa, to whose Seven Samurai you gave 4½ stars",
        "known_director": "By Akira Kurosawa, of whom you have seen four films",
    }
    (throne,) = suggested([*seen, ran])
    assert throne.words == (
        "With Toshirō Mifune, whose three films you rate 4.3; by Akira Kurosawa, three of whose"
        " films you rate 4.3"
    )
    assert throne.parts[1::2] == ("Toshirō Mifune", "Akira Kurosawa")


def test_a_mean_of_fewer_than_three_ratings_is_no_reason(seen: list[dict[str, object]]) -> None:
    del seen[2]
    kinds = reasons([*seen, waits(99, directors=["A K"], director_ids=[KUROSAWA])])
    assert "director" not in kinds
    assert kinds["loved"].startswith("By A")


def test_what_you_rate_below_your_mean_is_no_reason_and_lowers_the_place(
    seen: list[dict[str, object]],
) -> None:
    films = [waits(98, **_NOBODY, genres=["War"]), waits(99, genres=["War"])]
    good, bad = suggested([*seen, *films])
    assert (good.film, bad.film) == (99, 98)
    assert {reason.kind for reason in bad.reasons} == {"known_director"}


def test_the_facts_are_told_where_no_mean_speaks(seen: list[dict[str, object]]) -> None:
    film_ = waits(
        99,
        directors=["Ousmane Sembène"],
        director_ids=[77],
        genres=["War"],
        origin_countries=["SN"],
        release_date=pd.Timestamp("1966-01-01"),
        runtime_minutes=59,
        vote_average=8.25,
        vote_count=1_234,
        in_lists=["One", "Two"],
    )
    seen[0] |= {"vote_average": 7.0, "vote_count": 5_000}
    assert reasons([*seen, film_]) == {
        "new_country": "Your first film from Senegal",
        "lists": "On two of your lists",
        "short": "59 minutes long, for a short evening",
        "new_director": "Your first film by Ousmane Sembène",
        "public": "A favourite of the public: 8.3 of 10 in 1,234 votes",
        "public_mean": "The public gives it 8.3 of 10",
    }


def test_nothing_is_a_first_where_little_is_known() -> None:
    rows = [film(1, origin_countries=["US"]), waits(2, director_ids=[77], origin_countries=["SN"])]
    assert not {"new_country", "new_director"} & {*reasons(rows)}


def test_a_series_that_you_have_begun_and_like_is_a_reason(seen: list[dict[str, object]]) -> None:
    alien = {"collection": "Alien Collection", "collection_id": 8091}
    begun = [*seen, film(50, **_NOBODY, **alien), film(51, **_NOBODY, **alien)]
    words = "From the series Alien, of which you have seen two films"
    assert reasons([*begun, waits(99, **alien)])["franchise"] == words
    disliked = [film(n, **_NOBODY, **alien, rating=0.5) for n in (52, 53, 54)]
    assert "franchise" not in reasons([*begun, *disliked, waits(99, **alien)])


def test_a_film_has_waited_for_long_if_it_was_added_a_year_before_the_newest() -> None:
    films = [
        waits(n, logged_on=pd.Timestamp(day).date(), **more)
        for n, day, more in (
            (1, "2021-03-05", {}),
            (2, "2024-01-01", {}),
            (3, "2021-03-05", {"in_lists": ["Classics"]}),  # the day may be that of the list
        )
    ]
    kinds = {
        one.film: [r.kind for r in one.reasons] for one in suggested([film(9, rating=3.0), *films])
    }
    assert "waiting" in kinds[1]
    assert "waiting" not in kinds[2] + kinds[3]


def test_only_what_is_on_the_watchlist_waits_or_all_of_a_list_without_a_seen_film() -> None:
    listed = film(3, seen=False, in_lists=["Classics"])
    watched_too = film(4, seen=True, watchlisted=True)
    assert [*told([film(1), waits(2), listed, watched_too])] == [2]
    mere = suggested([film(1, seen=False, rating=4.0), film(2, seen=False), listed])
    assert sorted(one.film for one in mere) == [1, 2, 3]
    assert {reason.kind for one in mere for reason in one.reasons} == set()


def test_a_film_that_tmdb_does_not_know_comes_last_and_has_no_reason(
    seen: list[dict[str, object]],
) -> None:
    unknown = {
        "row_number": 90,
        "title": "?",
        "seen": False,
        "watchlisted": True,
        "match_status": "not_found",
    }
    *_, last = suggested([*seen, unknown, waits(98, **_NOBODY, genres=["War"])])
    assert (last.title, last.words, last.place) == ("?", "", 2)


def test_neighbours_have_different_kinds_of_reason_where_they_can() -> None:
    only, both = (Reason("a", 1.0, ("A",)),), (Reason("a", 1.0, ("A",)), Reason("b", 0.1, ("B",)))
    chosen = varied([both, only, both, both, (), both])
    assert [reason and reason.kind for reason in chosen] == ["b", "a", "b", "a", None, "a"]


KINDS = st.lists(st.sampled_from("abc"), unique=True, max_size=3)


@given(st.lists(st.tuples(KINDS, st.integers(0, 9)), max_size=6))
def test_as_few_neighbours_as_possible_share_a_kind(given_: list[tuple[list[str], int]]) -> None:
    choices = [[Reason(kind, (n + i) / 10, (kind,)) for i, kind in enumerate(k)] for k, n in given_]

    def repeats(chosen: Any) -> int:
        pairs = itertools.pairwise(chosen)
        return sum(bool(one and two and one.kind == two.kind) for one, two in pairs)

    every = itertools.product(*([*of] or [None] for of in choices))
    best = min(every, key=lambda way: (repeats(way), -sum(one.weight for one in way if one)))
    chosen = varied(choices)
    assert repeats(chosen) == repeats(best)
    assert sum(r.weight for r in chosen if r) == pytest.approx(sum(r.weight for r in best if r))


# Every reason is true ---------------------------------------------------------------------------

PEOPLE = {1: "Ada", 2: "Bo", 3: "Cy"}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ROW = st.fixed_dictionaries(
    {
        "seen": st.booleans(),
        "rating": st.sampled_from([np.nan, 1.0, 3.0, 4.5, 5.0]),
        "director_ids": st.lists(st.sampled_from([1, 2, 3]), unique=True, max_size=2),
        "cast_ids": st.lists(st.sampled_from([1, 2, 3]), unique=True, max_size=2),
        "genres": st.lists(st.sampled_from(["Drama", "War"]), unique=True, max_size=2),
        "origin_countries": st.lists(st.sampled_from(["FR", "JP"]), unique=True, max_size=2),
        "collection_id": st.sampled_from([None, 7]),
    }
)


def _means(rows: list[dict[str, Any]], keys: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Of what some seen films share with one film: its kind and name, its mean, its ratings."""
    for kind, column in keys.items():
        ratings = defaultdict(list)
        for row in rows:
            for key in row[column]:
                ratings[key].append(row["rating"])
        for key, of in ratings.items():
            rated = [one for one in of if not np.isnan(one)]
            if len(rated) >= 3:
                yield f"{kind}:{key}", sum(rated) / len(rated), len(rated)


@settings(max_examples=examples(25))
@given(st.lists(ROW, min_size=6, max_size=14))
def test_every_reason_is_true(drawn: list[dict[str, Any]]) -> None:
    rows = []
    for number, row in enumerate(drawn, start=1):
        made = dict(row)
        if not made["seen"]:
            made |= {"watchlisted": True, "rating": np.nan}
        made["directors"] = [PEOPLE[one] for one in made["director_ids"]]
        made["cast"] = [PEOPLE[one] for one in made["cast_ids"]]
        made["collection"] = "Saga Collection" if made["collection_id"] else None
        rows.append(film(number, **{"watchlisted": False, **made}))
    seen = [row for row in rows if row["seen"]]
    rated = [row["rating"] for row in seen if not np.isnan(row["rating"])]
    overall = sum(rated) / len(rated) if rated else 0.0
    columns = {"director": "director_ids", "actor": "cast_ids", "genre": "genres"}
    columns["country"] = "origin_countries"
    means = {key: (mean, n) for key, mean, n in _means(seen, columns)}
    names = {"FR": "France", "JP": "Japan"}
    for waiting in suggested(rows):
        row = rows[waiting.film - 1]
        assert not row["seen"]
        for reason in waiting.reasons:
            about = reason.parts[1]
            if reason.kind in columns:
                keys = [
                    key
                    for key in row[columns[reason.kind]]
                    if PEOPLE.get(key, names.get(key, key)) == about
                ]
                mean, number = means[f"{reason.kind}:{keys[0]}"]
                assert mean > overall
                assert f" {int(mean * 10 + 0.5) / 10:.1f}" in reason.parts[2]
                assert NUMBERS[number] in reason.parts[2]
                if reason.kind == "actor":
                    assert keys[0] not in row["director_ids"]
            elif reason.kind == "loved":
                assert (
                    any(one["rating"] >= 4.5 and about in one["directors"] for one in seen)
                    and about in row["directors"]
                )
            elif reason.kind == "known_director":
                films = sum(about in one["directors"] for one in seen)
                assert f"seen {NUMBERS[films]} film" in reason.parts[2]
            elif reason.kind == "franchise":
                films = sum(one["collection_id"] == 7 for one in seen)
                assert f"seen {NUMBERS[films]} film" in reason.parts[2]
            elif reason.kind == "new_director":
                assert len(seen) >= 10
                assert not {*row["directors"]} & {name for o in seen for name in o["directors"]}
            elif reason.kind == "new_country":
                assert len(seen) >= 10
                codes = {code for one in seen for code in one["origin_countries"]}
                assert not {*row["origin_countries"]} & codes
            else:
                assert reason.kind == "decade"
        assert waiting.told == () or waiting.told[0] in waiting.reasons
