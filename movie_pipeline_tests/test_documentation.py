"""The documentation: every page is found, and everything it names is there.

README, docs/, CONTRIBUTING.md and data/README.md are read as text. Their commands are run by
`test_project`, the recipes by `test_recipes`, the workflow for GitHub Actions by
`test_workflow_file`.
"""

import ast
import importlib
import re
import shlex
from functools import cache
from pathlib import Path

import click
import dagster as dg
import pytest
import yaml

from movie_pipeline.commands.cli import main
from movie_pipeline.definitions import defs
from movie_pipeline.overrides.file import Overrides, OverridesError
from movie_pipeline.people import club
from movie_pipeline.settings import DEV
from movie_pipeline_tests.conftest import ROOT
from movie_pipeline_tests.counting import prepared
from movie_pipeline_tests.films import films
from movie_pipeline_tests.test_rooms import FOUNDATION, GROUND, ROOMS, SHIMS

DOCS = ROOT / "docs"
READING_ORDER = (
    "README.md",
    "docs/install.md",
    "docs/your-films.md",
    "docs/overrides.md",
    "docs/counts.md",
    "docs/people.md",
    "docs/dagster-ui.md",
    "docs/ci.md",
    "docs/forgetting.md",
    "docs/settings.md",
    "docs/many-machines.md",
    "docs/troubleshooting.md",
    "docs/how-it-works.md",
    "docs/recipes.md",
    "docs/upgrading-dagster.md",
)
"""Every page whose commands are run, in an order in which they work."""

PAGES = (*READING_ORDER, "CONTRIBUTING.md", "data/README.md")
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HOUSE = {*ROOMS, *FOUNDATION, *GROUND, *SHIMS, "definitions"}


def blocks(page: str, kind: str) -> list[str]:
    """The texts of a page's code blocks of one kind."""
    return [text for language, text in _BLOCK.findall(TEXTS[page]) if language == kind]


def commands(page: str) -> list[str]:
    """Every command in the page's shell blocks, exactly as printed, in order."""
    return [line for block in blocks(page, "sh") for line in block.strip().splitlines()]


def inline(page: str) -> list[str]:
    """What the page's prose sets in code type."""
    return _CODE.findall(_BLOCK.sub("", TEXTS[page]))


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def test_every_page_in_docs_is_tested_here():
    assert {str(path.relative_to(ROOT)) for path in DOCS.glob("*.md")} == {
        page for page in READING_ORDER if page.startswith("docs/")
    }


def test_the_site_has_every_page():
    """`make docs` refuses a page that its menu lacks; this is sooner known."""
    menu = (DOCS / "mkdocs.yml").read_text().split("\nnav:")[1]
    assert set(re.findall(r"[\w./-]+\.md", menu)) == {*PAGES, "CHANGELOG.md", "sample.md"}


def test_the_readme_is_a_screenful_and_a_half_and_leads_to_every_page():
    assert len(TEXTS["README.md"].splitlines()) <= 110
    assert len(TEXTS["README.md"].split()) <= 750
    linked = {target.partition("#")[0] for target in _LINK.findall(TEXTS["README.md"])}
    assert {page for page in PAGES if page not in {"README.md", "data/README.md"}} <= linked


@pytest.mark.parametrize("page", [page for page in PAGES if page != "README.md"])
def test_a_page_begins_with_one_sentence_that_says_what_it_answers(page):
    title, sentence, *_ = TEXTS[page].split("\n\n")
    assert title.startswith("# ")
    assert re.fullmatch(r"[A-Z][^.]*?(\.\w[^.]*?)*\.", sentence.replace("\n", " "))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_within_the_repository_leads_somewhere(page):
    for target in _LINK.findall(_CODE.sub("", TEXTS[page])):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", PAGES)
def test_no_code_block_goes_untested(page):
    """A kind that no test knows would be printed without ever having been run."""
    known = {"sh", "text", "yaml", "csv"} | ({"python", "diff"} if "recipes" in page else set())
    assert {language for language, _ in _BLOCK.findall(TEXTS[page])} <= known


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_and_command_that_is_named_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for text in (*inline(page), *commands(page)):
        line = text.removeprefix(".venv/bin/").partition(" >> ")[0]
        if line.startswith("make "):
            assert line.split()[1] in targets, text
        elif line.startswith("movie-pipeline "):
            _parse(shlex.split(line)[1:])


