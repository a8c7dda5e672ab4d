"""Overrides: what the lines of the file say, which rows they match, and how errors are reported."""

import codecs
import contextlib
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movie_pipeline.overrides.file import Override, Overrides, OverridesError
from movie_pipeline.overrides.rules import Rule

HEADER = "title,year,tmdb_id\n"
WITH_IDS = "title,year,tmdb_id,letterboxd_uri,imdb_id,upload,note\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "overrides.csv"


def load(path: Path, content: str | bytes) -> Overrides:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Overrides.load(path)


def said(overrides: Overrides, title=None, year=None, *, upload="a.csv", **ids):
    """The film that the overrides assign to a row, "ignore", or None."""
    found = overrides.of(upload, {"title": title, "year": year, **ids})
    return found and (found.tmdb_id or "ignore")


def refused(path: Path, content: str) -> str:
    with pytest.raises(OverridesError) as error:
        load(path, content)
    return str(error.value)


def test_without_a_file_there_are_no_overrides(path):
    assert not Overrides.load(path)
    assert Overrides.load(path).of("a.csv", {"title": "Heat", "year": 1995}) is None


@pytest.mark.parametrize(
    "content", ["", "\n\n", HEADER, "# nothing yet\n", f"# to do\n{HEADER}#x\n"]
)
def test_a_file_without_lines_has_no_overrides(path, content):
    assert not load(path, content)


def test_a_title_and_a_year_identify_the_film(path):
    overrides = load(path, f"{HEADER}Heat,1995,949\n")
    assert overrides.of("a.csv", {"title": "Heat", "year": 1995}) == Override(949, line=2)
    assert said(overrides, "Heat", 1995, upload="b/c.zip") == 949
    for title, year in (("Heat", 1996), ("Heat", None), ("Heat 2", 1995), (None, 1995), ("", None)):
        assert said(overrides, title, year) is None


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("the matrix", "The Matrix"),
        ('"Matrix, The"', "The Matrix"),
        ("The Matrix", "Matrix, The"),
        ("Amelie", "Amélie"),
        ("Ame\u0301lie", "Amélie"),
        ("Spider-Man", "Spiderman"),
        ("WALL·E", "WALL-E"),
        ("Tom &amp; Jerry", "Tom and Jerry"),
        ('"Say ""Hi"""', 'Say "Hi"'),
        ('"[REC]"', "[REC]"),
        ("千と千尋の神隠し", "千と千尋の神隠し"),
        ("…", "…"),
        ("'#Alive", "#Alive"),
        ('"#Alive"', "#Alive"),
        ("'+1", "+1"),
        ("'=", "="),
    ],
)
def test_titles_are_compared_as_in_matching(path, written, title):
    assert said(load(path, f"{HEADER}{written},2001,1\n"), title, 2001) == 1


def test_a_similar_title_of_another_film_does_not_match(path):
    overrides = load(path, f"{HEADER}The Beast,2023,1\n")
    assert said(overrides, "Beast", 2023) is None
    assert said(overrides, "The Beast Within", 2023) is None


@pytest.mark.parametrize("year", [None, float("nan"), pd.NA])
def test_an_empty_year_means_rows_without_a_year(path, year):
    overrides = load(path, f"{HEADER}Heat,,949\n")
    assert said(overrides, "Heat", year) == 949
    assert said(overrides, "Heat", 1995) is None


@pytest.mark.parametrize(
    "target",
    [
        "603",
        "603.0",
        "https://www.themoviedb.org/movie/603-the-matrix",
        "http://themoviedb.org/movie/603",
        "www.themoviedb.org/movie/603-the-matrix?language=de-DE",
        "themoviedb.org/movie/603/cast",
        "HTTPS://WWW.THEMOVIEDB.ORG/movie/603#x",
    ],
)
def test_the_address_of_a_film_on_tmdb_counts_as_its_id(path, target):
    assert said(load(path, f"{HEADER}The Matrix,1999,{target}\n"), "The Matrix", 1999) == 603


@pytest.mark.parametrize("word", ["ignore", "Ignore", "IGNORE"])
def test_ignore_means_no_film(path, word):
    overrides = load(path, f"{HEADER}Heat,1995,{word}\n")
    assert overrides.of("a.csv", {"title": "Heat", "year": 1995}) == Override(None, line=2)


@pytest.mark.parametrize(
    "uri",
    ["https://boxd.it/2aBc", "http://boxd.it/2aBc/", "boxd.it/2aBc", "https://www.BOXD.it/2aBc"],
)
def test_films_with_the_same_title_are_distinguished_by_their_letterboxd_address(path, uri):
    overrides = load(path, f"{WITH_IDS}Heat,1995,949,{uri}\n")
    assert said(overrides, "Heat", 1995, letterboxd_uri="https://boxd.it/2aBc") == 949
    assert said(overrides, "Heat", 1995, letterboxd_uri="https://boxd.it/2abc") is None
    assert said(overrides, "Heat", 1995) is None


