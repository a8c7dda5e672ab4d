"""Overrides and the review, through the whole job: real DuckDB, real HTTP, real Dagster."""

import re

import dagster as dg
import duckdb
from click.testing import CliRunner

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.charts.markdown import INLINE
from movie_pipeline.commands.cli import main
from movie_pipeline.defs import sensors
from movie_pipeline.defs.sensors import uploads_sensor
from movie_pipeline.status.inventory import Inventory
from movie_pipeline.status.store import Progress
from movie_pipeline.uploads import SETTLE_SECONDS
from movie_pipeline_tests.conftest import ROOT
from movie_pipeline_tests.world import Clock

LIST = "Title,Year\nAlien,1979\nParasite,2019\nNo Such Film Anywhere,1999\n"


def rows(sql, *values):
    with duckdb.connect(environment.load().warehouse, read_only=True) as connection:
        return connection.execute(sql, values).fetchall()


def decided(upload="mine.csv"):
    return rows(
        "SELECT match_status, match_method, tmdb_id FROM enriched.movies WHERE upload = ?"
        " ORDER BY row_number",
        upload,
    )


def reviewed(result):
    """The metadata of the asset dashboard/review."""
    (found,) = [
        event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(["dashboard", "review"])
    ]
    return found


ALIEN = ("matched", "title_year", 348)
PARASITE = ("matched", "title_year", 496243)
MISSED = ("not_found", "none", None)
IGNORED = ("not_found", "override", None)


def by_hand(tmdb_id):
    return ("matched", "override", tmdb_id)


def test_an_override_wins_over_everything(data, run_job, tmdb):
    """By title and year, by Letterboxd address, by upload; with an id or a TMDB address."""
    films = {
        "Alien,1979,https://boxd.it/1": ALIEN,
        "Alien,1979,https://boxd.it/2": by_hand(603),
        "Parasite,2019,https://boxd.it/3": by_hand(680),
        "Jaws,1975,https://boxd.it/4": IGNORED,
        "The Godfather,1972,https://boxd.it/5": by_hand(62),
        "Inception,2010,https://boxd.it/6": ("matched", "title_year", 27205),
        "Blade Runner,1982,https://boxd.it/7": ("matched", "title_year", 78),
        "No Such Film Anywhere,1999,https://boxd.it/8": by_hand(348),
    }
    dated = "".join(f"2024-01-01,{film}\n" for film in films)
    (data / "uploads" / "mine.csv").write_text(f"Date,Name,Year,Letterboxd URI\n{dated}")
    (data / "overrides.csv").write_text(
        "title,year,tmdb_id,letterboxd_uri,upload\n"
        ",,603,boxd.it/2,\n"
        "parasite!,2019,https://www.themoviedb.org/movie/680-pulp-fiction\n"
        "Jaws,1975,ignore\n"
        '"Godfather, The",1972,62,,mine.csv\n'
        "Inception,2010,62,,yours.csv\n"
        "Blade Runner,1983,62\n"
        "No Such Film Anywhere,1999,348\n"
    )
    assert run_job("mine.csv", drawn=False).success
    assert decided() == list(films.values())
    for title, score in rows(
        "SELECT tmdb_title, match_score FROM enriched.movies"
        " WHERE match_method = 'override' AND tmdb_id IS NOT NULL"
    ):
        assert (bool(title), score) == (True, 1.0)


def test_an_ignored_row_does_not_count_as_a_missing_film(data, run_job):
    """The sample catalogue does not have the wedding either, but it need not be found."""
    (data / "uploads" / "mine.csv").write_text("Title,Year\nOur Wedding,2011\nNobody's,1999\n")
    (data / "overrides.csv").write_text("title,year,tmdb_id\nOur Wedding,2011,ignore\n")
    assert run_job("mine.csv", drawn=False).success
    (found,) = status.read(environment.load())
    assert (found.not_found_count, found.ignored_count) == (2, 1)
    assert "ignored_count" not in found.as_json(), "the contract's fields, and no other"
    assert found.message == (
        "Only the sample catalogue was searched, and it lacks 1 of these films:"
        " set TMDB_API_TOKEN to search TMDB"
    )
    assert Inventory([found]).numbers()["films_to_review"] == 1
    said = CliRunner().invoke(main, ["status"]).output
    assert "1 not found, 1 ignored by overrides.csv" in " ".join(said.split())


