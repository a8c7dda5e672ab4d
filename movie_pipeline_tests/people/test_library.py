"""The library: a person's uploads are one history, each film once, the newest rating wins."""

import os
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest

from movie_pipeline import settings as environment
from movie_pipeline.analytics import films as counting
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts.markdown import INLINE
from movie_pipeline.definitions import defs
from movie_pipeline.defs.assets.specs import key_of
from movie_pipeline.defs.checks import PERSONS
from movie_pipeline.people.library import Library, count_together, current_uploads
from movie_pipeline.uploads.persons import SAMPLE
from movie_pipeline.warehouse import tables
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline_tests.counting import stored

pytestmark = pytest.mark.slow

STORED = [key_of(table) for table in (*tables.RAW, *tables.ENRICHED)]
# (month of the export, ratings, viewings); each includes the earlier films, as real exports do.
MONTHS = [
    ("01-31", {"Alien": (3, "2026-01-05")}, ["Alien,1979,2026-01-04"]),
    (
        "02-28",
        {"Alien": (3, "2026-01-05"), "The Shining": (4, "2026-02-10")},
        ["Alien,1979,2026-01-04"],
    ),
    (
        "03-31",
        {
            "Alien": (5, "2026-03-20"),
            "The Shining": (4, "2026-02-10"),
            "Parasite": (4, "2026-03-01"),
        },
        ["Alien,1979,2026-01-04", "Alien,1979,2026-03-20"],
    ),
]
YEARS = {"Alien": 1979, "The Shining": 1980, "Parasite": 2019, "Jaws": 1975}
IMDB = (
    "Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,"
    "Num Votes,Release Date,Directors\n"
    "tt0078748,4,2026-02-01,Alien,https://www.imdb.com/title/tt0078748/,Movie,8,117,1979,Horror,9,1979-05-25,Ridley Scott\n"
    "tt0081505,10,2026-02-20,The Shining,https://www.imdb.com/title/tt0081505/,Movie,8,146,1980,Horror,9,1980-05-23,Stanley Kubrick\n"
    "tt0073195,8,2026-01-01,Jaws,https://www.imdb.com/title/tt0073195/,Movie,8,124,1975,Thriller,9,1975-06-20,Steven Spielberg\n"
)


