"""All other tables: languages, dialects, encodings and broken lines."""

import csv
import io
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movie_pipeline.exports import UnreadableExport
from movie_pipeline_tests.exports.files import film, read
from movie_pipeline_tests.profiles import examples


@pytest.mark.parametrize(
    "header",
    [
        "Title,Year", "NAME,YEAR", " film , year ", "Movie,Release Year", "Título,Año", "Titre,Année", "Titel,Jahr",
        "Titolo,Anno", "Título,Ano", "タイトル,年", "片名,年份", "제목,연도", "Название,Год", "Film Title,Year Released",
        "movie_title,release_year", "Tytuł,Rok", '"Title","Year"', "title,original_title,year",
    ],
)  # fmt: skip
def test_titles_are_found_in_many_languages(tmp_path: Path, header: str):
    line = "Heat,Heat,1995" if "original" in header else "Heat,1995"
    found = film(read(tmp_path, "films.csv", f"{header}\n{line}\n"), "Heat")
    assert found["year"] == 1995


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ("Title", "Heat (1995)", {"title": "Heat", "year": 1995}),
        ("Title,Rating", "Heat (1995),4", {"title": "Heat", "year": 1995}),
        ("Title,Year", "Heat (1995),1996", {"title": "Heat (1995)", "year": 1996}),
        ("Title,Year", "1917,2019", {"title": "1917", "year": 2019}),
        ("Title", "(500) Days of Summer (2009)", {"title": "(500) Days of Summer", "year": 2009}),
        ("Title", "2001: A Space Odyssey", {"title": "2001: A Space Odyssey", "year": None}),
        ("Title,Year", "Heat,1995.0", {"year": 1995}),
        ("Title,Year", "Heat,n/a", {"year": None}),
        ("Title,Year", "Heat", {"year": None}),
        ("Title,Year", "Heat,1995,more,and more", {"year": 1995}),
        ("Title,Release Date", "Heat,1995-12-15", {"year": 1995}),
        ("Title,IMDb", "Heat,https://www.imdb.com/title/tt0113277/", {"imdb_id": "tt0113277"}),
        ("Title,imdbID", "Heat,113277.0", {"imdb_id": "tt0113277"}),
        ("Title,URL", "Heat,http://imdb.com/title/tt0113277/?ref_=x", {"imdb_id": "tt0113277"}),
        ("Title,URL", "Heat,https://www.themoviedb.org/movie/949-heat", {"export_tmdb_id": 949}),
        ("Title,URL", "Heat,https://www.themoviedb.org/tv/949-heat", {"export_tmdb_id": None}),
        ("Title,TMDB", "Heat,949", {"export_tmdb_id": 949}),
        ("Title,Letterboxd", "Heat,https://letterboxd.com/film/heat-1995/",
         {"letterboxd_uri": "https://letterboxd.com/film/heat-1995/"}),
        ("Title,Rating", "Heat,4.5", {"rating": 4.5}),
        ("Title,Rating", 'Heat,"4,5"', {"rating": 4.5}),
        ("Title,Rating", "Heat,9", {"rating": 4.5}),
        ("Title,Rating", "Heat,90", {"rating": 4.5}),
        ("Title,Rating", "Heat,9/10", {"rating": 4.5}),
        ("Title,Rating", "Heat,★★★★½", {"rating": 4.5}),
        ("Title,Rating", "Heat,90%", {"rating": 4.5}),
        ("Title,Rating", "Heat,0", {"rating": None}),
        ("Title,Note", "Heat,2 friends liked it", {"rating": None}),
        ("Title,IMDb Rating", "Heat,8.2", {"rating": None}),
        ("Title,Director,Runtime", 'Heat,"Michael Mann; Ann Lee",2h 50m',
         {"directors": ["Michael Mann", "Ann Lee"], "runtime_minutes": 170}),
        ("Title,Watched", "Heat,2020-01-02", {"watched_on": date(2020, 1, 2), "seen": True}),
        ("Title,Watched", "Heat,no", {"watched_on": None, "seen": False}),
        ("Title,Status", "Heat,Plan to watch", {"seen": False}),
        ("Title,Date", "Heat,2020-01-02", {"watched_on": None, "logged_on": date(2020, 1, 2)}),
        ("Title,Date Watched", "Heat,2020-01-02T23:59:59+02:00", {"watched_on": date(2020, 1, 2)}),
        ("Title,Date Watched", "Heat,2 Jan 2020", {"watched_on": date(2020, 1, 2)}),
        ("Title,Date Watched", 'Heat,"January 2, 2020"', {"watched_on": date(2020, 1, 2)}),
        ("Title,Date Watched", "Heat,Thu Jan 02 2020 18:38:35 GMT+0000 (Coordinated Universal Time)",
         {"watched_on": date(2020, 1, 2)}),
        ("Title,Date Watched", "Heat,mardi 5 mai 2020", {"watched_on": date(2020, 5, 5)}),
        ("Title,Date Watched", "Heat,2.1.2020", {"watched_on": date(2020, 1, 2)}),
        ("Title,Date Watched", "Heat,31/12/20", {"watched_on": date(2020, 12, 31)}),
        ("Title,Date Watched", "Heat,2020-02-31", {"watched_on": None}),
        ("Title,Type", "Heat,TV Series", {"title_type": "tvSeries"}),
        ("Title,Year", '"=HYPERLINK(""x"",""Heat"")",1995', {"title": '=HYPERLINK("x","Heat")'}),
        ("Title,Year", "Fast &amp; Furious,2009", {"title": "Fast & Furious"}),
        ("Title,Year", '"Heat\nand dust",1983', {"title": "Heat and dust"}),
        (",Title,Year", "0,Heat,1995", {"title": "Heat", "year": 1995}),
    ],
)  # fmt: skip
def test_values_of_cells_are_read(
    tmp_path: Path, header: str, line: str, expected: dict[str, object]
):
    export = read(tmp_path, "films.csv", f"{header}\n{line}\n")
    found = film(export, str(expected.get("title", "Heat")))
    assert {field: found[field] for field in expected} == expected


