"""The one way for text into Dagster's UI, on which outside text is always escaped."""

import ast
from collections.abc import Iterator
from datetime import date

import pytest

from movie_pipeline.analytics.next import Reason, Waiting
from movie_pipeline.charts.lists import to_see
from movie_pipeline.charts.markdown import (
    Markdown,
    block,
    bullets,
    code,
    image,
    link,
    md,
    row,
    text,
)
from movie_pipeline.defs.metadata import described, failure, shown
from movie_pipeline_tests.conftest import ROOT
from movie_pipeline_tests.hostile import TEXTS, strangers

DESCRIBED = {
    *("AssetCheckResult", "AssetCheckEvaluation", "AssetMaterialization", "AssetObservation"),
    *("MaterializeResult", "ObserveResult", "Output", "ExpectationResult"),
}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call in the package: its module, the name called, and the call."""
    for path in sorted((ROOT / "movie_pipeline").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                yield str(path.relative_to(ROOT / "movie_pipeline")), name, node


def literal(node: ast.expr | None) -> bool:
    """Whether it is a literal text, or a choice between two."""
    if isinstance(node, ast.IfExp):
        return literal(node.body) and literal(node.orelse)
    return node is None or isinstance(node, ast.Constant)


def safe(node: ast.expr | None) -> bool:
    """Whether it is a literal or made by `described`."""
    if isinstance(node, ast.IfExp):
        return safe(node.body) and safe(node.orelse)
    return literal(node) or (isinstance(node, ast.Call) and ast.unparse(node.func) == "described")


def test_markdown_reaches_dagster_through_one_module():
    modules = {
        module
        for module, name, _ in calls()
        if name.endswith((".md", "MarkdownMetadataValue", "add_output_metadata"))
    }
    assert modules == {"defs/metadata.py"}


def test_markup_is_a_literal():
    """An f-string, a name or a concatenation could contain outside text."""
    for module, name, call in calls():
        if module != "charts/markdown.py" and name in ("md", "Markdown", "markdown.md"):
            assert literal(next(iter(call.args), None)), f"{module}, line {call.lineno}"


def test_a_description_is_a_literal_or_comes_from_markdown():
    for module, name, call in calls():
        if name.split(".")[-1] in DESCRIBED:
            said = next((one.value for one in call.keywords if one.arg == "description"), None)
            assert safe(said), f"{module}, line {call.lineno}"


def test_failures_with_outside_text_are_made_where_it_is_cleaned():
    for module, name, call in calls():
        if module != "defs/metadata.py" and name == "dg.Failure":
            assert literal(call.args[0]), f"{module}, line {call.lineno}"


def test_plain_text_is_refused_as_markdown():
    for make in (shown, described):
        with pytest.raises(TypeError, match="escapes"):
            make("![x](/y)")  # type: ignore[arg-type]
    assert shown(md("**a**")).value == "**a**"
    assert type(described(md("a"))) is str


def test_numbers_dates_and_markdown_are_inserted_unchanged_and_text_is_escaped():
    assert md("{:,} {:.0%} {:+.1f}", 1234, 0.5, -2.0) == "1,234 50% -2.0"
    assert md("{:%Y-%m-%d}", date(2024, 1, 2)) == "2024-01-02"
    assert md("**{}** {name}", md("`a`"), name="[x](y)") == r"**`a`** \[x\]\(y\)"
    assert md("{!r} {:>4} {}", "*", "*", ["<b>"]) == r"\'\*\' \* \[\'\<b\>\'\]"


def test_joined_or_added_text_is_escaped_unless_it_is_markdown():
    assert md(", ").join(["a*", md("*b*")]) == r"a\*, *b*"
    assert md("*a*") + "*b*" == r"*a*\*b\*"
    assert isinstance(md("a") + "b", Markdown)
    assert not isinstance("a" + md("b"), Markdown)
    assert not isinstance(md("a")[:1], Markdown)


def test_links_lead_only_to_tmdb_and_can_not_be_ended_early():
    assert link("a]b", "https://www.themoviedb.org/movie/1") == (
        r"[a\]b](https://www.themoviedb.org/movie/1)"
    )
    for address in (
        *("http://e.example", "/graphql", "https://www.themoviedb.org.e.example/"),
        *("https://www.themoviedb.org/a b", "https://www.themoviedb.org/a)![x](y"),
    ):
        with pytest.raises(ValueError, match="is not below"):
            link("a", address)


@pytest.mark.parametrize("raw", TEXTS)
def test_hostile_text_stays_literal(raw):
    """Even without the backslashes, as the UI reads it when it looks for addresses."""
    for said in (
        text(raw),
        code(raw),
        row(raw, code(raw)),
        bullets([raw]),
        block(raw),
        image("", raw),
    ):
        assert strangers(f"{said}\n") == []
    assert not {"\x1b", "\u202e", "\x9b", "\n", "\r", "\u2028"} & set(text(raw))


def test_the_markdown_parser_of_these_tests_finds_what_the_ui_would_show():
    """Otherwise they would prove nothing."""
    for raw in (
        "![x](/y)",
        "[x](/y)",
        "<b>",
        "&#104;ttp://e.example",
        "a\\@e.example",
        "www\\.e.example",
    ):
        assert strangers(raw) != []
    assert strangers("[x](https://www.themoviedb.org/movie/1) `http://e.example`") == []


def test_a_list_is_cut_and_says_how_many_more_items_there_are():
    assert bullets([]) == "none"
    assert bullets(["a"] * 52).splitlines()[-1] == "- *and 2 more*"
    assert len(bullets(["![" * 500] * 20_000)) < 50 * 500


def test_a_command_can_be_copied_verbatim():
    assert code("movie-pipeline enrich 'me@e.example.csv'") == (
        "`movie-pipeline enrich 'me@e.example.csv'`"
    )
    assert code("a|b") == r"a\|b"
    assert code("") == ""


def test_a_fence_is_longer_than_any_fence_inside():
    assert block("a\n````\nb", "csv") == "`````csv\na\n````\nb\n`````"


def test_a_failure_is_one_line():
    made = failure("a\x1b[31m\n\u202eb " + "x" * 9000)
    assert made.description.startswith("a [31m b xxx")
    assert len(made.description) == 4_000
    assert (made.allow_retries, failure("a", retry=True).allow_retries) == (False, True)


def test_what_to_see_next_is_a_table_in_which_titles_stay_text() -> None:
    reason = Reason("director", 0.3, ("By ", "[x](y)", ", whose three films you rate 4.5"))
    common = {"upload": "a.csv", "released": 1999, "genres": (), "franchise": None}
    films = [
        Waiting(
            n,
            row_number=n,
            title="a|b",
            runtime_minutes=90,
            place=n,
            reasons=(),
            told=(reason,),
            **common,
        )
        for n in range(1, 23)
    ]
    lines = to_see(films).splitlines()
    assert lines[2] == (
        r"| 1 | [a\|b](https://www.themoviedb.org/movie/1) | 1999 | 90 |"
        r" By \[x\]\(y\)\, whose three films you rate 4\.5 |"
    )
    assert len(lines) == 2 + 20 + 2
    assert lines[-1].startswith("2 more")
    assert to_see([]) == "Nothing is on the watchlist."
