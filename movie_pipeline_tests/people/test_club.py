"""The club: only people in the file are compared, no other films are read, and names are text."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movie_pipeline import settings as environment
from movie_pipeline.forgetting import redaction
from movie_pipeline.people.club import ENOUGH, ClubError, compare, members, watched
from movie_pipeline.people.library import current_uploads
from movie_pipeline.uploads.persons import person_of
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_UPLOADS
from movie_pipeline_tests.counting import stored

KNOWN = ["alice", "bob", "carol", "Doe, Jane", "zöe"]


@pytest.fixture
def club(tmp_path: Path) -> Path:
    return tmp_path / "club.csv"


@pytest.mark.parametrize(
    "content",
    [
        b"person\nalice\nz\xc3\xb6e\n",
        b"alice\nz\xc3\xb6e",
        b'\xef\xbb\xbfPerson\r\n\r\n "alice" \r\n  \r\nalice\r\n zo\xcc\x88e\r\n',
        "person\nalice\nzöe\n".encode("utf-16"),
        "alice\nzöe\n".encode("cp1252"),
        b"person,\nalice,\nz\xc3\xb6e,\n",
    ],
    ids=["plain", "no header", "bom, blanks, quotes", "utf-16", "cp1252", "empty cells"],
)
def test_names_are_read_whatever_way_the_file_was_saved(club: Path, content: bytes) -> None:
    club.write_bytes(content.replace(b' "alice" ', b'"alice"'))
    assert members(club) == ["alice", "zöe"]


def test_a_line_that_begins_with_a_hash_is_ignored(club: Path) -> None:
    """As in the overrides."""
    club.write_text("# us two, since March\nperson\nalice\n#bob\nada\n")
    assert members(club) == ["alice", "ada"]


def test_a_name_with_a_comma_must_be_quoted(club: Path) -> None:
    club.write_text('person\n"Doe, Jane"\n')
    assert members(club) == ["Doe, Jane"]
    club.write_text("person\n\nDoe, Jane\n")
    with pytest.raises(ClubError, match=r"club\.csv, line 3: it has 2 cells. Give each person a"):
        members(club)


def test_the_type_of_a_file_that_is_not_text_is_reported(club: Path) -> None:
    club.write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(ClubError, match=r"club\.csv is an old Excel workbook, not a CSV: open it"):
        members(club)
    assert "an old Excel workbook" in compare(club, KNOWN, never).markdown()


@given(st.binary(max_size=60))
def test_any_file_content_is_either_read_or_refused(tmp_path_factory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    text = compare(path, [], never).markdown()
    assert text.startswith("## The club\n\n")


def never(person: str) -> pd.DataFrame:
    raise AssertionError(f"the films of {person} were read")


def films(
    ratings: dict[int, float | None], titles: dict[int, str] | None = None, *, seen: bool = True
) -> pd.DataFrame:
    """The films that a person has seen: ratings by TMDB id."""
    rows = pd.DataFrame(
        {
            "tmdb_id": list(ratings),
            "rating": list(ratings.values()),
            "title": [(titles or {}).get(one, f"Film {one}") for one in ratings],
            "match_status": "matched",
            "seen": seen,
        }
    )
    with stored({"a.csv": rows}) as connection:
        return watched(connection, ["a.csv"])


def reader(**histories: pd.DataFrame) -> Callable[[str], pd.DataFrame]:
    return lambda person: histories[person] if person in histories else never(person)


def test_names_that_differ_only_in_case_must_be_written_exactly(club: Path) -> None:
    """Otherwise it is unclear who of them agreed."""
    for name, persons in (("alice", ["alice", "bob"]), ("ALICE", ["bob"])):
        club.write_text(f"{name}\nBOB\n")
        compared = compare(club, ["Alice", "alice", "bob"], lambda _: films({1: 4.0}))
        assert compared.persons == persons


@pytest.mark.parametrize("content", [None, "", "person\n", "person\nalice\n", "alice\nalice\n"])
def test_with_fewer_than_two_members_the_text_says_how_to_add_some(
    club: Path, content: str | None
) -> None:
    if content is not None:
        club.write_text(content)
    compared = compare(club, KNOWN, never)
    assert compared.pairs == []
    assert "list at least two persons in `club.csv`" in compared.markdown()


def test_only_the_films_of_members_are_read_and_case_does_not_matter(club: Path) -> None:
    club.write_text("person\nALICE\nbob\n")
    some = films({1: 4.0, 2: 2.0})
    compared = compare(club, KNOWN, reader(alice=some, bob=some))
    assert [pair.people for pair in compared.pairs] == [("alice", "bob")]


def test_an_unknown_name_is_reported_with_the_most_similar_name_first(club: Path) -> None:
    club.write_text("person\nalcie\nbob\ncarol\n")
    compared = compare(club, KNOWN, reader(bob=films({1: 4.0}), carol=films({1: 3.0})))
    assert compared.unknown == ["alcie"]
    assert len(compared.pairs) == 1
    assert "**alcie**, who has no upload here; known names: alice, " in compared.markdown()


RATINGS = {
    one: float(rating) for one, rating in enumerate([1, 2, 3, 4, 5, 4, 3, 2, 1, 5, 4.5, 3.5])
}


def test_the_overlap_is_pearsons_correlation_of_the_films_that_both_rated(club: Path) -> None:
    club.write_text("alice\nbob\ncarol\n")
    bobs = {one: 0.5 + (one * 7 % 10) / 2 for one in RATINGS}
    opposite = {one: 5.5 - rating for one, rating in RATINGS.items()}
    compared = compare(
        club,
        KNOWN,
        reader(
            alice=films({**RATINGS, 90: None, 91: 4.0}),
            bob=films({**bobs, 90: 3.0, 92: 1.0}),
            carol=films(opposite),
        ),
    )
    one, other, _ = compared.pairs
    assert (one.people, one.seen, one.rated) == (("alice", "bob"), 13, 12)
    expected = np.corrcoef(list(RATINGS.values()), list(bobs.values()))[0, 1]
    assert one.overlap == pytest.approx(expected)
    assert other.people == ("alice", "carol")
    assert other.overlap == pytest.approx(-1)
    assert "Taste overlap **−1.00**." in compared.markdown()
    assert "Resnick et al." in compared.markdown()


def test_few_common_ratings_or_equal_ratings_give_no_overlap(club: Path) -> None:
    club.write_text("alice\nbob\ncarol\n")
    few = dict(list(RATINGS.items())[: ENOUGH - 1])
    alike = dict.fromkeys(RATINGS, 3.0)
    compared = compare(
        club, KNOWN, reader(alice=films(RATINGS), bob=films(few), carol=films(alike))
    )
    assert [pair.overlap for pair in compared.pairs] == [None, None, None]
    text = compared.markdown()
    assert f"both need to have rated at least {ENOUGH} films" in text
    assert "one of the two gave all of them the same rating" in text


def test_shared_favourites_are_rated_4_or_more_by_both_and_sorted_and_escaped(
    club: Path,
) -> None:
    club.write_text("alice\nbob\n")
    titles = {3: "<script>alert(1)</script> [a](b)", 4: "Beta", 5: "Alpha"}
    compared = compare(
        club,
        KNOWN,
        reader(
            alice=films({1: 3.5, 2: 5.0, 3: 5.0, 4: 4.0, 5: 4.0}, titles),
            bob=films({1: 5.0, 2: None, 3: 5.0, 4: 4.5, 5: 4.5}, titles),
        ),
    )
    (pair,) = compared.pairs
    assert [(one.title, one.ratings) for one in pair.favourites] == [
        (titles[3], (5.0, 5.0)),
        ("Alpha", (4.0, 4.5)),
        ("Beta", (4.0, 4.5)),
    ]
    assert "<script>" not in compared.markdown()
    assert "[a](b)" not in compared.markdown()


def test_films_on_a_watchlist_do_not_count_as_seen(club: Path) -> None:
    club.write_text("alice\nbob\n")
    compared = compare(club, KNOWN, reader(alice=films({1: 4.0}), bob=films({1: None}, seen=False)))
    assert compared.pairs[0].seen == 0


def test_the_rows_of_other_people_are_not_read(tmp_path: Path, club: Path) -> None:
    """Reading Eve's rows would raise an error, and there is none."""
    warehouse = Warehouse(str(tmp_path / "warehouse.duckdb"))
    for upload in ("alice/a.csv", "bob/b.csv", "eve/c.csv"):
        at = datetime(2026, 1, 1, tzinfo=UTC)
        enriched = pd.DataFrame(
            {
                "row_number": [1],
                "title": ["Alien"],
                "match_status": ["matched"],
                "tmdb_id": [348],
                "seen": [True],
                "rating": [4.0],
                "tmdb_enriched": [True],
            }
        )
        about = {"person": person_of(upload), "source_format": "x", "exported_at": at}
        warehouse.write(upload, {ENRICHED_MOVIES: enriched, RAW_UPLOADS: pd.DataFrame([about])})
    with duckdb.connect(warehouse.database) as connection:
        connection.execute("ALTER TABLE enriched.movies RENAME TO everybody")
        trap = "CASE WHEN upload LIKE 'eve/%' THEN error('a row of eve') ELSE title END"
        connection.execute(
            f"CREATE VIEW enriched.movies AS SELECT * REPLACE ({trap} AS title) FROM enriched.everybody"
        )
    uploads = current_uploads(warehouse)
    club.write_text("alice\nbob\n")

    def read(person: str) -> pd.DataFrame:
        with warehouse.reading() as connection:
            return watched(connection, uploads[person])

    with pytest.raises(Exception, match="a row of eve"):
        read("eve")
    (pair,) = compare(club, list(uploads), read).pairs
    assert (pair.people, [one.title for one in pair.favourites]) == (("alice", "bob"), ["Alien"])


def test_a_forgotten_person_leaves_the_club_and_the_other_lines_stay(tmp_path: Path) -> None:
    club = environment.load().club
    club.parent.mkdir(parents=True)
    club.write_bytes(b'\xef\xbb\xbfperson\r\n"Alice"\r\nbob \r\n\r\nmalice\n')
    assert redaction.without_person(club, "alice") == b"\xef\xbb\xbfperson\r\nbob \r\n\r\nmalice\n"
    assert redaction.without_person(club, "carol") is None
    assert redaction.without_person(tmp_path / "none.csv", "carol") is None