def _columns(days: list[str]) -> str:
    return "Title,Date Watched\n" + "".join(f"Film {n},{day}\n" for n, day in enumerate(days))


@pytest.mark.parametrize(
    ("days", "expected", "noted"),
    [
        (["03/04/2021", "25/12/2021"], [date(2021, 4, 3), date(2021, 12, 25)], False),
        (["03/04/2021", "12/25/2021"], [date(2021, 3, 4), date(2021, 12, 25)], False),
        (["03/04/2021", "05/06/2021"], [None, None], True),
        (
            ["03/04/2021", "25/12/2021", "12/25/2021"],
            [None, date(2021, 12, 25), date(2021, 12, 25)],
            True,
        ),
        (["03.04.2021"], [date(2021, 4, 3)], False),
        (["2021/04/03"], [date(2021, 4, 3)], False),
    ],
)
def test_the_whole_column_decides_whether_day_or_month_comes_first(
    tmp_path: Path, days: list[str], expected: list[date | None], noted: bool
):
    export = read(tmp_path, "films.csv", _columns(days))
    assert list(export.films["watched_on"]) == expected
    assert any("ambiguous" in note for note in export.files[0].notes) is noted


def test_the_date_that_decides_may_be_the_last_one(tmp_path: Path):
    export = read(tmp_path, "films.csv", _columns(["03/04/2021"] * 9000 + ["25/12/2021"]))
    assert film(export, "Film 0")["watched_on"] == date(2021, 4, 3)


TABLE = [["Title", "Year", "Director"], ["Amélie", "2001", "Jean-Pierre Jeunet"], ["La Haine", "1995", ""],
         ['A "Q", B; C\tD | E', "1990", "X"]]  # fmt: skip


def _written(
    separator: str, end: str, rows: list[list[str]], quoting: int = csv.QUOTE_MINIMAL
) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_dialect_is_read_in_every_encoding(
    tmp_path: Path, encoding: str, separator: str, end: str
):
    export = read(tmp_path, "films.csv", _written(separator, end, TABLE).encode(encoding))
    assert list(export.films["title"]) == ["Amélie", "La Haine", 'A "Q", B; C D | E']
    assert list(export.films["year"]) == [2001, 1995, 1990]
    assert export.files[0].separator == separator
    expected = {"cp1252": "windows-1252"}.get(encoding, encoding)
    assert export.files[0].encoding == expected


