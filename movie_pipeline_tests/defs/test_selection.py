"""Selections: some of an upload's films, drawn on request; nothing else changes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import pytest
import yaml
from dagster._core.snap.snap_to_yaml import default_values_yaml_from_type_snap

from movie_pipeline import settings as environment
from movie_pipeline.analytics import films as films_
from movie_pipeline.charts import CHARTS, GLANCE
from movie_pipeline.charts.markdown import INLINE
from movie_pipeline.definitions import defs
from movie_pipeline.defs.assets import ASSETS
from movie_pipeline.defs.partitions import SELECTION
from movie_pipeline.instance import cancellation, dagster_runs
from movie_pipeline.instance.run_kind import explores
from movie_pipeline.names import EXPLORE_JOB as EXPLORE
from movie_pipeline.page.selection import Selected, Selection, SelectionError
from movie_pipeline.status.store import Progress
from movie_pipeline_tests.counting import stored
from movie_pipeline_tests.films import films

UPLOAD = "mine.csv"
LIST = (
    "Title,Year,Rating\nThe Shining,1980,5\nThe Godfather,1972,4\nThe Godfather Part II,1974,3\n"
    "Fargo,1996,2\nNo Such Film Anywhere,1975,5\n"
)


@dataclass(frozen=True)
class Upload:
    """Films that count, and the connection on which they are counted."""

    connection: duckdb.DuckDBPyConnection

    def select(self, **filters: Any) -> Selected:
        films_.prepare(self.connection, ["a.csv"])
        return Selection(**filters).of(self.connection)

    def ids(self, **filters: Any) -> set[int]:
        assert self.select(**filters).words
        return {film for (film,) in self.connection.execute("SELECT film FROM films").fetchall()}

    def where(self, fits: Callable[[pd.Series], bool]) -> set[int]:
        films_.prepare(self.connection, ["a.csv"])
        rows = self.connection.execute("SELECT * FROM films").df()
        return {int(row["film"]) for _, row in rows.iterrows() if fits(row)}


@pytest.fixture(scope="module")
def upload() -> Iterator[Upload]:
    with stored({"a.csv": films(400)}) as connection:
        yield Upload(connection)


@pytest.mark.parametrize("spelt", ["agnes varda", "AGNÈS  VARDA", "Agnes-Varda"])
def test_case_accents_and_punctuation_of_a_name_do_not_matter(upload: Upload, spelt: str):
    selected = upload.select(director=spelt)
    ids = upload.where(lambda row: "Agnès Varda" in row["directors"])
    assert upload.ids(director=spelt) == ids
    assert selected.words == ["directed by Agnès Varda"]
    assert selected.films.watched == len(ids)
    assert selected.sentence() == (
        f"**Directed by Agnès Varda: {len(ids)} of {selected.of.watched} films watched.**"
    )


def test_a_film_must_match_every_filter(upload: Upload):
    every = upload.select(genre="drama", decade=1994, rating=3)
    assert every.words == ["genre Drama", "released 1990 to 1999", "rated 3 or more"]
    ids = upload.ids(genre="drama", decade=1994, rating=3)
    assert ids == upload.where(
        lambda row: (
            "Drama" in row["genres"] and 1990 <= row["released"] <= 1999 and row["rating"] >= 3
        )
    )
    assert 0 < len(ids) < len(upload.ids(genre="drama"))
    actor = upload.connection.execute(
        'SELECT "cast"[4] FROM films WHERE len("cast") > 4'
    ).fetchone()
    assert upload.ids(actor=actor[0]) == upload.where(lambda row: actor[0] in row["cast"])
    nothing = upload.select()
    assert nothing.films.watched == nothing.of.watched > 300


def test_unidentified_films_are_filtered_by_what_is_known_about_them(upload: Upload):
    """As on the page: they may have a year and a rating, but no genre."""
    lost = {film for film in upload.ids(decade=2010) if film < 0}
    assert lost == upload.where(lambda row: row["film"] < 0 and row["released"] // 10 == 201)
    assert lost
    assert min(upload.ids(genre="Drama")) > 0


def test_a_name_shared_by_two_people_selects_both_and_an_id_selects_one(upload: Upload):
    both = upload.select(director="Steve McQueen")
    assert both.words == ["directed by Steve McQueen (2 people of this name)"]
    apart = [upload.ids(director=str(one)) for one in (111, 112)]
    assert apart[0] and apart[1] and apart[0] != apart[1]
    assert upload.ids(director="Steve McQueen") == apart[0] | apart[1]


def test_an_unknown_name_is_reported_with_the_most_similar_names(upload: Upload):
    with pytest.raises(SelectionError, match="nearest names are: Agnès Varda"):
        upload.select(director="Agnes Vadra")
    with pytest.raises(SelectionError, match=r"'Kurosawa'. The nearest names are: Akira Kurosawa"):
        upload.select(director="Kurosawa")
    with pytest.raises(SelectionError, match=r"'Kurosava'. The nearest names are: Akira Kurosawa"):
        upload.select(director="Kurosava")
    with pytest.raises(SelectionError, match="No name here is similar"):
        upload.select(actor="Xyzzy")
    with pytest.raises(SelectionError, match=r"'Sadness'. There are: .*Drama, Family"):
        upload.select(genre="Sadness")
    with pytest.raises(SelectionError, match="decade is 90: give a year of it"):
        upload.select(decade=90)
    with pytest.raises(SelectionError, match=r"rating is 8: give one from 0.5 to 5"):
        upload.select(rating=8)


def test_a_selection_works_on_an_upload_without_films():
    with stored({"a.csv": films(0)}) as connection:
        nothing = Upload(connection)
        assert nothing.select(decade=1990, rating=5).films.watched == 0
        with pytest.raises(SelectionError, match="There are: none"):
            nothing.select(genre="Drama")


# In Dagster --------------------------------------------------------------------------------

Explore = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def explore(instance: dg.DagsterInstance) -> Explore:
    def run(upload: str = UPLOAD, **config: object) -> dg.ExecuteInProcessResult:
        return defs.resolve_job_def(EXPLORE).execute_in_process(
            instance=instance,
            tags={"dagster/partition": upload},
            run_config={"ops": {"dashboard__selection": {"config": config}}},
            raise_on_error=False,
        )

    return run


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    assert result.success
    (event,) = result.get_asset_materialization_events()
    assert event.asset_key == SELECTION
    return {name: one.value for name, one in event.materialization.metadata.items()}


def plain(text: str) -> str:
    return text.replace("\\", "")


def standing(data: Path, instance: dg.DagsterInstance) -> object:
    """All that a selection must not touch: files, status, and each asset's latest event."""
    files = {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted((data / "dashboard").rglob("*"))
        if path.is_file()
    }
    assert len(files) > len(CHARTS)
    latest = {}
    for key in (key for asset in ASSETS for key in asset.keys if key != SELECTION):
        event = instance.get_latest_materialization_event(key)
        latest[key] = event.run_id if event else None
    return files, Progress.of(environment.load()).all(), latest


