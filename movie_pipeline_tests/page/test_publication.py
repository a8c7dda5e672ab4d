"""The files beside a page: sheets for other programs, and a card to share."""

import csv
import datetime as dt
import io
import re
import struct
import sys
import zlib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from movie_pipeline import settings as environment
from movie_pipeline.analytics import years
from movie_pipeline.analytics.next import Reason, Waiting
from movie_pipeline.analytics.numbers import count
from movie_pipeline.charts import drawing, theme
from movie_pipeline.charts.card import Owner, all_time
from movie_pipeline.charts.card_layout import WIDE, draw
from movie_pipeline.exports import read_export
from movie_pipeline.page import publication
from movie_pipeline.page.csv_files import FILMS, LETTERBOXD, films_sheet, letterboxd_sheet
from movie_pipeline.page.heading import heading
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW_MOVIES
from movie_pipeline_tests.charts.test_charts import film
from movie_pipeline_tests.counting import numbers, prepared
from movie_pipeline_tests.films import films

SCRIPTS = ("黒澤明", "عباس کیارستمی", "อภิชาติพงศ์ วีระเศรษฐกุล", "봉준호")
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


def test_the_films_sheet_says_what_to_see_next_and_why():
    """A film on two lines has its place on both; one that TMDB doesn't know has only its own."""
    reason = Reason("director", 0.3, ("By ", "Ada", ", whose three films you rate 4.5"))
    common = {"upload": "a.csv", "released": 1999, "runtime_minutes": 90, "genres": ()}
    suggested = [
        Waiting(film, row_number=n, title="", franchise=None, place=p, reasons=r, told=r, **common)
        for film, n, p, r in ((348, 2, 1, (reason,)), (-3, 4, 2, ()))
    ]
    rows = [line(1, "Jaws", tmdb_id=578), line(2, "Alien", tmdb_id=348)]
    rows += [line(3, "Alien", tmdb_id=348), line(4, "?"), line(5, "??")]
    told = [
        (row["next_place"], row["next_reason"])
        for row in read(films_sheet(pd.DataFrame(rows), suggested))
    ]
    alien = ("1", "By Ada, whose three films you rate 4.5")
    assert told == [("", ""), alien, alien, ("2", ""), ("", "")]


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


TODAY = dt.date(2024, 5, 1)


def write_cards(rows: pd.DataFrame, today: dt.date = TODAY, notice: str | None = None) -> Path:
    """Write the cards of an upload, and return their folder."""
    settings = environment.load()
    with prepared(rows) as connection:
        publication.write_cards(
            settings,
            "alice/mine.csv",
            count(connection),
            years.read(connection),
            heading=heading("alice/mine.csv", "imdb", dt.datetime(2024, 4, 30, tzinfo=dt.UTC)),
            notice=notice,
            today=today,
        )
    return settings.pages / "alice/mine.csv"


def diary(*days: str) -> pd.DataFrame:
    return pd.DataFrame([film(n, viewings=[day]) for n, day in enumerate(days, start=1)])


def test_all_time_and_each_year_have_a_card_for_links_and_one_for_phones_light_and_dark(data):
    beside = write_cards(diary("2023-01-02", "2024-02-03"))
    sizes = {}
    for path in beside.glob("*.png"):
        sizes[path.name] = struct.unpack(">II", path.read_bytes()[16:24])
        assert path.stat().st_size < 200_000
    assert sizes == {
        name: ((1080, 1920) if "tall" in name else (1200, 630))
        for year in (None, 2023, 2024)
        for name in publication.card_names(year)
    }
    assert len(sizes) == 12
    assert (beside / "card.svg").exists()
    assert len({path.read_bytes() for path in beside.glob("*.png")}) == 12


def test_a_card_is_a_png_that_a_browser_reads(data):
    """Its chunks have the right lengths and checksums, and its pixels the right number."""
    png = (write_cards(diary("2024-01-02")) / "card-2024.png").read_bytes()
    place, pixels, names = 8, b"", []
    while place < len(png):
        length, name = struct.unpack_from(">I4s", png, place)
        body = png[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack_from(">I", png, place + 8 + length)
        assert checksum == zlib.crc32(name + body)
        names.append(name)
        pixels += body if name == b"IDAT" else b""
        place += length + 12
    assert names == [b"IHDR", b"tEXt", b"IDAT", b"IEND"]
    assert len(zlib.decompress(pixels)) == 630 * (1200 * 4 + 1)


def test_only_cards_that_changed_are_drawn_again(data, monkeypatch):
    drawn: list[str] = []
    to_png = drawing.to_png
    monkeypatch.setattr(publication.drawing, "to_png", lambda svg: drawn.append(svg) or to_png(svg))
    write_cards(diary("2022-01-02", "2023-01-02", "2024-01-02"))
    assert len(drawn) == 16
    drawn.clear()
    write_cards(diary("2022-01-02", "2023-01-02", "2024-01-02"))
    assert drawn == []
    write_cards(diary("2022-01-02", "2023-01-02", "2024-01-02", "2024-01-09"))
    assert len(drawn) == 8, "all time and 2024"
    drawn.clear()
    write_cards(diary("2022-01-02", "2023-01-02", "2024-01-02", "2024-01-09"), dt.date(2025, 1, 1))
    assert len(drawn) == 4, "2024 is over"


def test_the_cards_of_a_year_without_viewings_are_removed(data):
    beside = write_cards(diary("2023-01-02", "2024-01-02"))
    assert (beside / "card-2023.png").exists()
    write_cards(diary("2024-01-02", "2024-01-03"))
    assert {path.name for path in beside.glob("card-*.png")} == {
        *publication.card_names()[1:],
        *publication.card_names(2024),
    }


def test_a_folder_with_any_name_heads_a_card_that_can_be_drawn():
    """U+FFFE and control characters end the renderer."""
    named = heading("ada\ufffe\x1b\u202e/mine.csv", "imdb", None)
    assert str(named) == "ada · IMDb"
    owner = Owner(named.person, named.source, None, drawing.can_draw)
    assert drawing.to_png(draw(all_time(numbers(films(3)), owner), WIDE, theme.LIGHT))


@pytest.mark.skipif(sys.platform != "linux", reason="fonts are found by fontconfig")
def test_a_machine_without_fonts_for_a_script_draws_no_boxes(data, monkeypatch, tmp_path):
    """The most frequent director can't be drawn, so the card says something else."""
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(f"<fontconfig><dir>{tmp_path}</dir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(fonts))
    monkeypatch.setattr(drawing, "_RENDERER", drawing._Renderer())
    try:
        assert [name for name in ("Agnès Varda", *SCRIPTS) if drawing.can_draw(name)] == [
            "Agnès Varda"
        ]
        rows = [
            film(n, directors=["黒澤明"], director_ids=[1], cast=["Setsuko Hara"], cast_ids=[2])
            for n in (1, 2)
        ]
        card = (write_cards(pd.DataFrame(rows)) / "card.svg").read_text(encoding="utf-8")
        assert "黒澤明" not in card
        assert "Setsuko" in card
    finally:
        drawing._RENDERER._end()
