"""Runs on two machines: they share the work, outlive each other's deaths, and end when told to."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from movie_pipeline_tests.cluster.cluster import Cluster, running
from movie_pipeline_tests.soak.system import film_list

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.xdist_group("cluster")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Iterator[Cluster]:
    with running(tmp_path_factory.mktemp("cluster"), bundle) as cluster:
        for name in cluster.machines:
            cluster.start_worker(name)
        cluster.start_daemon()
        yield cluster


@pytest.fixture
def instance(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Dagster's instance, as the UI on the hub has it."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(cluster.folder)
    with dg.DagsterInstance.get() as instance:
        yield instance


def test_dropped_files_run_on_both_machines(cluster, instance):
    names = [f"u{one}.csv" for one in range(4)]
    for n, name in enumerate(names):
        cluster.drop(name, film_list(20, first=20 * n))
    cluster.wait_until(lambda: cluster.have_completed(*names), what="all complete")
    assert cluster.incomplete(dict.fromkeys(names, 20)) == []