def test_an_invalid_line_fails_the_run_at_once_and_is_reported(data, run_job, tmdb):
    """Before that, TMDB gets no request; the rows of the last run stay."""
    upload, overrides = data / "uploads" / "mine.csv", data / "overrides.csv"
    upload.write_text(LIST)
    assert run_job("mine.csv", drawn=False).success
    tmdb.clear()
    overrides.write_text("title,year,tmdb_id\nAlien,1979,603\nParasite,2019,12x\n")
    result = run_job("mine.csv", drawn=False)
    assert not result.success
    assert tmdb.requests == []
    retried = [event for event in result.all_events if event.is_step_up_for_retry]
    assert retried == [], "a retry would fail in the same way"
    (failed,) = status.read(environment.load())
    assert failed.status == "failed"
    assert failed.message.startswith(f"{overrides}, line 3: '12x' is not a TMDB id")
    assert decided() == [ALIEN, PARASITE, MISSED]
    progress = Progress.of(environment.load())
    assert progress.get("mine.csv").refused == "overrides", (
        "the sensor runs it again: test_revisions"
    )
    overrides.unlink()
    assert run_job("mine.csv", drawn=False).success
    assert not progress.get("mine.csv").refused


def test_a_saved_line_reruns_only_the_uploads_that_it_affects(data, run_job, tmdb, monkeypatch):
    """From the file to the rows: executes the run requests of the sensor itself."""
    clock = Clock()
    monkeypatch.setattr(sensors, "time", clock)
    (data / "uploads" / "mine.csv").write_text(LIST)
    (data / "uploads" / "other.csv").write_text("Title,Year\nParasite,2019\n")
    cursor = None

    def settle():
        nonlocal cursor
        ran = []
        for _ in range(2):
            clock.waited += SETTLE_SECONDS
            with dg.DagsterInstance.ephemeral() as instance:
                tick = uploads_sensor(dg.build_sensor_context(instance=instance, cursor=cursor))
            cursor = tick.cursor
            ran += [request.partition_key for request in tick.run_requests or ()]
        assert all(run_job(upload, drawn=False).success for upload in ran)
        return ran

    assert sorted(settle()) == ["mine.csv", "other.csv"]
    (data / "overrides.csv").write_text("title,year,tmdb_id\nAlien,1979,603\n")
    assert settle() == ["mine.csv"]
    assert decided() == [by_hand(603), PARASITE, MISSED]
    (data / "overrides.csv").unlink()
    assert settle() == ["mine.csv"]
    assert decided() == [ALIEN, PARASITE, MISSED]
    assert settle() == []


def test_the_review_shows_the_doubtful_films_and_its_lines_settle_them(data, run_job, tmdb):
    (data / "uploads" / "mine.csv").write_text(LIST)
    result = run_job("mine.csv")
    assert result.success
    metadata = reviewed(result)
    assert [metadata[name].value for name in ("ambiguous", "not_found", "least_sure")] == [0, 1, 2]
    assert "1 film needs your decision" in metadata["summary"].value
    assert len(metadata["summary"].value) < INLINE
    text = metadata["review"].value
    assert "https://www.themoviedb.org/search/movie?query=No%20Such%20Film%20Anywhere" in text
    assert "https://www.themoviedb.org/movie/348" in text
    blocks = re.findall(r"```csv\n(.*?)\n```", text, re.DOTALL)
    assert blocks == [
        "title,year,tmdb_id",
        "No Such Film Anywhere,1999,ignore",
        *sorted(blocks[2:4]),
    ]
    (data / "overrides.csv").write_text("\n".join(blocks))
    again = run_job("mine.csv")
    assert decided() == [by_hand(348), by_hand(496243), IGNORED]
    assert reviewed(again)["review"].value.startswith("No film needs your decision")


def test_the_review_begins_with_a_notice_if_the_sample_catalogue_answered(data, run_job):
    sample = (ROOT / "data/samples/letterboxd-sample.csv").read_bytes()
    (data / "uploads" / "mine.csv").write_bytes(sample)
    metadata = reviewed(run_job("mine.csv"))
    for name in ("summary", "review"):
        assert "Only the sample catalogue was searched" in metadata[name].value.split("\n")[0]
    assert metadata["not_found"].value >= 6
    assert metadata["least_sure"].value == 20
    assert len(metadata["review"].value.encode()) <= 300_000


def test_a_film_that_only_the_sample_lacks_is_not_called_a_mistake(data, run_job):
    (data / "uploads" / "mine.csv").write_text("Title,Year\nHeat,1995\n")
    (data / "overrides.csv").write_text("title,year,tmdb_id\nHeat,1995,949\n")
    assert run_job("mine.csv", drawn=False).success
    ((error,),) = rows("SELECT error FROM enriched.movies WHERE upload = ?", "mine.csv")
    assert error == (
        "there is no film 949: only the sample catalogue was searched; set TMDB_API_TOKEN to"
        " search TMDB"
    )
