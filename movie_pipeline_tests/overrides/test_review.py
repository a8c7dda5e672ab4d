"""The review: which rows need a decision, and lines that match exactly the row they were written
for."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from movie_pipeline.charts.markdown import INLINE
from movie_pipeline.overrides.file import Override, Overrides
from movie_pipeline.overrides.review import LEAST_SURE, MOST_BYTES, review
from movie_pipeline.overrides.rules import identity
from movie_pipeline_tests.profiles import examples

COLUMNS = (
    "title", "year", "match_status", "match_method", "match_score", "match_candidates", "tmdb_id",
    "tmdb_title", "error", "letterboxd_uri", "imdb_id", "answered_by",
)  # fmt: skip


def candidate(tmdb_id, title, year=1999, score=0.5):
    return {"tmdb_id": tmdb_id, "title": title, "year": year, "score": score}


def row(title, status="not_found", *candidates, year=1999, **changes):
    method = {"not_found": "none", "matched": "title_year", "ambiguous": "title_year"}.get(status)
    match = candidates[0] if status == "matched" else {}
    return {
        "title": title,
        "year": year,
        "match_status": status,
        "match_method": method,
        "match_score": candidates[0]["score"] if candidates else None,
        "match_candidates": np.array(candidates, dtype=object) if candidates else None,
        "tmdb_id": match.get("tmdb_id"),
        "tmdb_title": match.get("title"),
    } | changes


def films(*rows):
    """The rows as DuckDB returns them."""
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    for name in ("year", "tmdb_id", "match_score"):
        frame[name] = pd.to_numeric(frame[name])
    return frame


def blocks(markdown):
    """The contents of the fenced blocks, without the first, which is the file's header."""
    first, *others = re.findall(r"^```csv\n(.*?)\n```$", markdown, re.DOTALL | re.MULTILINE)
    assert first == "title,year,tmdb_id"
    return others


def test_an_ambiguous_row_has_a_link_and_a_line_for_each_candidate():
    """Each in its own block: copying without reading must not decide anything."""
    both = (candidate(348, "Alien", 1979, 0.6), candidate(8077, "Alien³", 1992, 0.4))
    shown = review(films(row("Alien", "ambiguous", *both, year=1979)))
    markdown = shown.markdown()
    assert blocks(markdown) == ["Alien,1979,348", "Alien,1979,8077"]
    assert r"[Alien \(1979\)](https://www.themoviedb.org/movie/348) · 60 \%" in markdown
    assert "https://www.themoviedb.org/movie/8077" in markdown
    assert shown.numbers() == {"ambiguous": 1, "least_sure": 0, "not_found": 0}


def test_a_row_not_found_has_a_link_to_the_search_and_a_line_to_ignore_it():
    markdown = review(films(row("Was ist (dort) & hier?", year=None))).markdown()
    assert blocks(markdown) == ['"Was ist (dort) & hier?",,ignore']
    assert "(https://www.themoviedb.org/search/movie?query=Was%20ist%20%28dort%29%20%26" in markdown


def test_films_that_only_the_sample_catalogue_lacks_are_not_proposed_to_be_ignored():
    """TMDB may have them: what is to be done is to set a key."""
    lacking = [row(title, answered_by="sample") for title in ("Heat", "Alien")]
    both = (candidate(348, "Alien", 1979, 0.6), candidate(8077, "Alien³", 1992, 0.4))
    shown = review(films(*lacking, row("Alien", "ambiguous", *both, answered_by="sample")))
    assert shown.numbers() == {"ambiguous": 1, "least_sure": 0, "not_found": 2}
    advice = "To search TMDB for them, set TMDB_API_TOKEN and run the upload again."
    lines = [*shown.csv()]
    assert lines[-1] == f"# 2 more films are not in the sample catalogue. {advice}"
    markdown = shown.markdown()
    assert r"set TMDB\_API\_TOKEN and run" in markdown
    assert "### Heat" in markdown
    assert "1 film needs your decision" in markdown
    assert "Not in the sample catalogue: 2." in markdown
    assert "No film needs your decision yet." in review(films(*lacking)).markdown()
    for text in ("\n".join(lines), markdown):
        assert "ignore" not in text
    written = "\n".join(lines)
    assert len(Overrides.lines_of(written)) == 1, "the sentence is no line of the overrides"


def test_a_row_ignored_by_an_override_needs_no_decision():
    shown = review(films(row("Home Video", match_method="override")))
    assert shown.numbers() == {"ambiguous": 0, "least_sure": 0, "not_found": 0}
    assert "No film needs your decision" in shown.markdown()
    assert "No film needs your decision" in shown.summary()