def _parse(arguments: list[str]) -> None:
    """Parse a command line of `movie-pipeline` without running it."""
    command = main.commands[arguments[0]]
    try:
        # A command that is only named ("movie-pipeline enrich") lacks its argument.
        command.make_context(arguments[0], arguments[1:], resilient_parsing=len(arguments) == 1)
    except click.UsageError as error:
        raise AssertionError(f"{shlex.join(arguments)}: {error.format_message()}") from error


_RECONFIGURED = {"enriched__movies": "enrich_upload", "forget": "forget_upload"}


@pytest.mark.parametrize("page", PAGES)
def test_every_run_configuration_is_one_that_its_job_accepts(page):
    given = [*blocks(page, "yaml"), *(text for text in inline(page) if text.startswith("ops:"))]
    for text in given:
        config = yaml.safe_load(text)
        (step,) = config["ops"]
        dg.validate_run_config(defs.resolve_job_def(_RECONFIGURED.get(step, "explore")), config)


def test_the_example_of_the_overrides_is_understood(tmp_path):
    (example,) = blocks("docs/overrides.md", "csv")
    path = tmp_path / "overrides.csv"
    path.write_text(example)
    overrides = Overrides.load(path)
    assert overrides.of("a.csv", {"title": "Alien", "year": 1979}).tmdb_id == 348
    assert overrides.of("a.csv", {"title": "Matrix, The", "year": 1999}).tmdb_id == 603
    assert overrides.of("a.csv", {"title": "Our Wedding Video", "year": 2011}).tmdb_id is None


def test_the_example_of_the_club_is_understood(tmp_path):
    (example,) = blocks("docs/people.md", "csv")
    path = tmp_path / "club.csv"
    path.write_text(example)
    assert club.members(path) == ["alice", "ada"]


def test_every_query_in_the_table_of_counts_gives_a_number():
    queries = re.findall(r"`(SELECT [^`]+)`", TEXTS["docs/counts.md"])
    assert len(queries) == 15
    with prepared(films(60)) as connection:
        connection.execute("UPDATE analytics.summary SET upload = 'mine.csv'")
        connection.execute("UPDATE analytics.breakdowns SET upload = 'mine.csv'")
        for query in queries:
            assert connection.execute(query).fetchall(), query


def test_every_setting_is_in_docs_and_nothing_else():
    source = (ROOT / "movie_pipeline" / "settings.py").read_text()
    known = set(re.findall(r'"((?:TMDB|MOVIE_PIPELINE)_[A-Z_]+)"', source))
    table = "".join(re.findall(r"^\|.*\n", TEXTS["docs/settings.md"], re.MULTILINE))
    assert set(re.findall(r"`((?:TMDB|MOVIE_PIPELINE)_[A-Z_]+)`", table)) == known


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_that_is_named_is_a_setting(page):
    named = re.findall(r"\b(?:TMDB|MOVIE_PIPELINE)_[A-Z_]+\b", TEXTS[page])
    assert all(f"`{name}`" in TEXTS["docs/settings.md"] for name in named)


@pytest.mark.parametrize("page", PAGES)
def test_every_asset_job_and_check_that_is_named_exists(page):
    graph = defs.resolve_asset_graph()
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    layers = "|".join({key.partition("/")[0] for key in keys})
    # The recipes make an asset of their own, and data/dashboard/ is a folder.
    own = {"dashboard/acclaim"} if page == "docs/recipes.md" else set()
    for text in inline(page):
        if re.fullmatch(rf"({layers})/[a-z_]+", text):
            assert text in keys | own, text
    checks = {key.name for key in graph.asset_check_keys}
    names = {job.name for job in defs.jobs} | {one.name for one in (*defs.sensors, *defs.schedules)}
    for text in inline(page):
        if re.fullmatch(r"no_\w+|\w+_(upload|stale|weekly|sensor|failed)", text):
            assert text in checks | names, text


