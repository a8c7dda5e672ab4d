"""The files in `deploy/cluster` fit together, and name only what there is."""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from movie_pipeline.commands.cli import main
from movie_pipeline_tests.cluster.units import DEPLOY, UNITS, command

DOCS = Path(__file__).parents[2] / "docs"
ENVIRONMENT = dict(
    line.split("=", 1)
    for line in (DEPLOY / "cluster.env").read_text().splitlines()
    if re.match(r"\w", line)
)


def read(name):
    return yaml.safe_load((DEPLOY / name).read_text())


def test_there_is_a_unit_for_each_part():
    assert set(UNITS) == {"code", "daemon", "web", "worker"}


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_starts_a_command_of_the_extra_as_its_own_user(unit):
    program, *arguments = command(unit)
    assert Path(program).parent == Path("/opt/movie-pipeline/bin")
    assert Path(sys.executable).with_name(Path(program).name).exists()
    for module in re.findall(r"movie_pipeline\.[\w.]+", " ".join(arguments)):
        assert find_spec(module), module
    if Path(program).name == "movie-pipeline":
        name, *rest = arguments
        main.commands[name].make_context(name, rest, resilient_parsing=True)
    text = UNITS[unit].read_text()
    for line in ("User=movie-pipeline", "UMask=0077", "NoNewPrivileges=yes", "Restart=always"):
        assert line in text.splitlines()
    assert f"ReadWritePaths={ENVIRONMENT['MOVIE_PIPELINE_DATA']}" in text.splitlines()


def test_nothing_listens_where_others_can_reach_it():
    assert "127.0.0.1" in command("code")
    assert "--host" not in command("web")
    published = [one.get("ports", []) for one in read("compose.yaml")["services"].values()]
    assert [port for ports in published for port in ports] == ["127.0.0.1:${PORT:-3000}:3000"]


def test_the_workspace_finds_the_code_server():
    server = read("workspace.yaml")["load_from"][0]["grpc_server"]
    words = command("code")
    assert words[words.index("--port") + 1] == str(server["port"])
    assert words[words.index("--location-name") + 1] == server["location_name"]
    for unit in ("daemon", "web"):
        assert command(unit)[-1] == "/etc/movie-pipeline/workspace.yaml"


def test_every_variable_is_documented_and_dagster_finds_those_that_it_reads():
    settings = (DOCS / "settings.md").read_text()
    for name in ENVIRONMENT:
        assert not name.startswith("MOVIE_PIPELINE_") or f"`{name}`" in settings, name
    wanted = re.findall(r"env: (\w+)", (DEPLOY / "dagster.yaml").read_text())
    assert wanted
    assert set(wanted) <= set(ENVIRONMENT)
    assert "TMDB_API_TOKEN" not in ENVIRONMENT  # it is read from .env at each run


def test_the_containers_and_kubernetes_run_the_same_modules():
    for name in ("compose.yaml", "kubernetes-values.yaml"):
        text = (DEPLOY / name).read_text()
        for module in re.findall(r"movie_pipeline(?:\.\w+)+", text):
            assert find_spec(module), module
        assert "Not run by its authors" in text