def test_an_override_with_an_unknown_film_shows_what_is_wrong_and_no_other_line():
    wrong = "there is no film 5: correct line 3 of overrides.csv"
    shown = review(films(row("Heat", match_method="override", error=wrong)))
    assert "no film 5\\: correct line 3" in shown.markdown()
    assert blocks(shown.markdown()) == []
    assert wrong in list(shown.csv())[2]


def test_the_matches_with_the_lowest_scores_are_shown_but_no_certain_ones():
    rows = [row(f"F{n}", "matched", candidate(n, f"F{n}", score=n / 100)) for n in range(1, 60)]
    rows += [
        row("Sure", "matched", candidate(99, "Sure", score=0.0), match_method=method)
        for method in ("override", "tmdb_id", "imdb_id")
    ]
    shown = review(films(*reversed(rows), row("Series", "not_a_movie"), row("Down", "error")))
    assert [one.title for one in shown.doubts["matched"]] == [
        f"F{n}" for n in range(1, LEAST_SURE + 1)
    ]
    assert "No film needs your decision" in shown.summary(), "they may well be right"
    assert len(blocks(shown.markdown())) == LEAST_SURE
    assert f"Left out: {59 - LEAST_SURE} more matches by title" in shown.markdown()


def test_a_certainty_is_never_rounded_to_certain_or_impossible():
    both = (candidate(1, "Heat", score=0.9972), candidate(2, "Heat", score=0.0028))
    markdown = review(films(row("Heat", "matched", *both, tmdb_id=1))).markdown()
    assert "movie/1) · over 99 \\%" in markdown
    assert "movie/2) · under 1 \\%" in markdown


def test_the_match_comes_first_and_can_be_confirmed_or_changed():
    others = (candidate(2, "Other", score=0.9), candidate(1, "Match", score=0.8))
    shown = review(films(row("Match", "matched", *others, tmdb_id=1)))
    assert blocks(shown.markdown()) == ["Match,1999,1", "Match,1999,2"]


def test_a_match_that_is_not_among_its_candidates_is_shown_anyway():
    one = row("Match", "matched", candidate(2, "Other"), tmdb_id=1, tmdb_title="Match")
    assert blocks(review(films(one)).markdown()) == ["Match,1999,1", "Match,1999,2"]


def test_films_with_the_same_title_and_year_get_an_id_and_their_own_header():
    """Only these: other lines stay readable without an id."""
    shown = review(
        films(
            row("Heat", letterboxd_uri="https://boxd.it/1", imdb_id="tt0000001"),
            row("HEAT!", imdb_id="tt0000002"),
            row("Heat", year=2000, letterboxd_uri="https://boxd.it/3"),
        )
    )
    assert blocks(shown.markdown()) == [
        "title,year,tmdb_id,letterboxd_uri\nHeat,1999,ignore,https://boxd.it/1",
        "title,year,tmdb_id,imdb_id\nHEAT!,1999,ignore,tt0000002",
        "Heat,2000,ignore",
    ]


@pytest.mark.parametrize(
    "title",
    [
        "<script>alert(1)</script>",
        "[a](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "# Heading",
        "```\nend of fence",
        "a | b | c",
        "https://evil.example",
        "**bold** _it_ `code`",
    ],
)
def test_a_title_is_text_and_never_markup(title):
    """Fenced text is code; outside a fence no character of a title may act as markup."""
    odd = candidate(1, title)
    shown = review(films(row(title, "ambiguous", odd), row(title)))
    named = re.findall(
        r"^(?:### |- |\[).*$", f"{shown.markdown()}\n{shown.summary()}", re.MULTILINE
    )
    assert len(named) == 2 + 2 + 2, "a heading and a link for each row, and its line inline"
    for line in named:
        links = re.findall(r"(?<!\\)\]\((\S*?)\)", line)
        assert all(link.startswith("https://www.themoviedb.org/") for link in links)
        for mark in "<`!*_|":
            assert not re.search(rf"(?<!\\)\{mark}", re.sub(r"\]\(\S*\)", "", line)), mark
    assert all(len(block.split("\n")) == 1 for block in blocks(shown.markdown()))


def test_a_notice_comes_first():
    shown = review(films(row("Heat")))
    assert shown.markdown(notice="the sample").startswith("> ⚠️ **the sample**")
    assert shown.summary(notice="the sample").startswith("**the sample**")
    assert "the sample" in review(films()).markdown(notice="the sample")


def test_a_long_review_is_cut_with_a_sentence_that_counts_the_remaining_rows():
    many = [row("永" * 300 + str(number)) for number in range(2000)]
    shown = review(films(*many, row("A", "ambiguous", candidate(1, "A"))))
    markdown = shown.markdown(notice="n" * 500)
    assert 0.9 * MOST_BYTES < len(markdown.encode()) <= MOST_BYTES
    (more,) = re.findall(r"\*\*([\d,]+) more rows\*\*", markdown)
    assert int(more.replace(",", "")) + len(blocks(markdown)) == 2001
    assert shown.numbers()["not_found"] == 2000


