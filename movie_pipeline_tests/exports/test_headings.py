"""What tells the columns of a table: headings in any form, or the cells where there are none."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movie_pipeline.exports import UnreadableExport
from movie_pipeline_tests.exports.files import film, read
from movie_pipeline_tests.profiles import examples


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ("movie_title,movie_tmdb_id,movie_imdb_id", "Heat,949,tt0113277",
         {"export_tmdb_id": 949, "imdb_id": "tt0113277"}),
        ("Title,tmdbId,imdbID", "Heat,949,tt0113277", {"export_tmdb_id": 949, "imdb_id": "tt0113277"}),
        ("Title,TMDB_ID_movie,id_imdb", "Heat,949,tt0113277", {"export_tmdb_id": 949, "imdb_id": "tt0113277"}),
        ("Title,imdb_rating,imdbVotes,tmdb_popularity", "Heat,8.2,5000,80", {"rating": None, "imdb_id": None}),
        ("title,media_id,source,media_type", "Heat,949,tmdb,movie", {"export_tmdb_id": 949}),
        ("title,media_id,source,media_type", "Heat,949,mal,movie", {"export_tmdb_id": None}),
        ("title,media_id,media_type", "Heat,949,movie", {"export_tmdb_id": 949}),
        ("title,media_id", "Heat,949", {"export_tmdb_id": None}),
        ("Title,End Date", "Heat,2024-05-01", {"watched_on": date(2024, 5, 1)}),
        ("Title,movie_last_played,movie_playcount", "Heat,2024-05-01,3", {"watch_count": 3}),
        ("Title (Year),movie_user_rating", "Heat (1995),9", {"year": 1995, "rating": 4.5}),
        ("Movie [Year]", "Heat (1995)", {"year": 1995}),
        ("Original Title,Year", "Heat,1995", {"year": 1995}),
        ("Original Title,pl_title,Year", "Hitze,Heat,1995", {"original_title": "Hitze"}),
        ("id,nameEng,nameRus,rating,date,year", "1,Heat,Схватка,9,2024-01-01,1995", {"year": 1995, "rating": 4.5}),
        ("id,nameEng,nameRus,rating,date,year", "1,,Heat,9,2024-01-01,1995", {"year": 1995, "rating": 4.5}),
        ("id,imdb_id,name_eng,rating", "1,tt0113277,Heat,9", {"imdb_id": "tt0113277", "rating": 4.5}),
        ("Werk,Jahr,Bewertung,Genre", "Heat,1995,9,Krimi", {"year": 1995, "rating": 4.5}),
        ("Title,Runtime", "Heat,10200", {"runtime_minutes": 170}),
        ("Title,Runtime", "Heat,170", {"runtime_minutes": 170}),
    ],
)  # fmt: skip
def test_a_column_is_found_under_other_names(
    tmp_path: Path, header: str, line: str, expected: dict[str, object]
):
    found = film(read(tmp_path, "films.csv", f"{header}\n{line}\n"), "Heat")
    assert {field: found[field] for field in expected} == expected


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("films.csv", ["Title,Year", "Heat,1995", "Title,2015", "Alien,1979"]),
        ("films.csv", ["Heat,1995", "Alien,1979", "Film,1965", "Jaws,1975"]),
        ("films.csv", ["Movie,Heat,1995", "Movie,Alien,1979", "Movie,Jaws,1975"]),
        ("films.txt", ["Heat", "Film", "Alien"]),
        ("films.csv", ["Title", "Heat", "Title", "Alien"]),
    ],
)
def test_a_line_of_data_with_the_name_of_a_column_is_no_header(
    tmp_path: Path, name: str, lines: list[str]
):
    export = read(tmp_path, name, "\n".join(lines))
    data = lines[1:] if lines[0].startswith("Title") else lines
    assert export.files[0].lines == len(export.films) == len(data)


def test_a_header_may_have_numbers(tmp_path: Path):
    export = read(tmp_path, "films.csv", "Title,2019,2020\nHeat,1,\nAlien,,1\n")
    assert list(export.films["title"]) == ["Heat", "Alien"]


def test_a_table_without_a_header_keeps_its_ids_ratings_and_days(tmp_path: Path):
    text = (
        "1,Heat,1995,9,2020-01-31,tt0113277,movie\n"
        "2,Alien,1979,8,2020-02-01,tt0078748,movie\n"
        "3,Lost,2004,7.5,2020-03-01,tt0411008,TV series\n"
    )
    export = read(tmp_path, "films.csv", text)
    heat = film(export, "Heat")
    assert (heat["year"], heat["rating"], heat["imdb_id"]) == (1995, 4.5, "tt0113277")
    assert heat["logged_on"] == date(2020, 1, 31)
    assert film(export, "Lost")["title_type"] == "tvSeries"


@pytest.mark.parametrize("text", ["this is prose\nand more of it\n", "1,2,3\n4,5,6\n"])
def test_the_refusal_says_that_a_heading_line_is_missing(tmp_path: Path, text: str):
    with pytest.raises(UnreadableExport, match=r"no heading line.*Title,Year"):
        read(tmp_path, "films.csv", text)


@pytest.mark.parametrize(
    ("header", "lines", "expected"),
    [
        ("Title,Date Added,Date Watched", ["A,25/02/2020,05/06/2020"], date(2020, 6, 5)),
        ("Title,Date Added,Date Watched", ["A,02/25/2020,05/06/2020"], date(2020, 5, 6)),
        ("Title,Modified,Date Watched", ["A,01/02/2020,05/06/2020", "B,25/02/2020,"], date(2020, 6, 5)),
        ("Title,Date Added,Date Watched", ["A,01/02/2020,05/06/2020"], None),
    ],
)  # fmt: skip
def test_the_order_of_day_and_month_is_decided_for_the_whole_file(
    tmp_path: Path, header: str, lines: list[str], expected: date | None
):
    export = read(tmp_path, "films.csv", "\n".join([header, *lines]))
    assert film(export, "A")["watched_on"] == expected
    assert any("ambiguous" in note for note in export.files[0].notes) is (expected is None)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prefix=st.sampled_from(["", "movie_", "film.", "Movie ", "media-"]),
    ids=st.sampled_from([("tmdb_id", "imdb_id"), ("tmdbId", "imdbID"), ("TMDB ID", "IMDb Id")]),
    rest=st.permutations(["rating", "year", "title"]),
)
def test_ids_are_found_with_anything_usual_before_them(
    tmp_path: Path, prefix: str, ids: tuple[str, str], rest: list[str]
):
    cells = {"title": "Heat", "year": "1995", "rating": "9", ids[0]: "949", ids[1]: "tt0113277"}
    header = [*ids, *rest]
    text = (
        ",".join(prefix + name for name in header) + "\n" + ",".join(cells[name] for name in header)
    )
    found = film(read(tmp_path, "films.csv", text), "Heat")
    assert (found["export_tmdb_id"], found["imdb_id"]) == (949, "tt0113277")
    assert (found["year"], found["rating"]) == (1995, 4.5)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    titles=st.lists(
        st.sampled_from(["Heat", "Film", "Title", "Name", "Movie", "Year", "Seen", "Alien", "M"]),
        min_size=1, max_size=9, unique=True,
    ),
    header=st.sampled_from(["Title,Year", "Film;Year", "Name\tYear", "Year,Movie"]),
)  # fmt: skip
def test_no_line_vanishes_whatever_its_film_is_called(
    tmp_path: Path, titles: list[str], header: str
):
    separator = next(one for one in ",;\t" if one in header)
    cells = [[title, str(1950 + n)] for n, title in enumerate(titles)]
    lines = [separator.join(row[::-1] if header.startswith("Year") else row) for row in cells]
    export = read(tmp_path, "films.csv", "\n".join([header, *lines]))
    assert list(export.films["title"]) == titles
    assert export.files[0].lines == len(titles)