_titles = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")),
        min_size=1,
        max_size=30,
    )
    .map(lambda text: " ".join(unicodedata.normalize("NFC", text).split()))
    .filter(lambda text: text and "&" not in text and text.isprintable())
)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    titles=st.lists(_titles, min_size=1, max_size=8, unique_by=str.casefold),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    preamble=st.booleans(),
)
def test_films_written_in_any_dialect_are_read_back_unchanged(  # noqa: PLR0917
    tmp_path: Path,
    titles: list[str],
    separator: str,
    end: str,
    encoding: str,
    quoting: int,
    preamble: bool,
):
    rows = [["Year", "Title"], *[[str(1950 + n), title] for n, title in enumerate(titles)]]
    if preamble:
        rows = [["My films", "2021"], [], *rows]
    text = _written(separator, end, rows, quoting)  # type: ignore[arg-type]
    export = read(tmp_path, "films.csv", text.encode(encoding))
    assert list(export.films["title"]) == titles
    assert list(export.films["year"]) == [1950 + n for n in range(len(titles))]


def test_a_separator_declared_for_excel_is_used(tmp_path: Path):
    export = read(tmp_path, "films.csv", "sep=;\r\nTitle;Year\r\nHeat, or not;1995\r\n")
    assert list(export.films["title"]) == ["Heat, or not"]


def test_a_preamble_and_blank_lines_are_not_data(tmp_path: Path):
    text = "My films,,\nexported 2020,,\n\nTitle,Year,Rating\n\nHeat,1995,4\n,,\n\nAlien,1979,5\n\n"
    export = read(tmp_path, "films.csv", text)
    assert (export.files[0].lines, export.files[0].films) == (2, 2)


@pytest.mark.parametrize(
    "preamble", ["User,anna\nExported,2020-01-01\n\n", "My films\nexported 2020\n\n", "\n"]
)
@pytest.mark.parametrize("header", ["Title,Note", "Title"])
def test_a_preamble_of_the_same_width_is_not_data(tmp_path: Path, preamble: str, header: str):
    lines = ["Heat,x", "Alien,y"] if "," in header else ["Heat", "Alien"]
    export = read(tmp_path, "films.csv", preamble + "\n".join([header, *lines]))
    assert list(export.films["title"]) == ["Heat", "Alien"]


def test_a_file_with_parts_in_two_encodings_is_read(tmp_path: Path):
    data = "Title,Year\nAmélie,2001\n".encode() + "Été,1990\n".encode("cp1252")
    assert list(read(tmp_path, "films.csv", data).films["title"]) == ["Amélie", "Été"]


def test_a_second_header_starts_a_second_table(tmp_path: Path):
    """People concatenate their exports."""
    text = (
        "Date,Name,Year,Letterboxd URI\n2020-01-01,Heat,1995,https://boxd.it/a\n"
        "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
        "2020-02-02,Alien,1979,https://boxd.it/e1,4.5,,,2020-02-01\n"
        "Date,Name,Year,Letterboxd URI\n2020-01-01,Stalker,1979,https://boxd.it/c\n"
    )
    export = read(tmp_path, "all.csv", text)
    assert export.files[0].lines == 3
    assert film(export, "Alien")["watched_on"] == date(2020, 2, 1)
    assert film(export, "Alien")["letterboxd_uri"] is None
    assert film(export, "Stalker")["letterboxd_uri"] == "https://boxd.it/c"


def test_repeated_lines_are_one_film(tmp_path: Path):
    export = read(
        tmp_path, "films.csv", "Title,Year,Rating\nHeat,1995,3\nHeat,1995,5\nHEAT,1995,\n"
    )
    assert export.files[0].merged == 2
    assert film(export, "Heat")["rating"] == 5.0


GOOD = ["Date,Name,Year,Letterboxd URI"] + [
    f"2020-01-{n:02},Film {n},19{n},https://boxd.it/{n}" for n in range(10, 29)
]


