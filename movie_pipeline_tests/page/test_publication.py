"""The files beside a page: sheets for other programs, and a card to share."""

import csv
import io
import re
import struct
from xml.etree import ElementTree as ET

import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

from movie_pipeline import settings as environment
from movie_pipeline.charts import drawing
from movie_pipeline.charts.card import card
from movie_pipeline.exports import read_export
from movie_pipeline.page import publication
from movie_pipeline.page.csv_files import FILMS, LETTERBOXD, films_sheet, letterboxd_sheet
from movie_pipeline.page.heading import heading
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES
from movie_pipeline_tests.counting import numbers
from movie_pipeline_tests.films import films

NO_VIEWINGS = pd.DataFrame(columns=["row_number", "watched_on", "rating", "rewatch", "tags"])


def line(number: int, title: str, **columns: object) -> dict[str, object]:
    return dict.fromkeys(FILMS) | {
        "row_number": number,
        "state": "matched",
        "title": title,
        "year": 1999,
        "seen": True,
        **columns,
    }


def read(sheet: str) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(sheet, newline=""))]


def test_the_films_sheet_has_every_line_found_or_not():
    found = line(1, "Alien", tmdb_id=348, genres=["Horror", "Science Fiction"], rating=4.5)
    rows = read(films_sheet(pd.DataFrame([found, line(2, "Nothing", match_status="not_found")])))
    assert [row["title"] for row in rows] == ["Alien", "Nothing"]
    assert (rows[0]["genres"], rows[0]["rating"]) == ("Horror; Science Fiction", "4.5")
    assert (rows[1]["tmdb_id"], rows[1]["match_status"]) == ("", "not_found")


def test_the_columns_of_the_sheet_exist_in_the_tables():
    """Except for the viewings, which have a table of their own."""
    there = {column.name for table in (RAW_MOVIES, ENRICHED_MOVIES) for column in table}
    assert set(FILMS) - {"viewings", "first_viewing", "last_viewing"} <= there


FORMULA = (*"=+-@", *"＝＋－＠", *"\t\r\n")
BEHIND = re.compile(r'[\s"]*[=+@＝＋＠－-]')


@given(st.text(max_size=30) | st.text("a'; \"=+-@＝\t\n,", max_size=8))
@example("a;=1+1")
@example("a; -1")
@example('a;"=1+1;b')
def test_no_text_is_a_formula_and_any_text_can_be_read_back(title: str):
    """Nor in a list with one item, nor after a semicolon, where a spreadsheet may split cells.

    Commas, quotes and line breaks are preserved.
    """
    first, *others = title.split(";")
    guards = first.startswith(FORMULA) + sum(bool(BEHIND.match(one)) for one in others)
    rows = pd.DataFrame([line(1, title, directors=[title])])
    for sheet, column in (
        (films_sheet(rows), "title"),
        (films_sheet(rows), "directors"),
        (letterboxd_sheet(rows.assign(tmdb_id=1), NO_VIEWINGS), "Title"),
    ):
        (row,) = read(sheet)
        assert not row[column].startswith(FORMULA)
        assert not any(BEHIND.match(cell) for cell in row[column].split(";")[1:])
        assert len(row[column]) == len(title) + guards
        assert row[column].replace("'", "") == title.replace("'", "")


def test_the_films_sheet_can_be_uploaded_again(tmp_path):
    """It gives the same films, since it contains their ids."""
    (tmp_path / "films.csv").write_text(films_sheet(films_with_all_columns(30)), "utf-8-sig")
    export = read_export(tmp_path / "films.csv", "films.csv")
    assert len(export.films) == 30


def films_with_all_columns(number: int) -> pd.DataFrame:
    rows = films(number)
    return rows.assign(**{name: None for name in FILMS if name not in rows})


def test_the_letterboxd_sheet_has_each_viewing_once_and_only_films_that_were_seen():
    """Importing a film from a watchlist would mark it as watched."""
    rows = pd.DataFrame(
        [
            line(1, "Alien", rating=4.0),
            line(2, "Heat", seen=False),
            line(3, "Ran", rating=5.0),
            line(4, "Chernobyl", state="not_a_movie"),
            line(5, "Cats", state="ignored"),
        ]
    )
    viewings = pd.DataFrame(
        [
            (1, pd.Timestamp("2020-01-02"), 3.5, False, None),
            (1, pd.Timestamp("2024-05-06"), None, True, ["with Ada", "35mm"]),
        ],
        columns=NO_VIEWINGS.columns,
    )
    entries = read(letterboxd_sheet(rows, viewings))
    assert [*entries[0]] == [*LETTERBOXD]
    assert [
        (e["Title"], e["WatchedDate"], e["Rating"], e["Rewatch"], e["Tags"]) for e in entries
    ] == [
        ("Alien", "2020-01-02", "3.5", "false", ""),
        ("Alien", "2024-05-06", "4", "true", "with Ada, 35mm"),
        ("Ran", "", "5", "", ""),
    ]


def test_the_card_shows_only_aggregates(data):
    rows = films(200)
    settings = environment.load()
    heading = "Alice · IMDb"
    svg = publication.write_card(
        settings, "alice/mine.csv", numbers(rows), heading=heading, notice=None
    )
    words = " ".join(node.text or "" for node in ET.fromstring(svg).iter())
    assert "Films watched" in words
    assert heading in words
    assert "mine.csv" not in words
    assert not any(title in words for title in rows["title"])
    picture = (data / "dashboard" / "alice/mine.csv" / "card.png").read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (1200, 630)


def test_a_folder_with_any_name_heads_a_card_that_can_be_drawn():
    """U+FFFE and control characters end the renderer."""
    named = heading("ada\ufffe\x1b\u202e/mine.csv", "imdb", None)
    assert named == "ada · IMDb"
    assert drawing.to_png(card(numbers(films(3)), heading=named))


def test_an_unchanged_card_is_not_drawn_again(data, monkeypatch):
    def write(number: int, notice: str | None = None) -> bytes:
        shown = {"heading": "Alice", "notice": notice}
        publication.write_card(environment.load(), "a.csv", numbers(films(number)), **shown)
        return (data / "dashboard" / "a.csv" / "card.png").read_bytes()

    before = write(20)
    with monkeypatch.context() as nothing_draws:
        nothing_draws.setattr(publication.drawing, "to_png", None)
        assert write(20) == before
    assert write(21, "from the sample") != before


def test_a_card_is_drawn_for_no_films_and_for_a_watchlist():
    assert "Films on this list" in card(numbers(films(9).assign(seen=False)))
    ET.fromstring(card(numbers(films(0))))
