"""The sample export with which the demo runs: what is in it, read as any upload is.

What belongs here: that it is an export as Letterboxd writes it, and that it has something for every
view. What does not: the CSV for examples (`test_sample_catalogue`), and what becomes of it in a run
(`system.test_demo`).
"""

import zipfile
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from movie_pipeline.exports import Export, read_export
from movie_pipeline.sample import sample_catalogue
from movie_pipeline.uploads.persons import SAMPLE, exported_at
from movie_pipeline_tests.conftest import ROOT

PATH = ROOT / "data" / "samples" / SAMPLE
CSV = ROOT / "data" / "samples" / "letterboxd-sample.csv"
LISTS = {"Fifty Classics Before I Turn Forty": (50, 27), "Rainy Sundays": (15, 13)}


@pytest.fixture(scope="module")
def export() -> Export:
    """The whole export, as a run reads it."""
    return read_export(PATH, SAMPLE)


@pytest.fixture(scope="module")
def films(export: Export) -> pd.DataFrame:
    """Its films; `listed_only` are those of the watchlist and the lists that were not watched."""
    return export.films.assign(listed_only=~export.films["seen"].fillna(value=False))


def keys(films: pd.DataFrame) -> set[tuple[Any, ...]]:
    """Title, year and link of every film."""
    return set(films[["title", "year", "letterboxd_uri"]].itertuples(index=False, name=None))


def test_its_files_are_those_of_letterboxd_and_each_line_has_its_fate(export: Export) -> None:
    found = {
        one.name: (one.format, one.lines, one.films, one.viewings, one.rejected)
        for one in export.files
    }
    assert found == {
        "watched.csv": ("letterboxd films", 320, 319, 0, 1),
        "ratings.csv": ("letterboxd ratings", 313, 0, 0, 0),
        "diary.csv": ("letterboxd diary", 202, 0, 202, 0),
        "likes/films.csv": ("letterboxd films", 34, 0, 0, 0),
        "watchlist.csv": ("letterboxd films", 41, 41, 0, 0),
        "lists/fifty-classics-before-i-turn-forty.csv": ("letterboxd list", 50, 9, 0, 0),
        "lists/rainy-sundays.csv": ("letterboxd list", 15, 2, 0, 0),
    }
    assert export.unopened == []
    assert export.rejected["reason"].tolist() == ["has no title"]


def test_it_can_be_made_again_byte_by_byte() -> None:
    """No time of a machine, no order of a folder: the archive has one date, that of its name."""
    with zipfile.ZipFile(PATH) as archive:
        dates = {one.date_time for one in archive.infolist()}
    assert dates == {(2026, 11, 1, 9, 0, 0)}
    at = exported_at(SAMPLE)
    assert at is not None
    assert at.timetuple()[:6] in dates


def test_it_holds_films_likes_a_watchlist_lists_and_tags(films: pd.DataFrame) -> None:
    assert len(films) == 371
    assert films["seen"].sum() == 319
    assert films["liked"].sum() == 34
    assert films["rating"].count() == 313
    assert films.loc[films["liked"].fillna(value=False), "seen"].all()
    for name, (size, seen) in LISTS.items():
        on_it = films[films["in_lists"].map(lambda lists, name=name: name in lists)]
        assert (len(on_it), on_it["seen"].sum()) == (size, seen), name
    assert set(films["tags"].explode().dropna()) == {
        "at home", "cinema", "festival", "plane", "with friends",
    }  # fmt: skip


def test_the_diary_spans_three_years_with_streaks_a_festival_and_quiet_months(
    export: Export,
) -> None:
    viewings = export.viewings
    days = list(viewings["watched_on"])
    assert Counter(day.year for day in days) == {2024: 72, 2025: 74, 2026: 56}
    assert min(days) >= date(2024, 1, 1) and max(days) <= date(2026, 10, 31)
    assert viewings["rewatch"].sum() == 26
    assert Counter(viewings["row_number"]).most_common(1)[0][1] == 3
    months = Counter((day.year, day.month) for day in days)
    assert len(months) == 34 and min(months.values()) <= 3 and max(months.values()) >= 10
    assert sum(day.weekday() >= 4 for day in days) > len(days) / 2
    for first, length in ((date(2024, 12, 22), 11), (date(2025, 12, 25), 10)):
        assert {first + timedelta(n) for n in range(length)} <= set(days)
    festival = {day for day, tags in zip(days, viewings["tags"], strict=True) if "festival" in tags}
    assert (max(festival) - min(festival)).days <= 7 and len(festival) >= 6


def test_the_films_of_the_csv_are_in_it_under_the_same_links(films: pd.DataFrame) -> None:
    csv = read_export(CSV, CSV.name).films
    assert keys(csv) <= keys(films[~films["listed_only"]])


def test_the_catalogue_lacks_a_handful_of_its_films_watched_or_not(films: pd.DataFrame) -> None:
    lacking = {
        title
        for title, year in zip(films["title"], films["year"], strict=True)
        if not any(
            record["release_date"].startswith((str(year), str(year + 1))) for record in found(title)
        )
    }
    assert lacking == {
        "Band of Brothers", "Celine and Julie Go Boating", "Columbus", "Heat", "Killer of Sheep",
        "Minding the Gap", "Shadows of Forgotten Ancestors", "The Ballad of Wallis Island",
        "The Holdovers", "The Lighthouse", "Train Dreams",
    }  # fmt: skip


def found(title: str) -> list[dict[str, Any]]:
    """The films that a search for this title finds in the catalogue."""
    hits: list[dict[str, Any]] = sample_catalogue().answer("/search/movie", {"query": title})[1][
        "results"
    ]
    return hits


def test_the_watchlist_has_short_and_long_films_and_directors_who_are_rated_highly(
    films: pd.DataFrame,
) -> None:
    by_title = {record["title"]: record for record in sample_catalogue().movies}
    stars: dict[str, list[float]] = {}
    for title, rating in films.dropna(subset=["rating"])[["title", "rating"]].itertuples(
        index=False
    ):
        for one in by_title.get(title, {}).get("directors", []):
            stars.setdefault(one["name"], []).append(rating)
    loved = {name for name, of in stars.items() if len(of) >= 2 and sum(of) / len(of) >= 4}
    waiting = [
        by_title[title] for title in films[films["listed_only"]]["title"] if title in by_title
    ]
    assert min(record["runtime"] for record in waiting) <= 15
    assert max(record["runtime"] for record in waiting) >= 400
    assert sum(any(one["name"] in loved for one in film["directors"]) for film in waiting) >= 5