def drop_letterboxd(path: Path, ratings: Mapping[str, tuple[int, str]], diary: list[str]) -> None:
    """Write an export like Letterboxd's, with all films entered on New Year's Day of 2025."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "Date,Name,Year,Letterboxd URI"
    watched = [f"2025-01-01,{one},{YEARS[one]},https://boxd.it/{one}" for one in ratings]
    rated = [
        f"{day},{one},{YEARS[one]},https://boxd.it/{one},{stars}"
        for one, (stars, day) in ratings.items()
    ]
    entries = []
    for line in diary:
        name, year, day = line.split(",")
        entries.append(f"{day},{name},{year},https://boxd.it/{day},,,,{day}")
    with zipfile.ZipFile(path, "w") as export:
        export.writestr("profile.csv", "Username\nalice\n")
        export.writestr("watched.csv", "\n".join([head, *watched]))
        export.writestr("ratings.csv", "\n".join([f"{head},Rating", *rated]))
        export.writestr(
            "diary.csv", "\n".join([f"{head},Rating,Rewatch,Tags,Watched Date", *entries])
        )


Store = Callable[[str], None]


@pytest.fixture
def store(instance: dg.DagsterInstance) -> Store:
    """Read and enrich an upload; drawing is irrelevant here."""

    def run(upload: str) -> None:
        assert (
            defs.resolve_job_def("enrich_upload")
            .execute_in_process(
                instance=instance, tags={"dagster/partition": upload}, asset_selection=STORED
            )
            .success
        )

    return run


def shown(instance: dg.DagsterInstance) -> dict[str, object]:
    """The metadata of dashboard/library, materialized now."""
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, asset_selection=[PERSONS]
    )
    (event,) = result.get_asset_materialization_events()
    return {name: one.value for name, one in event.materialization.metadata.items()}


def all_months(data: Path, name: str) -> list[str]:
    """Drop the three exports, the newest first; the oldest has the latest modification time."""
    keys = [name.format(day) for day, *_ in MONTHS]
    for age, (key, (_, ratings, diary)) in enumerate(zip(keys, MONTHS, strict=True)):
        drop_letterboxd(data / "uploads" / key, ratings, diary)
        os.utime(data / "uploads" / key, (2_000_000_000 - age,) * 2)
    return keys[::-1]


def test_three_monthly_exports_and_an_imdb_file_are_one_history(
    data: Path, instance: dg.DagsterInstance, store: Store
) -> None:
    keys = all_months(data, "alice/letterboxd-alice-2026-{}-18-05-utc.zip")
    (data / "uploads/alice/imdb.csv").write_text(IMDB)
    for upload in (*keys, "alice/imdb.csv"):
        store(upload)
    warehouse = Warehouse.of(environment.load())
    current = current_uploads(warehouse)
    assert current == {
        "alice": ["alice/imdb.csv", "alice/letterboxd-alice-2026-03-31-18-05-utc.zip"]
    }
    with warehouse.reading() as connection:
        counting.prepare(connection, current["alice"])
        films = connection.execute("SELECT * FROM films").df().set_index("title")
    assert films["rating"].to_dict() == {"Alien": 5, "The Shining": 5, "Parasite": 4, "Jaws": 4}
    days = [
        f"{day:%Y-%m-%d}"
        for day in films["viewings"].to_dict()["Alien"].astype("datetime64[D]").tolist()
    ]
    assert days == ["2026-01-04", "2026-03-20"]

    metadata = shown(instance)
    minutes = films["runtime_minutes"].sum()
    assert (metadata["persons"], metadata["uploads"], metadata["films"]) == (1, 2, 4)
    assert metadata["hours"] == pytest.approx(minutes / 60, abs=0.05)
    assert len(str(metadata["summary"])) < INLINE
    text = str(metadata["library"])
    assert text.startswith("> ⚠️ **Only the sample catalogue was searched for 1 of 1 persons")
    assert "### alice\n\n**4 films watched** · **" in text
    assert "average rating **★ 4.50** of 4 · 2 dated viewings" in text
    genres = films["genres"].explode().value_counts()
    ids = dict(zip(films["genres"].explode(), films["genre_ids"].explode(), strict=True))
    first = min(genres.index[genres == genres.max()], key=ids.__getitem__)
    assert f"Most often: Genre **{first}** ({genres.max()} films)\n" in text  # no director has two
    assert "Nothing to compare yet: list at least two persons in `club.csv`" in text


def test_without_a_folder_the_name_of_a_letterboxd_export_gives_the_person(
    data: Path, instance: dg.DagsterInstance, store: Store
) -> None:
    for upload in all_months(data, "letterboxd-Alice-2026-{}-18-05-utc.zip"):
        store(upload)
    (data / "uploads/imdb.csv").write_text(IMDB)
    store("imdb.csv")
    assert current_uploads(Warehouse.of(environment.load())) == {
        "alice": ["letterboxd-Alice-2026-03-31-18-05-utc.zip"],
        "imdb.csv": ["imdb.csv"],
    }
    metadata = shown(instance)
    assert (metadata["persons"], metadata["films"]) == (2, 4)
    assert "### imdb\\.csv\n\n**3 films watched**" in str(metadata["library"])


def test_a_rerun_changes_nothing_in_raw_uploads(data: Path, store: Store) -> None:
    (data / "uploads/alice").mkdir()
    path = data / "uploads/alice/imdb.csv"
    path.write_text(IMDB)
    os.utime(path, (1_000_000_000, 1_000_000_000))

    def row() -> list[tuple[object, ...]]:
        with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
            return connection.execute("SELECT * FROM raw.uploads").fetchall()

    store("alice/imdb.csv")
    before = row()
    assert before == [
        (
            "alice/imdb.csv",
            "alice",
            "imdb",
            *[datetime.fromisoformat("2001-09-09 01:46:40")] * 2,
            True,
            *before[0][-3:],
        )
    ]
    store("alice/imdb.csv")
    assert row() == before


def test_a_broken_upload_does_not_keep_the_person_out_of_the_library(
    data: Path, instance: dg.DagsterInstance, store: Store
) -> None:
    (data / "uploads/imdb.csv").write_text(IMDB)
    store("imdb.csv")
    (data / "uploads/imdb.csv").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(dg.Failure):
        store("imdb.csv")
    assert shown(instance)["films"] == 3


def test_an_empty_library_says_so(data: Path, instance: dg.DagsterInstance) -> None:
    metadata = shown(instance)
    assert (metadata["persons"], metadata["films"], metadata["hours"]) == (0, 0, 0)
    assert "No upload has been read yet." in str(metadata["summary"])


def rows(exported: str, *films: dict[str, object]) -> pd.DataFrame:
    """The rows of an upload that was exported at that time."""
    whole = {"title": "Alien", "year": 1979, "seen": True, "match_status": "matched"}
    frame = pd.DataFrame([{**whole, **film} for film in films])
    return frame.assign(
        exported_at=pd.Timestamp(exported, tz="UTC"), row_number=range(1, len(frame) + 1)
    )


def together(**uploads: pd.DataFrame) -> Numbers:
    with stored(uploads) as connection:
        return count_together(connection, uploads)


@pytest.mark.parametrize(
    ("first", "second", "wins"),
    [
        pytest.param({"rated_on": date(2026, 1, 2)}, {"rated_on": date(2026, 1, 1)}, 1, id="rated"),
        pytest.param(
            {"logged_on": date(2026, 1, 1)}, {"rated_on": date(2026, 1, 2)}, 2, id="entered"
        ),
        pytest.param({}, {"rated_on": date(2026, 5, 2)}, 2, id="no day: the export's"),
        pytest.param({}, {"rated_on": date(2026, 4, 2)}, 1, id="no day: the export's, later"),
        pytest.param(
            {"rated_on": date(2026, 1, 1), "rating": float("nan")},
            {"rated_on": date(2025, 1, 1)},
            2,
            id="none",
        ),
        pytest.param({"rated_on": date(2026, 1, 1)}, {"rated_on": date(2026, 1, 1)}, 1, id="tie"),
    ],
)
def test_the_newest_rating_wins(first, second, wins) -> None:
    """The exports are from the 30th and the 29th of April."""
    one = rows("2026-04-30 10:00", {"tmdb_id": 7, "rating": 1.0, **first})
    other = rows("2026-04-29 10:00", {"tmdb_id": 7, "rating": 2.0, **second})
    for both in ({"a": one, "b": other}, {"b": one, "a": other}):
        assert together(**both).summary["mean_rating"] == wins


def test_a_film_on_one_services_watchlist_that_another_has_as_seen_is_seen() -> None:
    counted = together(
        a=rows("2026-04-30", {"tmdb_id": 7, "seen": False}, {"tmdb_id": 8, "seen": False}),
        b=rows("2026-04-01", {"tmdb_id": 7, "viewings": ["2026-01-01"]}),
    )
    assert (counted.watched, counted.summary["seen"], counted.summary["viewings"]) == (1, True, 1)


def test_a_film_that_tmdb_lacks_is_one_film_in_two_uploads_by_title_and_year() -> None:
    """Within one upload it is as many as there are lines, since repeated lines were merged."""
    lost = {"match_status": "not_found"}
    one = rows("2026-04-30", lost, lost, lost | {"title": "Solaris", "year": 1972})
    other = rows(
        "2026-04-01", lost | {"title": "ALIEN "}, lost | {"title": "Solaris", "year": 2002}
    )
    assert together(a=one).watched == 3
    assert together(a=one, b=other).watched == 4


def library_of(name: str, uploads: list[str], *films: dict[str, object]) -> Library:
    counted = together(a=rows("2026-04-30", *films))
    return Library.of([(name, uploads, counted)], counted)


def test_names_are_escaped_and_a_mere_watchlist_is_not_called_watched() -> None:
    only = {"tmdb_id": 7, "seen": False, "runtime_minutes": 90}
    library = library_of("<b>*x*", ["<b>*x*/[a](b).csv"], only)
    assert library.numbers() == {"persons": 1, "uploads": 1, "films": 1, "hours": 1.5}
    text = library.markdown()
    assert "### \\<b\\>\\*x\\*\n\n**1 film on this list**" in text
    assert "watched" not in text.replace("if each is watched once", "")
    assert "[a](b)" not in text


def test_with_many_persons_the_summary_and_the_text_stay_short() -> None:
    counted = together(a=rows("2026-04-30", {"tmdb_id": 7}))
    persons = ((f"person {n:04}" + "x" * 100, ["a"] * 9, counted) for n in range(300))
    library = Library.of(persons, counted)
    assert len(library.summary()) < INLINE
    assert len(library.markdown().encode()) < 100_000
    assert "200 more persons" in library.markdown()
    assert library.films == 1


@pytest.mark.parametrize("sample", [SAMPLE, "letterboxd-sample.csv"])
def test_the_sample_is_no_persons_library(data: Path, store: Store, sample: str) -> None:
    (data / "uploads" / sample).write_text("Title,Year\nAlien,1979\n")
    store(sample)
    assert current_uploads(Warehouse.of(environment.load())) == {}