@pytest.mark.parametrize(
    "broken",
    [
        '2020-01-01,"Stray,1999,https://boxd.it/x',
        '2020-01-01,"Stray",x",1999,https://boxd.it/x',
        '"2020-01-01,Stray,1999,https://boxd.it/x',
        "2020-01-01,Nul\0,1999,https://boxd.it/x",
        "<<<<<<< HEAD",
        "=======",
        ">>>>>>> branch",
        "2020-01-01,,1999,",
        "2020-01-01",
        "x" * 1_500_000,
        "2020-01-01," + "x" * 2000 + ",1999,https://boxd.it/x",
    ],
    ids=range(11),
)
@pytest.mark.parametrize("place", [1, 10, 20])
def test_a_broken_line_does_not_affect_the_others(tmp_path: Path, broken: str, place: int):
    """It is rejected with its number, and all other lines are read."""
    lines = [*GOOD[:place], broken, *GOOD[place:]]
    export = read(tmp_path, "watched.csv", "\n".join(lines) + "\n")
    assert list(export.films["title"]) == [line.split(",")[1] for line in GOOD[1:]]
    assert list(export.rejected["line"]) == [place + 1]


def test_the_lines_between_two_stray_quotes_are_read(tmp_path: Path):
    """The quotes look like one cell that spans those lines, but each line is a whole record."""
    stray = '2020-01-01,"Stray,1999,https://boxd.it/x'
    close = '2020-01-01,Close",1999,https://boxd.it/y'
    lines = [*GOOD[:5], stray, *GOOD[5:9], close, *GOOD[9:]]
    export = read(tmp_path, "watched.csv", "\n".join(lines))
    assert {line.split(",")[1] for line in GOOD[1:]} <= set(export.films["title"])
    assert 6 in set(export.rejected["line"])


def test_a_title_with_an_unquoted_separator_is_rejoined(tmp_path: Path):
    text = f"{GOOD[0]}\n2020-01-01,The Good, the Bad and the Ugly,1966,https://boxd.it/g\n"
    found = film(read(tmp_path, "watched.csv", text), "The Good, the Bad and the Ugly")
    assert found["year"] == 1966


def test_quotes_escaped_with_backslashes_are_read(tmp_path: Path):
    text = 'Title,Year\n"The \\"Great\\" Escape, Again",1963\nHeat,1995\n'
    export = read(tmp_path, "films.csv", text)
    assert list(export.films["title"]) == ['The "Great" Escape, Again', "Heat"]


@pytest.mark.parametrize(
    ("name", "text", "titles", "years"),
    [
        ("list.txt", "Heat\nAlien\n\nCrouching Tiger, Hidden Dragon\n", None, [None, None, None]),
        ("list.txt", "1. Heat (1995)\n2. Alien (1979)\n", ["Heat", "Alien"], [1995, 1979]),
        ("list.txt", "- Heat\n- Alien\n", ["Heat", "Alien"], [None, None]),
        ("list.txt", "tt0113277\ntt0078748\n", ["tt0113277", "tt0078748"], [None, None]),
        ("list.csv", "Heat (1995)\nAlien (1979)\n", ["Heat", "Alien"], [1995, 1979]),
        ("list.csv", "Heat,1995\nAlien,1979\n", ["Heat", "Alien"], [1995, 1979]),
        ("list.tsv", "tt0113277\tHeat\ntt0078748\tAlien\n", ["Heat", "Alien"], [None, None]),
    ],
)
def test_a_list_without_a_header_is_read_with_low_confidence(
    tmp_path: Path, name: str, text: str, titles: list[str] | None, years: list[int | None]
):
    export = read(tmp_path, name, text)
    assert list(export.films["title"]) == (titles or [line for line in text.splitlines() if line])
    assert [None if year is None else int(year) for year in export.films["year"].astype(object).where(
        export.films["year"].notna(), None)] == years  # fmt: skip
    assert export.files[0].confidence < 0.5