def test_an_id_needs_no_title_or_year_but_they_count_if_given(path):
    by_imdb = load(path, f"{WITH_IDS},,949,,tt0113277\n")
    assert said(by_imdb, "Anything", 2020, imdb_id="tt0113277") == 949
    assert said(by_imdb, None, None, imdb_id="tt0113277") == 949
    assert said(by_imdb, "Anything", 2020, imdb_id="tt0113278") is None
    both = load(path, f"{WITH_IDS}Heat,1995,949,,https://www.imdb.com/title/tt0113277/\n")
    assert said(both, "Heat", 1995, imdb_id="tt0113277") == 949
    assert said(both, "Heat", 1996, imdb_id="tt0113277") is None
    assert said(both, "Cold", 1995, imdb_id="tt0113277") is None


def test_a_line_with_an_upload_applies_to_it_only(path):
    overrides = load(path, f"{WITH_IDS}Heat,1995,949,,,alice/é, [1].csv\n".replace(
        "alice/é, [1].csv", '"alice/e\u0301, [1].csv"'))  # fmt: skip
    assert said(overrides, "Heat", 1995, upload="alice/é, [1].csv") == 949
    assert said(overrides, "Heat", 1995, upload="b.csv") is None


def test_the_more_specific_line_wins_wherever_it_is(path):
    lines = [
        "Heat,1995,1\n",
        "Heat,1995,2,https://boxd.it/x\n",
        ",,3,,tt0113277\n",
        "Heat,1995,4,,,mine.csv\n",
        ",,5,https://boxd.it/x,,mine.csv\n",
    ]
    for order in (lines, lines[::-1]):
        overrides = load(path, WITH_IDS + "".join(order))
        boxd = {"letterboxd_uri": "https://boxd.it/x"}
        assert said(overrides, "Heat", 1995) == 1
        assert said(overrides, "Heat", 1995, **boxd) == 2
        assert said(overrides, "Heat", 1995, imdb_id="tt0113277") == 3
        assert said(overrides, "Heat", 1995, upload="mine.csv") == 4
        assert said(overrides, "Heat", 1995, upload="mine.csv", **boxd) == 5


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_a_file_saved_by_excel_is_read(path, encoding, separator):
    text = "Title,YEAR,Tmdb ID,Note\r\nAmélie,2001,194,the French one\r\n,,,\r\n"
    overrides = load(path, text.replace(",", separator).encode(encoding))
    assert overrides.of("a.csv", {"title": "Amélie", "year": 2001}) == Override(194, line=2)
    assert len(overrides.rules) == 1


def test_excels_own_declaration_of_the_separator_is_skipped(path):
    assert said(load(path, "sep=;\ntitle;year;tmdb_id\nHeat;1995;949\n"), "Heat", 1995) == 949


def test_a_second_header_may_have_other_columns_and_another_separator(path):
    """So that the output of `movie-pipeline review` can be appended to any file."""
    overrides = load(
        path,
        "tmdb_id;year;title\n949;1995;Heat\n\ufefftitle,year,tmdb_id,letterboxd_uri\n"
        '"Lock, Stock",1998,100,https://boxd.it/x\nAlien,1979,348\n',
    )
    assert said(overrides, "Heat", 1995) == 949
    assert said(overrides, "Lock, Stock", 1998, letterboxd_uri="boxd.it/x") == 100
    assert overrides.of("a.csv", {"title": "Alien", "year": 1979}) == Override(348, line=5)


def test_a_comment_may_contain_anything(path):
    overrides = load(path, f'# "my\n{HEADER}#"don\'t, 1,2,3,4\nHeat,1995,949\n#Alien,1979,1\n')
    assert overrides.of("a.csv", {"title": "Heat", "year": 1995}) == Override(949, line=4)
    assert len(overrides.rules) == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Heat,1995,12x", "'12x' is not a TMDB id"),
        ("Heat,1995,0", "'0' is not a TMDB id"),
        ("Heat,1995,-5", "'-5' is not a TMDB id"),
        ("Heat,1995,99999999999", "'99999999999' is not a TMDB id"),
        ("Heat,1995,", "no tmdb_id: write one, or ignore"),
        ("Heat,1995", "no tmdb_id: write one, or ignore"),
        ("Heat,1995,https://www.themoviedb.org/tv/1399-x", "is a series: write ignore"),
        ("Heat,1995,https://www.themoviedb.org/collection/1", "is not a TMDB id"),
        ("Heat,1995,https://www.themoviedb.org/movie/99999999999", "is not a TMDB id"),
        ("Heat,1995,https://www.imdb.com/title/tt0113277/", "is not a TMDB id"),
        ("Heat,95,949", "'95' is not a year"),
        ("Heat,1995-12-15,949", "'1995-12-15' is not a year"),
        (",1995,949", "no title, letterboxd_uri or imdb_id to identify the film"),
        (",,949,,0113277", "'0113277' is not an IMDb id, such as tt0133093"),
        (",,949,,nm0000001", "'nm0000001' is not an IMDb id"),
        (",,949,https://example.org/film/heat", "is not a film's Letterboxd address"),
        ("Lock, Stock,1998,100", "'Stock' is not a year"),
        ("Heat,1995,949,,,,,extra", "8 cells, but the header above it has 7: put a title"),
        ('"Heat,1995,949', "stray or unclosed quote"),
    ],
)  # fmt: skip
def test_an_invalid_line_is_reported_with_what_is_wrong(path, line, why):
    message = refused(path, f"{WITH_IDS}# a comment\nAlien,1979,348\n\n{line}\nJaws,1975,578\n")
    assert message.startswith(f"{path}, line 5: ")
    assert why in message
    assert "; line" not in message