def test_a_selection_shows_the_whole_dashboard_and_touches_nothing(
    data: Path, run_job, instance: dg.DagsterInstance, explore: Explore
) -> None:
    (data / "uploads" / UPLOAD).write_text(LIST)
    assert run_job(UPLOAD).success
    before = standing(data, instance)

    drawn = metadata(explore(director="francis ford COPPOLA", decade=1970))
    assert (drawn["films"], drawn["total_films"]) == (2, 5)
    sentence = "Directed by Francis Ford Coppola, released 1970 to 1979: 2 of 5 films watched."
    assert f"**{sentence}**" in plain(drawn["summary"])
    assert len(drawn["summary"]) < INLINE
    notice, lead, *_ = plain(drawn["overview"]).split("\n\n")
    assert notice.startswith("> ⚠️ **Only the sample catalogue was searched, and it lacks 1 of")
    assert lead == f"**{sentence}**"
    assert drawn["overview"].count("data:image/svg+xml") == len(GLANCE)
    assert len(drawn["overview"].encode()) < 300_000

    none = metadata(explore(genre="crime", rating=5, decade=1990))
    assert none["films"] == 0
    assert "rated 5 or more: 0 of 5 films watched" in plain(none["overview"])
    everything = metadata(explore(genre=None, actor="", decade=0))  # as from an empty form
    assert "Nothing is selected: all 5 films watched" in everything["overview"]

    wrong = explore(director="Stanley Kubrik")
    assert not wrong.success
    (failure,) = wrong.get_step_failure_events()
    assert "The nearest names are: Stanley Kubrick" in str(failure.step_failure_data)
    assert wrong.retry_attempts_for_node("dashboard__selection") == 0
    assert not explore("never-seen.csv").success
    assert standing(data, instance) == before


