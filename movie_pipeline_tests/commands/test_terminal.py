"""The terminal: names and messages are printed, never obeyed."""

import ast
import io
import json
import os

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from movie_pipeline import settings as environment
from movie_pipeline import status as statuses
from movie_pipeline.commands.cli import main
from movie_pipeline.commands.terminal import Terminal
from movie_pipeline.outside import foreign
from movie_pipeline.status.store import Progress
from movie_pipeline_tests.conftest import ROOT
from movie_pipeline_tests.hostile import TEXTS

ACTED_UPON = ("\x1b]", "\x1b[31m", "\x07", "\x9b", "\u202e", "\u2066", "\ufeff")
NAME = "\u202e\x1b[31m\x9b2J\x1b]8;;http://e.example\x07[link=http://e.example]x[/link]\u2066.csv"


def printed(*things: object, live: bool = False) -> str:
    out = io.StringIO()
    console = Terminal(file=out, force_terminal=True, width=200)
    if live:
        with Live(console=console, auto_refresh=False) as shown:
            shown.update(Group(*things), refresh=True)
    else:
        console.print(*things)
    return out.getvalue()


def table(cell: object) -> Table:
    made = Table(title=str(cell), box=None)
    made.add_column(str(cell))
    made.add_row(Group(Text(str(cell), "bold"), str(cell)))
    return made


@pytest.mark.parametrize("live", [False, True])
def test_a_name_can_not_move_the_cursor_or_make_a_link(live):
    for thing in (NAME, Text(NAME, "green"), Group(NAME, ""), table(NAME)):
        out = printed(thing, live=live)
        assert "[link=http://e.example]x[/link]" in out
        assert not [one for one in ACTED_UPON if one in out]


def test_our_own_colours_are_kept():
    assert "\x1b[31ma\x1b[0m" in printed(Text("a", "red"))


def test_the_status_shows_names_and_messages_literally(data):
    (data / "uploads" / "\u202egpj.csv").write_text("Title\nAlien\n")
    (data / "uploads" / "\u2066[bold]x.xlsx").write_text("x")
    settings = environment.load()
    progress = Progress.of(settings)
    progress.begin("a.csv", run_id="1", plan=["raw"])
    progress.fail("a.csv", "1", NAME)
    shown = CliRunner().invoke(main, ["status"], color=True).output
    assert "[bold]x.xlsx: save it as CSV" in shown
    assert not [one for one in ACTED_UPON if one in shown]
    array = CliRunner().invoke(main, ["status", "--json"]).output
    assert json.loads(array) == [row.as_json() for row in statuses.read(settings)]
    assert array.replace("\n", "").isprintable()


def test_an_error_is_printed_without_terminal_control_characters(data, monkeypatch):
    monkeypatch.setenv("MOVIE_PIPELINE_DATA", f"{data}{os.sep}\x1b[31m\u202e")
    said = CliRunner().invoke(main, ["enrich", "a.csv"], color=True)
    assert said.exit_code == 1
    assert "a.csv is not in" in said.output
    assert not [one for one in ACTED_UPON if one in said.output]


def test_commands_print_only_through_the_terminal():
    for path in sorted((ROOT / "movie_pipeline").rglob("*.py")):
        source = ast.parse(path.read_text(encoding="utf-8"))
        names = {ast.unparse(node.func) for node in ast.walk(source) if isinstance(node, ast.Call)}
        own = path.name == "terminal.py"
        assert own or not {"click.echo", "click.secho", "Console", "print"} & names, path


@given(st.text() | st.sampled_from(TEXTS))
def test_a_line_is_a_single_line_within_its_limit_and_cleaning_it_again_changes_nothing(raw):
    line = foreign.line(raw, 50)
    assert len(line) <= 50
    assert len(line.splitlines()) <= 1
    assert foreign.line(line, 50) == line
    assert foreign.safe_to_show(foreign.safe_to_show(raw)) == foreign.safe_to_show(raw)


def test_characters_of_a_script_are_kept_and_control_characters_are_not():
    persian, family = "می\u200cخواهم", "👨\u200d👩\u200d👧"
    assert foreign.line(f" {persian}\t{family}\n七人の侍　é ") == f"{persian} {family} 七人の侍 é"
    assert foreign.line("a\0b\ufffec\ud800d\u202ee\u2028f\u3000g") == "a bcde f g"
    assert foreign.safe_to_show("a\nb\tc\r\x1b[0m") == "a\nb\tc[0m"