def test_every_invalid_line_is_reported(path):
    message = refused(path, f'{HEADER}Heat,1995,12x\n"A,1,1\nB,99,1\nC,1999,5\nD,,0\n')
    assert [f"line {line}:" in message for line in range(1, 8)] == [
        False, True, True, True, False, True, False,
    ]  # fmt: skip


def test_an_unclosed_quote_does_not_swallow_other_lines(path):
    """Two of them would otherwise turn all the lines between them into one strange title."""
    message = refused(path, f'{HEADER}"A,1999,1\nB,1999,2\nC",1999,3\n')
    assert "line 2: stray or unclosed quote" in message


def test_two_lines_that_contradict_each_other_are_both_reported(path):
    message = refused(path, f'{HEADER}"Matrix, The",1999,603\nHeat,1995,949\nThe Matrix,1999,604\n')
    assert "line 4: line 2 contradicts it for the same film" in message
    assert "line 3:" not in message


def test_the_same_line_twice_is_fine(path):
    text = f"{HEADER}Heat,1995,949\nHEAT,1995,https://www.themoviedb.org/movie/949\n"
    assert said(load(path, text), "Heat", 1995) == 949


@pytest.mark.parametrize("content", ["Heat,1995,949\n", "title,year\nHeat,1995\n", "hello\n"])
def test_a_file_without_a_header_is_refused(path, content):
    assert "line 1: the first line must be a header: title,year,tmdb_id" in refused(path, content)


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"\xd0\xcf\x11\xe0" + bytes(100), "old Excel workbook"), (b"\x89PNG\r\n\x1a\n", "PNG")],
)
def test_a_file_that_is_not_text_is_refused_by_its_kind(path, content, what):
    path.write_bytes(content)
    with pytest.raises(OverridesError, match=what):
        Overrides.load(path)


def test_a_folder_in_its_place_is_refused(path):
    path.mkdir()
    with pytest.raises(OverridesError, match="is not a file"):
        Overrides.load(path)


RULES = st.builds(
    Rule,
    upload=st.none() | st.sampled_from(["a.csv", "b.csv"]),
    letterboxd_uri=st.none() | st.sampled_from(["boxd.it/1", "boxd.it/2"]),
    imdb_id=st.none() | st.integers(1, 3),
    title=st.none() | st.sampled_from(["heat", "alien"]),
    year=st.none() | st.integers(1979, 1981),
    tmdb_id=st.none() | st.integers(1, 9),
)


@given(st.lists(RULES), RULES.map(lambda rule: rule[:-1]))
def test_the_line_that_applies_matches_and_is_the_most_specific(rules, row):
    """Compared with the naive implementation, which looks at every line."""
    upload, uri, imdb_id, title, year = row
    agree = [
        rule
        for rule in rules
        if all(value == own for ask, value, own in zip(rule.asks, rule, row, strict=False) if ask)
    ]
    overrides = Overrides((rule, line) for line, rule in enumerate(rules))
    given = {
        "title": title,
        "year": year,
        "letterboxd_uri": uri and f"https://{uri}",
        "imdb_id": imdb_id and f"tt{imdb_id:07}",
    }
    found = overrides.of(upload or "", given)
    if upload is None:
        agree = [rule for rule in agree if rule.upload is None]
    assert (found is None) == (not agree)
    if found is not None:
        assert rules[found.line] in agree
        assert rules[found.line].asks == max(rule.asks for rule in agree)


@given(st.text() | st.text(alphabet='ab"\n,;#19', max_size=60).map(lambda text: HEADER + text))
def test_any_content_is_either_read_or_refused(content):
    path = Path("overrides.csv")  # in the test's own folder
    with contextlib.suppress(OverridesError):
        load(path, codecs.BOM_UTF8 + content.encode("utf-8", "surrogatepass"))


def test_an_error_names_the_first_twenty_invalid_lines_and_counts_the_others(tmp_path):
    """It is stored with every tick of the sensor: 10,000 invalid lines took 1.5 MB each time."""
    path = tmp_path / "overrides.csv"
    path.write_text("title,year,tmdb_id\n" + "Film,1995,x\n" * 10_000)
    with pytest.raises(OverridesError, match=r"line 21: .*; and 9,980 more lines") as error:
        Overrides.load(path)
    assert len(str(error.value)) < 10_000


def test_a_pipe_or_a_broken_link_is_refused_without_waiting(tmp_path):
    path = tmp_path / "overrides.csv"
    os.mkfifo(path)
    with pytest.raises(OverridesError, match="is not a file"):
        Overrides.load(path)
    path.unlink()
    path.symlink_to(tmp_path / "away.csv")
    with pytest.raises(OverridesError, match="a broken link"):
        Overrides.load(path)
