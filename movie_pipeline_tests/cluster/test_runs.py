"""Runs on two machines: they share the work, outlive each other's deaths, and end when told to."""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest
import redis
from dagster_celery.config import TASK_EXECUTE_JOB_NAME

from movie_pipeline.commands.guarded import is_guarding
from movie_pipeline.instance.run_worker import worker_of
from movie_pipeline_tests.cluster.cluster import Cluster, running
from movie_pipeline_tests.soak.system import BIN, film_list

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.xdist_group("cluster"),
    pytest.mark.timeout(600),
]

RATE = 15
"""Requests per second: so few that they are the limit on two cores, and runs last long enough."""
STATES = dg.DagsterRunStatus


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with running(folder, bundle, TMDB_REQUESTS_PER_SECOND=str(RATE)) as cluster:
        for name in cluster.machines:
            cluster.start_worker(name)
        cluster.start_hub()
        yield cluster


@pytest.fixture
def hub(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance, as the UI on the hub has it, on a cluster that is whole."""
    for name, machine in cluster.machines.items():
        if not machine.on:
            cluster.start_worker(name)
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(cluster.folder)
    with dg.DagsterInstance.get() as instance:
        yield instance


def runs(hub: dg.DagsterInstance, upload: str) -> list[dg.DagsterRun]:
    """The upload's runs, the latest first."""
    return list(hub.get_runs(dg.RunsFilter(tags={"dagster/partition": upload})))


def host(run: dg.DagsterRun) -> str | None:
    """The machine that executes a run."""
    worker = worker_of(run.run_id, run.tags)
    return worker.host if worker else None


def pid_inside(process: psutil.Process) -> int:
    """A process's number on its own machine."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^NSpid:.*\s(\d+)$", status, re.MULTILINE)[1])


def at_work(cluster: Cluster, hub: dg.DagsterInstance, *uploads: str) -> dict[str, dg.DagsterRun]:
    """Waits until runs of these uploads ask TMDB; returns them."""

    def asking() -> bool:
        states = cluster.statuses()
        return all(
            one in states and states[one].status == "enriching" and states[one].enriched_count
            for one in uploads
        )

    cluster.wait_until(asking, what=f"{uploads} are enriching")
    return {one: runs(hub, one)[0] for one in uploads}


def complete(cluster: Cluster, hub: dg.DagsterInstance, *uploads: str) -> None:
    """Waits until these uploads are completed, and Dagster knows it, too."""

    def done() -> bool:
        return cluster.have_completed(*uploads) and all(
            run.is_finished for one in uploads for run in runs(hub, one)
        )

    cluster.wait_until(done, patience=240, what=f"{uploads} are completed")


def events(hub: dg.DagsterInstance, run: dg.DagsterRun, kind: dg.DagsterEventType) -> list[float]:
    return [one.timestamp for one in hub.all_logs(run.run_id, of_type=kind)]


def rows(cluster: Cluster, upload: str) -> list[tuple[object, ...]]:
    """What is stored of an upload's films, without what differs from run to run."""
    return cluster.sql(
        "SELECT * EXCLUDE (upload, version, enriched_at) FROM enriched.movies WHERE upload = ?"
        " ORDER BY row_number",
        upload,
    )


def ours(cluster: Cluster, *words: str) -> str:
    """What `movie-pipeline` says, as an operator runs it on the hub."""
    done = subprocess.run(
        [str(BIN / "movie-pipeline"), *words],
        cwd=cluster.folder, env=cluster.environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dropped_files_run_on_both_machines_within_one_budget(cluster, hub):
    names = [f"u{one}.csv" for one in range(4)]
    for n, name in enumerate(names):
        cluster.drop(name, film_list(25, first=25 * n))
    complete(cluster, hub, *names)
    assert cluster.incomplete(dict.fromkeys(names, 25)) == []
    done = [runs(hub, name) for name in names]
    assert [len(one) for one in done] == [1, 1, 1, 1]
    assert {host(one[0]) for one in done} == {"m1", "m2"}
    arrived = sorted(one.at for one in cluster.tmdb.requests)
    in_two_seconds = [sum(at <= one < at + 2 for one in arrived) for at in arrived]
    assert max(in_two_seconds) <= 2 * RATE * 1.2


def test_the_ui_on_the_hub_answers_behind_the_guard(cluster, hub):
    """It learns from the code server, another process, what there is, and from PostgreSQL what ran."""
    cluster.wait_until(cluster.ui.answers, what="the UI answers")
    assert "raw/movies" in cluster.ui.assets()
    cluster.drop("shown.csv", film_list(5, first=4200))
    complete(cluster, hub, "shown.csv")
    assert [one["status"] for one in cluster.ui.runs_of("shown.csv")] == ["SUCCESS"]
    assert is_guarding("127.0.0.1", cluster.port)
    names = {Path(word).name for one in cluster.processes() for word in one.cmdline()}
    assert {"celery", "code-server", "dagster-daemon", "webserver"} <= names


def test_a_run_whose_machine_lost_its_power_is_found_and_repeated_on_the_other(cluster, hub):
    cluster.drop("whole.csv", film_list(30, first=1000))
    complete(cluster, hub, "whole.csv")
    films = film_list(30, first=1000)
    cluster.tmdb.latency = 0.5  # its answers are kept: without this, it would be over too soon
    for name in ("x.csv", "y.csv"):
        cluster.drop(
            name, films + film_list(40, first=2000 + 50 * ord(name[0]) % 700).partition("\n")[2]
        )
    began = at_work(cluster, hub, "x.csv", "y.csv")
    victim = host(began["x.csv"])
    cluster.machines[victim].cut_power()
    cluster.tmdb.latency = 0.0
    complete(cluster, hub, "x.csv", "y.csv")
    assert cluster.incomplete({"x.csv": 70, "y.csv": 70}) == []
    for name, first in began.items():
        *repeats, one = runs(hub, name)
        assert one.run_id == first.run_id
        if host(first) != victim:
            assert (one.status, repeats) == (STATES.SUCCESS, [])
            continue
        assert one.status == STATES.FAILURE
        (repeat,) = repeats
        assert repeat.status == STATES.SUCCESS
        assert host(repeat) not in {victim, None}
        (died,) = events(hub, one, dg.DagsterEventType.RUN_FAILURE)
        (again,) = events(hub, repeat, dg.DagsterEventType.RUN_START)
        assert died < again
    assert rows(cluster, "x.csv")[:30] == rows(cluster, "whole.csv")


def test_runs_go_on_when_both_machines_come_back(cluster, hub):
    cluster.tmdb.latency = 0.5
    cluster.drop("both.csv", film_list(60, first=3000))
    cluster.drop("too.csv", film_list(60, first=3100))
    at_work(cluster, hub, "both.csv", "too.csv")
    for machine in cluster.machines.values():
        machine.cut_power()
    cluster.tmdb.latency = 0.0
    for name in cluster.machines:
        cluster.start_worker(name)
    complete(cluster, hub, "both.csv", "too.csv")
    assert cluster.incomplete({"both.csv": 60, "too.csv": 60}) == []
    for name in ("both.csv", "too.csv"):
        assert Counter(one.status for one in runs(hub, name)) == {
            STATES.SUCCESS: 1,
            STATES.FAILURE: 1,
        }


def test_a_machine_that_stood_still_changes_nothing_of_a_run_that_was_repeated(cluster, hub):
    cluster.tmdb.latency = 0.5
    cluster.drop("still.csv", film_list(60, first=4300))
    run = at_work(cluster, hub, "still.csv")["still.csv"]
    worker = worker_of(run.run_id, run.tags)
    stopped = cluster.machines[worker.host].stand_still()
    (executing,) = [one for one in stopped if pid_inside(one) == worker.pid]
    cluster.tmdb.latency = 0.0
    complete(cluster, hub, "still.csv")
    stored = "SELECT * FROM enriched.movies WHERE upload = 'still.csv' ORDER BY row_number"
    before = cluster.sql(stored)
    for one in stopped:
        one.resume()
    cluster.wait_until(lambda: not executing.is_running(), what="the run's first process has ended")
    assert cluster.sql(stored) == before
    assert [one.status for one in runs(hub, "still.csv")] == [STATES.SUCCESS, STATES.FAILURE]
    assert cluster.have_completed("still.csv")


def test_a_run_outlives_the_daemon(cluster, hub):
    cluster.tmdb.latency = 0.5
    cluster.drop("orphan.csv", film_list(60, first=3200))
    at_work(cluster, hub, "orphan.csv")
    cluster.kill_daemon()
    cluster.tmdb.latency = 0.0
    cluster.start_daemon()
    complete(cluster, hub, "orphan.csv")
    cluster.drop("next.csv", film_list(5, first=3300))
    complete(cluster, hub, "next.csv")
    assert [one.status for one in runs(hub, "orphan.csv")] == [STATES.SUCCESS]


def test_a_terminated_run_is_cancelled_on_whichever_machine_it_is(cluster, hub):
    cluster.tmdb.latency = 1.0
    cluster.drop("stop.csv", film_list(200, first=3400))
    run = at_work(cluster, hub, "stop.csv")["stop.csv"]
    assert hub.run_coordinator.cancel_run(run.run_id)
    cluster.wait_until(
        lambda: hub.get_run_by_id(run.run_id).status == STATES.CANCELED, what="cancelled"
    )
    cluster.tmdb.latency = 0.0
    assert cluster.statuses()["stop.csv"].status == "cancelled"
    assert "The run was cancelled" in cluster.statuses()["stop.csv"].message
    assert len(runs(hub, "stop.csv")) == 1, "it is not repeated"


def test_a_run_is_cancelled_at_once_if_its_machine_is_gone(cluster, hub):
    cluster.tmdb.latency = 1.0
    cluster.drop("gone.csv", film_list(200, first=3600))
    run = at_work(cluster, hub, "gone.csv")["gone.csv"]
    cluster.kill_daemon()
    cluster.machines[host(run)].cut_power()
    cluster.tmdb.latency = 0.0
    cluster.wait_until(
        lambda: cluster.statuses()["gone.csv"].status == "failed", what="known to be dead"
    )
    assert hub.run_coordinator.cancel_run(run.run_id)
    assert hub.get_run_by_id(run.run_id).status == STATES.CANCELED
    assert cluster.statuses()["gone.csv"].status == "cancelled"
    cluster.start_daemon()


def test_a_run_that_the_broker_delivers_again_does_nothing(cluster, hub):
    cluster.tmdb.latency = 0.5
    cluster.drop("twice.csv", film_list(60, first=3900))
    run = at_work(cluster, hub, "twice.csv")["twice.csv"]

    def deliver() -> int:
        celery = hub.run_launcher.celery
        celery.send_task(
            TASK_EXECUTE_JOB_NAME,
            [run.run_id],
            task_id=run.run_id,
            queue="dagster",
            ignore_result=True,
        )
        return ignored() + 1

    def ignored() -> int:
        logs = "".join(cluster.log_of(name).read_text() for name in cluster.machines)
        return logs.count(f"run {run.run_id} was delivered again")

    number = deliver()
    cluster.wait_until(lambda: ignored() >= number, what="ignored while it is at work")
    cluster.tmdb.latency = 0.0
    complete(cluster, hub, "twice.csv")
    number = deliver()
    cluster.wait_until(lambda: ignored() >= number, what="ignored when it is done")
    assert [one.status for one in runs(hub, "twice.csv")] == [STATES.SUCCESS]
    assert len(events(hub, run, dg.DagsterEventType.RUN_START)) == 1
    assert cluster.incomplete({"twice.csv": 60}) == []


def test_a_key_corrected_on_the_workers_is_noticed_on_the_hub(cluster, hub):
    files = [cluster.of(name) / ".env" for name in cluster.machines]
    right = files[0].read_text()
    for file in files:
        file.write_text("TMDB_API_TOKEN=a-token-that-is-refused\n")
    cluster.drop("refused.csv", film_list(5, first=4100))
    cluster.wait_until(
        lambda: (one := cluster.statuses().get("refused.csv")) and one.status == "failed",
        what="refused",
    )
    assert "refuse" in cluster.statuses()["refused.csv"].message
    for file in files:
        file.write_text(right)
    complete(cluster, hub, "refused.csv")


def test_a_forgotten_upload_is_in_no_store_and_no_log(cluster, hub):
    cluster.drop("secret-list.csv", film_list(5, first=4000))
    complete(cluster, hub, "secret-list.csv")
    assert cluster.database.holds("secret-list")
    ours(cluster, "forget", "secret-list.csv")
    assert "secret-list.csv" not in cluster.statuses()
    address = cluster.environment["MOVIE_PIPELINE_STATE"]
    with redis.Redis.from_url(address) as admin:
        kept = [str((key, admin.dump(key))) for key in admin.scan_iter()]
    assert not [one for one in kept if "secret-list" in one]
    # A tick that was looking meanwhile has noted that the file is gone; the next one drops that.
    noted = cluster.data / "arrivals.json"
    cluster.wait_until(lambda: b"secret-list" not in noted.read_bytes(), what="forgotten by ticks")
    cluster.kill_daemon()  # a quiet hour
    cluster.wait_until(lambda: "scrub again" not in ours(cluster, "scrub"), what="scrubbed")
    assert cluster.database.holds("secret-list") == []
    assert not [
        path
        for folder in (cluster.data, *map(cluster.of, cluster.machines))
        for path in folder.rglob("*")
        if path.is_file() and b"secret-list" in path.read_bytes()
    ]
    cluster.start_daemon()


def test_no_secret_is_in_a_log_or_on_a_command_line(cluster, hub):
    secrets = [one.encode() for one in ("s3cret", "a-token-of-the-soak")]
    lines = [b" ".join(map(os.fsencode, one.cmdline())) for one in cluster.processes()]
    lines += [cluster.log_of(name).read_bytes() for name in cluster.machines]
    lines += [cluster.log.read_bytes()]
    assert len(lines) > 6
    assert not [line for line in lines for one in secrets if one in line]