def test_a_header_without_lines_is_an_export_without_films(tmp_path: Path):
    export = read(tmp_path, "watched.csv", "Date,Name,Year,Letterboxd URI\n")
    assert (len(export.films), export.files[0].lines) == (0, 0)
    assert str(export.films["year"].dtype) == "Int64"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n\n  \n", "is empty"),
        ("Date Joined,Username\n2020-01-01,bob\n", "no column of titles"),
        ("Name,Email\nAnn,ann@example.org\n", "no column of titles"),
        ("this is some prose about films\nthat can't be read as a list\n", "no column of titles"),
    ],
)
def test_the_refusal_of_a_file_without_titles_says_what_to_do(tmp_path: Path, text: str, said: str):
    with pytest.raises(UnreadableExport, match=said) as refusal:
        read(tmp_path, "films.csv", text)
    assert str(refusal.value).startswith("films.csv: ")
    assert "@" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ('Title,Year,Note\n"Heat\nand dust",1983,"one\ntwo"\nAlien,1979,x\n', ["Heat and dust", "Alien"]),
        ('Title,Year,Note,Rating\nHeat,1995,"also:\nJaws,1975,good,8\nend",9\nAlien,1979,,8\n', ["Heat", "Alien"]),
        ('Title,Year,Note\nHeat,1995,"also:\nJaws,1975,good\nDune,2021,good"\nAlien,1979,\n', ["Heat", "Alien"]),
        ('Title,Note,Year\nHeat,"seen with\nJaws,x,1975\nDune,y,2021",1995\nAlien,,1979\n', ["Heat", "Alien"]),
    ],
)  # fmt: skip
def test_a_quoted_cell_of_several_lines_is_one_cell_whatever_it_holds(
    tmp_path: Path, text: str, titles: list[str]
):
    export = read(tmp_path, "films.csv", text)
    assert list(export.films["title"]) == titles
    assert export.files[0].rejected == 0


_notes = st.text(st.sampled_from('ab, "\n1995;'), max_size=30)


@settings(max_examples=examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    notes=st.lists(_notes, min_size=1, max_size=6),
    place=st.integers(0, 2),
    separator=st.sampled_from([",", ";", "\t"]),
)
def test_any_note_that_is_quoted_as_a_whole_is_read_as_one_cell(
    tmp_path: Path, notes: list[str], place: int, separator: str
):
    rows = [
        ["Title", "Year", "Rating"],
        *[[f"Film {n}", str(1950 + n), "4"] for n in range(len(notes))],
    ]
    for row, note in zip(rows, ["Note", *notes], strict=True):
        row.insert(place, note)
    text = _written(separator, "\n", rows, csv.QUOTE_ALL)
    export = read(tmp_path, "films.csv", text)
    assert list(export.films["year"]) == [1950 + n for n in range(len(notes))]
    assert list(export.films["title"]) == [f"Film {n}" for n in range(len(notes))]


def _twice(text: str) -> bytes:
    return text.encode().decode("cp1252").encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_text_that_was_encoded_twice_is_corrected_and_noted(tmp_path: Path, encoding: str):
    data = _twice("Title,Year\nAmélie,2001\n8½,1963\nHeat,1995\nSchindler’s List,1993\n")
    data = data.decode().encode(encoding)
    export = read(tmp_path, "films.csv", data)
    assert list(export.films["title"]) == ["Amélie", "8½", "Heat", "Schindler’s List"]
    assert any("encoded twice" in note for note in export.files[0].notes)


@pytest.mark.parametrize("genuine", ["Cão", "SÃO PAULO", "Â", "Amélie"])
def test_one_genuine_letter_shows_that_a_file_was_encoded_once(tmp_path: Path, genuine: str):
    data = _twice("Title,Year\nAmélie,2001\n") + f"{genuine},1990\n".encode()
    export = read(tmp_path, "films.csv", data)
    assert list(export.films["title"]) == ["AmÃ©lie", genuine]
    assert export.files[0].notes == []


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    titles=st.lists(
        st.text(st.sampled_from("aeéüßñçøžœ’“½€"), min_size=1, max_size=9),
        min_size=1, max_size=6, unique_by=str.casefold,
    ),
    twice=st.booleans(),
)  # fmt: skip
def test_a_file_reads_the_same_encoded_once_or_twice(
    tmp_path: Path, titles: list[str], twice: bool
):
    text = "\n".join(["Title,Year", *(f"x{title},1990" for title in titles)])
    raw = text.encode()
    data = _latin(raw) if twice else raw
    assert list(read(tmp_path, "films.csv", data).films["title"]) == [
        f"x{title}" for title in titles
    ]


def _latin(data: bytes) -> bytes:
    """Encode again, as programs do: in Windows-1252, its gaps as in Latin-1."""
    return "".join(
        bytes([byte]).decode("cp1252" if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else "latin-1")
        for byte in data
    ).encode()