@pytest.mark.parametrize("number", [0, 1, 5, 500])
@pytest.mark.parametrize("title", ["Heat", "永" * 1000, "[" * 1000])
def test_the_short_form_shows_inline(number, title):
    odd = [candidate(n, title) for n in range(3)]
    shown = review(films(*(row(f"{n} {title}", "ambiguous", *odd) for n in range(number))))
    for notice in (None, "!" * 300):
        summary = shown.summary(notice=notice)
        assert len(summary) < INLINE
        assert ("need" in summary) and (not number or f"{number} film" in summary)


def test_an_empty_upload_needs_no_decision():
    assert "No film needs your decision" in review(films()).markdown()


def test_on_the_command_line_no_line_takes_effect_until_it_is_uncommented(tmp_path):
    shown = review(
        films(
            row(
                "Alien",
                "ambiguous",
                candidate(348, "Alien", 1979, 0.6),
                candidate(2, 'A "B"', None),
            ),
            row("Heat, and more", letterboxd_uri="https://boxd.it/1"),
            row("heat and more", imdb_id="tt0000001"),
        )
    )
    lines = list(shown.csv())[1:]
    assert lines[0] == "title,year,tmdb_id,letterboxd_uri,imdb_id,note"
    assert lines[1] == ('#Alien,1999,348,,,"ambiguous: 348 Alien (1979) 60 %; 2 A ""B"" 50 %"')
    path = tmp_path / "overrides.csv"
    path.write_text("tmdb_id;title;year\n1;Jaws;1975\n" + "\n".join(lines) + "\n")
    assert len(Overrides.load(path).rules) == 1
    decided = [line.removeprefix("#") for line in lines]
    path.write_text("tmdb_id;title;year\n1;Jaws;1975\n" + "\n".join(decided) + "\n")
    overrides = Overrides.load(path)
    assert len(overrides.rules) == 4
    assert overrides.of("a", {"title": "Alien", "year": 1999}) == Override(348, 4)
    ids = {"title": "Heat and More", "year": 1999, "imdb_id": "tt0000001"}
    assert overrides.of("a", ids) == Override(None, 6)


# As in raw.movies: printable, without lone surrogates.
TITLES = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
    | st.text(alphabet="ab \"',;#=+-@<>\t\n|\\\u2028:1!", min_size=1)
    | st.sampled_from(
        ["#Alive", "+1", "=SUM(A1)", "@", "'#x", "<<<<<<< x", "Matrix, The", "the matrix", '"']
    )
    | st.permutations(["title", "TMDBID", "x"]).flatmap(  # the column names
        lambda names: st.sampled_from(",;\t|").map(lambda separator: separator.join(names))
    )
).filter(lambda title: identity("", {"title": title})[-2])
ROWS = st.tuples(TITLES, st.none() | st.integers(1870, 2099), st.booleans(), st.booleans())


def saved_by_excel(content):
    """Semicolons, and quotes only where they are required."""
    saved = io.StringIO()
    csv.writer(saved, delimiter=";").writerows(csv.reader(content.splitlines()))
    return saved.getvalue()


@pytest.mark.slow
@settings(max_examples=examples(300))
@given(st.lists(ROWS, min_size=1, max_size=4), st.booleans(), st.booleans())
@example([("TITLE,TMDBID", None, False, False)], False, False)
@example([("title;tmdb_id;x", None, False, False)], False, False)
def test_a_copied_line_matches_exactly_its_row(drawn, one_year, excel):
    """Whatever the title, except if a row without an id shares its title and year with others."""
    rows = [
        {
            "title": title,
            "year": 1999 if one_year else year,
            "letterboxd_uri": f"https://boxd.it/{number}" if by_uri else None,
            "imdb_id": f"tt{number:07}" if by_imdb else None,
        }
        for number, (title, year, by_uri, by_imdb) in enumerate(drawn, start=1)
    ]
    shown = review(films(*(row(**one) for one in rows)))
    for doubt, own, block in zip(
        shown.doubts["not_found"], rows, blocks(shown.markdown()), strict=True
    ):
        content = block if doubt.by else f"title,year,tmdb_id\n{block}"
        if excel:
            content = f"title;year;tmdb_id\n{saved_by_excel(content)}"
        Path("overrides.csv").write_text(content, encoding="utf-8")
        overrides = Overrides.load(Path("overrides.csv"))  # in the test's own folder
        assert len(overrides.rules) == 1
        has_id = own["letterboxd_uri"] or own["imdb_id"]
        for other in rows:
            same_name = identity("", other)[-2:] == identity("", own)[-2:]
            meant = other is own or (same_name and not has_id)
            assert (overrides.of("a.csv", other) is not None) == meant
