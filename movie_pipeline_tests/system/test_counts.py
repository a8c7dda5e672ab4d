"""One rich upload through every place that shows a number: each says what the SQL says."""

import csv
import gzip
import io
import json
import re
import zipfile
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.charts import SUBJECTS
from movie_pipeline.definitions import defs
from movie_pipeline.defs.checks import PERSONS

UPLOAD = "letterboxd-ada-2025-11-18-20-05-utc.zip"
HEAD = "Date,Name,Year,Letterboxd URI"
#: Title, year, rating and viewings. The sample has neither the last two films nor the series.
FILMS = [
    ("Alien", 1979, 4.5, ["2023-10-31", "2025-10-31"]),
    ("The Shining", 1980, 4.0, ["2025-01-02"]),
    ("Parasite", 2019, 5.0, []),
    ("Fargo", 1996, None, ["2024-05-05"]),
    ("Our Wedding Video", 2011, 3.0, ["2025-06-07"]),
    ("A Film That Only I Have", 1999, 2.0, []),
]
IGNORED = ("Holiday Tapes", 2003)
WATCHLIST = [("The Godfather", 1972), ("Jaws", 1975)]


def drop(data: Path) -> None:
    """Write the export, an override that ignores a film, and a watchlist."""

    def line(name: str, year: int, *more: object) -> str:
        uri = f"https://boxd.it/{name.replace(' ', '')}{year}"
        return ",".join(map(str, ("2025-01-01", name, year, uri, *more)))

    seen = [*FILMS, (*IGNORED, 1.0, ["2025-07-08"])]
    files = {
        "profile.csv": "Username\nada",
        "watched.csv": "\n".join([HEAD, *(line(n, y) for n, y, _, _ in seen)]),
        "ratings.csv": "\n".join(
            [f"{HEAD},Rating", *(line(n, y, r) for n, y, r, _ in seen if r is not None)]
        ),
        "diary.csv": "\n".join(
            [
                f"{HEAD},Rating,Rewatch,Tags,Watched Date",
                *(line(n, y, "", "", "", day) for n, y, _, days in seen for day in days),
            ]
        ),
        "watchlist.csv": "\n".join([HEAD, *(line(n, y) for n, y in WATCHLIST)]),
    }
    with zipfile.ZipFile(data / "uploads" / UPLOAD, "w") as export:
        for name, content in files.items():
            export.writestr(name, content)
    overrides = f"upload,title,year,tmdb_id\n,{IGNORED[0]},{IGNORED[1]},ignore\n"
    (data / "overrides.csv").write_text(overrides)


@pytest.fixture
def metadata(
    data: Path, run_job: Callable[..., dg.ExecuteInProcessResult]
) -> dict[str, dict[str, Any]]:
    """The metadata of each view after a run, by its name."""
    drop(data)
    result = run_job(UPLOAD)
    assert result.success
    return {
        event.asset_key.path[-1]: {k: v.value for k, v in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def sql(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_every_place_shows_the_numbers_of_the_tables(
    data: Path, instance: dg.DagsterInstance, metadata: dict[str, dict[str, Any]]
) -> None:
    ((watched, identified, rated, mean, viewings, hours, again, listed, ignored),) = sql(
        "SELECT watched, films, rated, mean_rating, viewings, hours, hours_again, on_watchlist,"
        " ignored FROM analytics.summary"
    )
    # What the tables say is what was dropped.
    given = [rating for _, _, rating, _ in FILMS if rating is not None]
    assert (watched, identified, listed, ignored) == (len(FILMS), 4, len(WATCHLIST), 1)
    assert (rated, mean) == (len(given), pytest.approx(sum(given) / len(given)))
    assert viewings == sum(len(days) for *_, days in FILMS)
    assert sql("SELECT sum(films) FROM analytics.decades") == [(watched,)]

    # The views in the UI.
    for name in SUBJECTS:
        assert metadata[name]["films"] + metadata[name]["films_left_out"] == watched, name
    assert metadata["ratings"]["films"] == metadata["ratings"]["rated"] == rated
    assert metadata["viewings"]["viewings"] == viewings
    assert metadata["years"]["films"] == watched
    assert metadata["genres"]["films"] == identified
    assert metadata["overview"]["films"] == metadata["page"]["films"] == watched
    overview = metadata["overview"]["overview"].replace("\\", "")
    assert f"{watched} films watched: {identified} identified, 2 not found." in overview
    assert "Not counted: 1 ignored by your overrides." in overview
    assert f"{listed} more are on the watchlist." in overview
    assert f"| **{watched}** | **{hours:,.0f}** |" in overview
    assert f"**★ {mean:.2f}**" in overview

    # The page, the card and the sheets.
    page = (data / "dashboard" / f"{UPLOAD}.html").read_text(encoding="utf-8")
    assert '<h1 class="eyebrow" dir="auto">ada · Letterboxd, 18 November 2025</h1>' in page
    assert UPLOAD not in page
    assert f"{watched} films watched" in page
    found = re.search(r'id="data">([^<]+)<', page)
    assert found
    films = json.loads(gzip.decompress(b64decode(found[1])))
    assert (films["films"], films["unseen"]) == (watched, listed)
    assert films["length"] == watched + listed + ignored
    card = (data / "dashboard" / UPLOAD / "card.svg").read_text(encoding="utf-8")
    for text in (f">{watched}<", f"mean of {rated} ratings", f">{mean:.2f}<", ">ADA<"):
        assert text in card
    assert f">{hours:,.0f}<" in card
    assert f"in {identified} films" in card
    sheet = (data / "dashboard" / UPLOAD / "letterboxd-import.csv").read_text(encoding="utf-8")
    entries = [*csv.DictReader(io.StringIO(sheet))]
    assert len({entry["Title"] for entry in entries}) == watched
    assert sum(entry["WatchedDate"] != "" for entry in entries) == viewings
    assert IGNORED[0] not in sheet

    # The status counts lines, and the library is that of the person.
    (shown,) = status.read(environment.load())
    assert shown.total_movies == watched + listed + ignored
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, asset_selection=[PERSONS]
    )
    (event,) = result.get_asset_materialization_events()
    library = {name: one.value for name, one in event.materialization.metadata.items()}
    assert (library["persons"], library["films"]) == (1, watched)
    assert library["hours"] == pytest.approx(hours, abs=0.05)
    assert f"**{watched} films watched** · **{hours:,.0f} hours**" in str(library["library"])
    assert again > 0


def test_views_alone_need_numbers_that_were_counted(
    instance: dg.DagsterInstance, metadata: dict[str, dict[str, Any]]
) -> None:
    """An upload of an earlier version has none; the failure says what to do."""
    assert metadata
    with duckdb.connect(environment.load().warehouse) as connection:
        connection.execute("UPDATE analytics.summary SET watched = NULL")
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        tags={"dagster/partition": UPLOAD},
        asset_selection=[dg.AssetKey(["dashboard", "genres"])],
        raise_on_error=False,
    )
    (failure,) = result.get_step_failure_events()
    assert "have not been counted yet" in str(failure.step_failure_data)