@pytest.mark.slow
def test_an_upload_is_completed_when_a_selection_is_drawn_in_the_same_run(
    data: Path, instance: dg.DagsterInstance
) -> None:
    """As "Materialize all" does; the upload waits only for steps that note their end."""
    (data / "uploads" / UPLOAD).write_text("Title,Year\nAlien,1979\n")
    keys = [key for asset in ASSETS if asset.partitions_def for key in asset.keys]
    defs.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, tags={"dagster/partition": UPLOAD}, asset_selection=keys
    )
    entry = Progress.of(environment.load()).get(UPLOAD)
    assert entry is not None
    assert entry.stage == "completed"


def test_no_other_job_draws_a_selection() -> None:
    assert {"dashboard__selection"} == {node.name for node in defs.resolve_job_def(EXPLORE).nodes}
    for job in ("enrich_upload", "refresh_stale"):
        assert SELECTION not in defs.resolve_job_def(job).asset_layer.executable_asset_keys


def run_of(
    instance: dg.DagsterInstance, job: str, *keys: dg.AssetKey, **tags: str
) -> dg.DagsterRun:
    return instance.create_run_for_job(
        defs.resolve_job_def(job) if job != "ui" else defs.resolve_implicit_global_asset_job_def(),
        tags={"dagster/partition": UPLOAD, **tags},
        asset_selection=set(keys) or None,
        status=dg.DagsterRunStatus.SUCCESS,
    )


def test_selections_push_no_other_run_out_of_the_history(instance: dg.DagsterInstance) -> None:
    worked = [run_of(instance, "enrich_upload").run_id for _ in range(7)]
    looked = [run_of(instance, EXPLORE).run_id for _ in range(4)]
    looked += [run_of(instance, "ui", SELECTION).run_id for _ in range(4)]
    dagster_runs.trim(instance, UPLOAD)
    left = {run.run_id for run in instance.get_runs()}
    assert left == {*worked[-dagster_runs.KEEP :], *looked[-dagster_runs.KEEP :]}


def test_cancelling_a_selection_does_not_change_the_status_of_the_upload(
    data: Path, instance: dg.DagsterInstance
) -> None:
    progress = Progress.of(environment.load())
    progress.begin(UPLOAD, run_id="1", plan=["raw"])
    progress.step_done(UPLOAD, "1", "raw")
    before = progress.all()
    for run in (run_of(instance, EXPLORE), run_of(instance, "ui", SELECTION)):
        assert explores(run)
        cancellation.note(run)
    assert progress.all() == before
    cancellation.note(run_of(instance, "ui"))
    assert progress.all() != before


def test_the_launchpad_fills_in_all_five_fields() -> None:
    snapshot = defs.resolve_job_def(EXPLORE).get_job_snapshot()
    schema = snapshot.config_schema_snapshot
    root = schema.get_config_snap(str(snapshot.mode_def_snaps[0].root_config_key))
    filled = yaml.safe_load(default_values_yaml_from_type_snap(schema, root))
    assert filled["ops"]["dashboard__selection"]["config"] == {
        "genre": "", "director": "", "actor": "", "decade": 0, "rating": 0.0,
    }  # fmt: skip
