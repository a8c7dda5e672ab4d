"""The launcher for Celery: the file that an operator copies builds it, and it gives away nothing."""

import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.instance.ref import InstanceRef

pytest.importorskip("dagster_celery")
from movie_pipeline.instance import celery_launcher
from movie_pipeline.instance.celery_launcher import BrokerError, CeleryRunLauncher
from movie_pipeline.instance.run_queue import SizedRunQueue
from movie_pipeline.instance.storage import InstanceError

ROOT = Path(__file__).parents[2]
BROKER = "pyamqp://mp:a-secret@localhost:1//"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DAGSTER_HOME with the file of `deploy/cluster`."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(ROOT / "deploy" / "cluster" / "dagster.yaml", folder)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    monkeypatch.setenv("CELERY_BROKER_URL", BROKER)
    monkeypatch.setenv(
        "DAGSTER_POSTGRES_URL", "postgresql+psycopg2://u:a-secret@localhost:1/dagster"
    )
    return folder


def test_the_file_that_an_operator_copies_names_parts_that_dagster_can_build(home):
    ref = InstanceRef.from_dir(str(home))
    assert isinstance(ref.run_launcher, CeleryRunLauncher)
    assert isinstance(ref.run_coordinator, SizedRunQueue)
    assert ref.run_launcher.celery.conf.broker_url == BROKER
    assert ref.settings["run_monitoring"]["start_timeout_seconds"] == 300


def test_no_password_is_in_what_dagster_hands_to_other_processes(home):
    """They are on the command lines of code servers, as the whole of the instance's reference is."""
    assert "a-secret" not in dg.serialize_value(InstanceRef.from_dir(str(home)))


def test_a_launcher_keeps_what_the_one_for_a_single_machine_does(home):
    launcher = InstanceRef.from_dir(str(home)).run_launcher
    assert launcher.supports_check_run_worker_health
    assert not launcher.supports_resume_run


@pytest.mark.slow
def test_a_worker_reads_the_brokers_address_where_the_launcher_does_and_is_warm_before_it_forks(
    home,
):
    code = (
        "import sys; from movie_pipeline.instance.celery_app import app\n"
        "print(app.conf.broker_url, app.conf.worker_max_tasks_per_child, app.conf.task_acks_late,"
        " app.conf.worker_prefetch_multiplier, 'execute_job' in app.tasks,"
        " {'requests', 'pandas', 'dagster_postgres'} <= set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.split() == [BROKER, "1", "True", "1", "True", "True"], done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("named", ["movie_pipeline.instance.launcher/LocalRunLauncher", None])
def test_a_worker_without_this_launcher_says_so(home, named):
    text = (home / "dagster.yaml").read_text()
    for old, new in (
        ("celery_launcher", "launcher"),
        (
            "class: CeleryRunLauncher\n  config:\n    broker:\n      env: CELERY_BROKER_URL",
            "class: LocalRunLauncher",
        ),
    ):
        assert old in text
        text = text.replace(old, new)
    (home / "dagster.yaml").write_text(text)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    if named is None:
        del env["DAGSTER_HOME"]
    done = subprocess.run(
        [sys.executable, "-c", "from movie_pipeline.instance.celery_app import app"],
        capture_output=True,
        text=True,
        env=env,
    )
    assert done.returncode == 1
    assert "A worker needs the run_launcher CeleryRunLauncher" in done.stderr


@pytest.mark.parametrize(
    ("places_slots", "said"),
    [
        ((4, 2), "lets 4 runs execute at once"),
        ((-1, 2), "lets any number of runs execute at once"),
        ((4, 4), ""),
        ((2, 4), ""),
        ((4, 0), ""),
    ],
)
def test_more_places_than_slots_are_told_once_with_the_right_number(
    home, caplog, monkeypatch, places_slots, said
):
    places, slots = places_slots
    launcher = InstanceRef.from_dir(str(home)).run_launcher
    replies = {f"m{one}": {"pool": {"max-concurrency": 1}} for one in range(slots)}
    monkeypatch.setattr(
        launcher.celery.control, "inspect", lambda **_: SimpleNamespace(stats=lambda: replies)
    )
    config = SimpleNamespace(run_queue_config=SimpleNamespace(max_concurrent_runs=places))
    launcher._compare_places(SimpleNamespace(get_concurrency_config=lambda: config))
    assert said in caplog.text
    assert ("set it to 2" in caplog.text) == bool(said)


def test_a_broker_that_cannot_be_reached_is_reported_without_its_password(
    home, instance, monkeypatch
):
    monkeypatch.setattr(celery_launcher, "_PATIENCE", {"max_retries": 0})
    launcher = InstanceRef.from_dir(str(home)).run_launcher
    launcher.register_instance(instance)
    run = instance.create_run_for_job(dg.JobDefinition(graph_def=dg.GraphDefinition("g"), name="j"))
    with pytest.raises(BrokerError, match="start it, or check the broker") as failure:
        launcher.launch_run(SimpleNamespace(dagster_run=run))
    assert "a-secret" not in "".join(traceback.format_exception(failure.value))


@pytest.mark.parametrize(
    "password", ["a/secret", "a@secret", "a?secret", "a#secret", "secretlocalhost:1//#"]
)
def test_an_address_of_the_broker_that_is_misread_is_refused_without_showing_it(
    home, monkeypatch, password
):
    """Kombu's own errors quote the part that it takes for a port."""
    monkeypatch.setenv("CELERY_BROKER_URL", BROKER.replace("a-secret", password))
    with pytest.raises(InstanceError, match=r"CELERY_BROKER_URL.*%2F") as raised:
        print(InstanceRef.from_dir(str(home)).run_launcher)
    assert "secret" not in "".join(traceback.format_exception(raised.value))


def test_several_brokers_may_be_given(home, monkeypatch):
    monkeypatch.setenv("CELERY_BROKER_URL", f"{BROKER};pyamqp://mp:a%2Fb@other:5672//")
    assert InstanceRef.from_dir(str(home)).run_launcher.celery.conf.broker_url