# Names of the code --------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page):
    for text in inline(page):
        if re.fullmatch(r"(?:\.?[\w-]+/)+[\w.-]+\.(?:py|md|yml|json)|[\w-]+\.(?:toml|yaml)", text):
            places = (ROOT, (ROOT / page).parent, ROOT / "movie_pipeline_tests")
            # A run makes files in data/, and a recipe makes the files above its blocks.
            made = text.startswith("data/") or f"`{text}`\n\n```python" in TEXTS[page]
            assert made or any((place / text).exists() for place in places), text


@pytest.mark.parametrize(
    "page", ["docs/how-it-works.md", "docs/upgrading-dagster.md", "CONTRIBUTING.md"]
)
def test_every_module_that_is_named_is_there(page):
    """As `status.store`, or with a name from the module after it."""
    for text in inline(page):
        if text.partition(".")[0] not in _HOUSE or not re.fullmatch(r"\w+(\.\w+)*", text):
            continue
        module, found = "movie_pipeline", importlib.import_module("movie_pipeline")
        for part in text.split("."):
            module = f"{module}.{part}"
            try:
                found = importlib.import_module(module)
            except ModuleNotFoundError:
                found = getattr(found, part)


def test_the_rooms_are_shown_from_top_to_bottom():
    section = TEXTS["docs/how-it-works.md"].split("## The rooms")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section, re.MULTILINE)
    shown = [tuple(_CODE.findall(row)) for row in rows]
    ground = shown.pop(-2)
    assert shown == [(name,) for name in ("definitions", *ROOMS, *FOUNDATION)]
    assert set(ground) == GROUND
    assert all(f"`{name}`" in section for name in SHIMS)


def test_the_tests_that_a_new_dagster_may_break_are_there():
    named = set(re.findall(r"`(test_\w+)`", TEXTS["docs/upgrading-dagster.md"]))
    source = (ROOT / "movie_pipeline_tests" / "test_rooms.py").read_text()
    assert named
    assert all(f"def {name}(" in source for name in named)


def test_the_modules_with_dagsters_private_parts_are_the_ones_that_are_named():
    private = {
        ".".join(path.relative_to(ROOT / "movie_pipeline").with_suffix("").parts)
        for path in (ROOT / "movie_pipeline").rglob("*.py")
        if re.search(r"^\s*(?:from|import) dagster\._", path.read_text(), re.MULTILINE)
    }
    table = TEXTS["docs/upgrading-dagster.md"]
    assert {f"`{name}`" for name in private if not name.startswith("forgetting.")} <= set(
        re.findall(r"`[\w.]+`", table)
    )
    assert any(name.startswith("forgetting.") for name in private)


# Messages -----------------------------------------------------------------------------------


@cache
def said() -> list[str]:
    """Every text in the code that may be a message; a gap is where something is put in."""
    texts = []
    for path in (ROOT / "movie_pipeline").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                texts.append("".join(map(_shown, node.values)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return texts


def _shown(part: ast.expr) -> str:
    """A part of an f-string, as someone in a clone sees it."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    return DEV if ast.unparse(part.value) == "DEV" else "…"


def messages() -> list[str]:
    """What the tables of docs/troubleshooting.md quote."""
    _, *tables = TEXTS["docs/troubleshooting.md"].split("| message | what to do |\n| --- | --- |\n")
    return [
        row.split(" | ")[0].removeprefix("| ").removesuffix(" (in the browser)")
        for table in tables
        for row in table.partition("\n\n")[0].splitlines()
    ]


@pytest.mark.parametrize("message", messages())
def test_every_message_in_troubleshooting_is_one_that_the_code_prints(
    message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "overrides.csv").write_text("title,year,tmdb_id\nHeat,1995,949\nA,1,12x\n")
    with pytest.raises(OverridesError) as error:
        Overrides.load(Path("data/overrides.csv"))
    texts = [*said(), str(error.value)]
    for fragment in filter(None, (part.strip(" :;()") for part in message.split("…"))):
        assert any(fragment in text for text in texts), fragment
