"""The bundled sample as data: its catalogue of films and the export that the demo runs on.

What belongs here: tests of the two files alone. `test_sample.py` tests how the sample answers, and
`benchmarks/check_sample.py` checks whether its facts are true.
"""

import csv
import json
import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from movie_pipeline.sample.catalogue import title_words
from movie_pipeline.sample.shapes import DEPARTMENTS, MOVIE_GENRES

PROJECT = Path(__file__).parents[2]
CATALOGUE = PROJECT / "movie_pipeline" / "sample" / "catalogue.jsonl"
EXPORT = PROJECT / "data" / "samples" / "letterboxd-sample.csv"

LINES = CATALOGUE.read_text(encoding="utf-8").splitlines()
RECORDS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
FILMS = [record for record in RECORDS if record.get("media_type") != "tv"]
SERIES = [record for record in RECORDS if record.get("media_type") == "tv"]

with EXPORT.open(encoding="utf-8", newline="") as opened:
    HEADER, *ROWS = list(csv.reader(opened))

ILLUSTRATIVE = 900_000_000

NOT_IN_THE_SAMPLE = {
    ("Heat", "1995"),
    ("The Lighthouse", "2019"),
    ("Columbus", "2017"),
    ("The Holdovers", "2023"),
    ("Shadows of Forgotten Ancestors", "1965"),
    ("Minding the Gap", "2018"),
}
LOGGED_A_YEAR_EARLY = ("Perfect Blue", "1997")
LOGGED_UNDER_ANOTHER_TITLE = {
    ("The Bicycle Thief", "1948"),
    ("Spring, Summer, Autumn, Winter... and Spring", "2003"),
}
LOGGED_SERIES = ("Band of Brothers", "2001")


def year(record: dict[str, Any]) -> int:
    """The year of a record's first date."""
    return date.fromisoformat(record["release_date"]).year


def years_of(title: str) -> set[int]:
    """The years of all films with this title."""
    return {year(film) for film in FILMS if film["title"] == title}


def main_titles(record: dict[str, Any]) -> set[str]:
    """The main titles of a record, normalized for comparison."""
    return {" ".join(title_words(record[key])) for key in ("title", "original_title")}


def all_titles(record: dict[str, Any]) -> set[str]:
    """All titles of a record, normalized for comparison."""
    others = record.get("alternative_titles", [])
    return main_titles(record) | {" ".join(title_words(other["title"])) for other in others}


def everyone() -> list[dict[str, Any]]:
    """All entries of people, a person once for each film and job."""
    return [p for film in FILMS for p in film["directors"] + film["cast"] + film.get("crew", [])]


def film_rows() -> list[tuple[str, str]]:
    """Name and year of the readable rows of the export."""
    return [(row[1], row[2]) for row in ROWS if row[1]]


# --- The catalogue -------------------------------------------------------------------------------


def test_there_are_enough_films_and_a_few_series() -> None:
    assert len(FILMS) >= 220
    assert len(SERIES) >= 6


def test_an_id_belongs_to_at_most_one_film_and_one_series() -> None:
    """TMDB numbers films and series separately, so one of each may have the same id."""
    for records in (FILMS, SERIES):
        assert len({record["id"] for record in records}) == len(records)
    assert [record["id"] for record in RECORDS] == sorted(record["id"] for record in RECORDS)


def test_imdb_ids_are_well_formed_and_unique() -> None:
    ids = [record["imdb_id"] for record in RECORDS]
    assert [i for i in ids if not re.fullmatch(r"tt\d{7,8}", i)] == []
    assert [i for i, count in Counter(ids).items() if count > 1] == []


def test_every_record_is_complete() -> None:
    for record in RECORDS:
        assert 1900 <= year(record) <= 2030
        assert record["title"] and record["original_title"]
        assert re.fullmatch(r"[a-z]{2}", record["original_language"]), record
        assert record["origin_country"]
        assert all(re.fullmatch(r"[A-Z]{2}", code) for code in record["origin_country"]), record
    for film in FILMS:
        assert film["runtime"] > 0
        assert film["directors"]
        assert len(film["cast"]) <= 6


def test_genres_exist_on_tmdb() -> None:
    for film in FILMS:
        assert film["genres"], film["title"]
        assert set(film["genres"]) <= set(MOVIE_GENRES), film["title"]


def test_a_person_id_has_one_name() -> None:
    """Charts group by id and show a name: with two spellings, the name would be arbitrary."""
    names = defaultdict(set)
    for person in everyone():
        names[person["id"]].add((person["name"], person.get("gender")))
    assert {i: n for i, n in names.items() if len(n) > 1} == {}


def test_an_id_of_a_company_or_a_collection_has_one_name() -> None:
    for kind in (
        [company for film in FILMS for company in film.get("companies", [])],
        [film["collection"] for film in FILMS if "collection" in film],
    ):
        names = {tuple(sorted(one.items())) for one in kind}
        assert len({one["id"] for one in kind}) == len({one["name"] for one in kind}) == len(names)


def test_the_illustrative_ids_are_a_range_of_their_own() -> None:
    """No real id is near it, and people, companies and collections share it without overlap."""
    people = {person["id"] for person in everyone()}
    companies = {company["id"] for film in FILMS for company in film.get("companies", [])}
    collections = {film["collection"]["id"] for film in FILMS if "collection" in film}
    illustrative = [i for ids in (people, companies, collections) for i in ids if i > ILLUSTRATIVE]
    assert len(illustrative) == len(set(illustrative)) >= 1_000
    assert max((people | companies | collections) - set(illustrative)) < 10_000_000


def test_jobs_genders_certificates_and_languages_are_those_of_tmdb() -> None:
    for person in everyone():
        assert person.get("gender", 1) in (1, 2, 3), person
    for film in FILMS:
        jobs = [(person["id"], person["job"]) for person in film.get("crew", [])]
        assert {job for _, job in jobs} <= set(DEPARTMENTS) - {"Director"}, film["title"]
        assert len(set(jobs)) == len(jobs), film["title"]
        for release in film.get("release_dates", []):
            assert release["certification"] in {"G", "PG", "PG-13", "R", "NC-17"}
            shown = date.fromisoformat(release["date"])
            assert 0 <= shown.year - year(film) <= 6, film["title"]
        for code in film.get("spoken_languages", []):
            assert re.fullmatch(r"[a-z]{2}", code), film["title"]


def test_the_facts_are_enough_for_every_chart_and_some_are_missing() -> None:
    """Missing facts must look like missing facts too, so "not set" has to occur."""
    jobs = Counter(person["job"] for film in FILMS for person in film.get("crew", []))
    assert set(jobs) == set(DEPARTMENTS) - {"Director"}
    assert min(jobs.values()) >= 50
    genders = Counter(person.get("gender") for person in everyone())
    assert min(genders[1], genders[2], genders[None]) >= 100
    for key in ("companies", "collection", "budget", "revenue", "spoken_languages"):
        assert 50 <= sum(key in film for film in FILMS) < len(FILMS), key
    collections = Counter(film["collection"]["name"] for film in FILMS if "collection" in film)
    assert sum(films >= 2 for films in collections.values()) >= 5


def test_money_is_whole_dollars_and_plausible() -> None:
    for film in FILMS:
        for key in ("budget", "revenue"):
            assert 50_000 <= film.get(key, 50_000) <= 3_000_000_000, film["title"]
            assert isinstance(film.get(key, 0), int)


def test_no_person_is_twice_in_the_cast_or_directors_of_a_film() -> None:
    for film in FILMS:
        for people in (film["directors"], film["cast"]):
            assert len({person["id"] for person in people}) == len(people), film["title"]


def test_votes_and_popularity_are_rounded() -> None:
    """They are only illustrative, and should look like it."""
    for record in RECORDS:
        votes = record["vote_count"]
        assert votes == float(f"{votes:.1e}"), record["title"]
        assert record["popularity"] == int(record["popularity"]), record["title"]
        assert round(record["vote_average"], 1) == record["vote_average"], record["title"]


def test_the_file_is_human_readable() -> None:
    """It is UTF-8 without escapes, so that a diff shows a Japanese title as such."""
    assert "七人の侍" in CATALOGUE.read_text(encoding="utf-8")
    assert not any("\\u" in line for line in LINES)


def test_the_films_cover_many_decades_and_countries() -> None:
    assert {year(film) // 10 * 10 for film in FILMS} == set(range(1900, 2030, 10))
    assert len({code for film in FILMS for code in film["origin_country"]}) >= 25
    assert len({film["original_language"] for film in FILMS}) >= 20
    genres = Counter(genre for film in FILMS for genre in film["genres"])
    assert genres[16] >= 20, "animation"
    assert genres[99] >= 5, "documentaries"
    assert sum(film["runtime"] <= 40 for film in FILMS) >= 5, "shorts"


def test_some_titles_are_as_awkward_as_real_ones() -> None:
    titles = {film["title"] for film in FILMS}
    assert {"M", "Z", "8½", "300", "1917", "2012", "WALL·E", "Se7en", "RRR"} <= titles
    assert {"Monsters, Inc.", "Paris, Texas", "Schindler's List", "Thelma & Louise"} <= titles
    assert {"Amélie", "La Jetée", "mother!", "(500) Days of Summer"} <= titles
    assert max(map(len, titles)) > 65
    originals = [film["original_title"] for film in FILMS]
    assert sum(not title.isascii() for title in originals) >= 60
    assert sum(not any("A" <= c <= "z" for c in title) for title in originals) >= 45


def test_there_are_remakes_and_different_films_with_the_same_title() -> None:
    expected = {
        "A Star Is Born": {1937, 1954, 1976, 2018},
        "The Mummy": {1932, 1999, 2017},
        "Casino Royale": {1967, 2006},
        "Crash": {1996, 2005},
        "Dune": {1984, 2021},
        "Frozen": {2010, 2013},
        "Ghostbusters": {1984, 2016},
        "I'm Still Here": {2010, 2024},
        "Little Women": {1994, 2019},
        "Nosferatu": {1922, 2024},
        "Oldboy": {2003, 2013},
        "Solaris": {1972, 2002},
        "Suspiria": {1977, 2018},
        "The Thing": {1982, 2011},
        "West Side Story": {1961, 2021},
    }
    assert {title: years_of(title) for title in expected} == expected


def test_some_series_have_the_title_of_a_film() -> None:
    films = {film["title"] for film in FILMS}
    assert {series["title"] for series in SERIES} & films >= {"Fargo", "Mr. & Mrs. Smith"}


def test_directors_have_several_films_each() -> None:
    """Otherwise the chart of top directors would be empty."""
    films = Counter(person["name"] for film in FILMS for person in film["directors"])
    assert sum(count >= 4 for count in films.values()) >= 15
    assert films["Joel Coen"] > films["Ethan Coen"] >= 3


def test_half_of_the_foreign_films_have_a_different_original_title() -> None:
    foreign = [film for film in FILMS if film["original_language"] != "en"]
    assert sum("alternative_titles" in film for film in foreign) * 2 >= len(foreign)
    for film in FILMS:
        for other in film.get("alternative_titles", []):
            assert re.fullmatch(r"[A-Z]{2}", other["iso_3166_1"])
            assert other["title"] not in (film["title"], film["original_title"])


# --- The export ----------------------------------------------------------------------------------


def test_the_export_has_the_format_of_letterboxd() -> None:
    assert HEADER == ["Date", "Name", "Year", "Letterboxd URI", "Rating"]
    assert b"\r" not in EXPORT.read_bytes()
    assert {len(row) for row in ROWS} == {5}
    days = [date.fromisoformat(row[0]) for row in ROWS]
    assert days == sorted(days)
    assert 2 <= len({day.year for day in days}) <= 3


def test_the_export_s_links_are_short_and_unique() -> None:
    links = [row[3] for row in ROWS]
    assert all(re.fullmatch(r"https://boxd\.it/[0-9A-Za-z]{4}", link) for link in links)
    assert len(set(links)) == len(links)


def test_ratings_are_half_stars_and_some_are_missing() -> None:
    ratings = [row[4] for row in ROWS]
    assert 1 <= ratings.count("") <= 10
    stars = [float(rating) for rating in ratings if rating]
    assert {s * 2 % 1 for s in stars} == {0.0}
    assert min(stars) == 0.5 and max(stars) == 5.0
    assert 3.2 <= sum(stars) / len(stars) <= 4.0


def test_exactly_one_line_is_not_a_film() -> None:
    """It has no title, which is required, and its year is garbage."""
    broken = [row for row in ROWS if not row[1].strip()]
    assert len(broken) == 1
    assert not broken[0][2].isdigit()
    assert all(row[2].isdigit() for row in ROWS if row not in broken)


def test_no_film_is_logged_twice() -> None:
    assert [row for row, count in Counter(film_rows()).items() if count > 1] == []


def test_every_row_except_the_listed_ones_is_in_the_catalogue_as_logged() -> None:
    known = {(title, year(film)) for film in FILMS for title in main_titles(film)}
    strangers = {
        (name, logged)
        for name, logged in film_rows()
        if (" ".join(title_words(name)), int(logged)) not in known
    }
    assert strangers == NOT_IN_THE_SAMPLE | LOGGED_UNDER_ANOTHER_TITLE | {
        LOGGED_A_YEAR_EARLY,
        LOGGED_SERIES,
    }
    assert len(film_rows()) - len(strangers) >= 140


def test_the_films_that_the_sample_lacks_are_not_in_it_under_any_title() -> None:
    called = {title for record in RECORDS for title in all_titles(record)}
    for name, _ in NOT_IN_THE_SAMPLE:
        assert " ".join(title_words(name)) not in called


def test_one_film_is_logged_with_the_year_of_its_festival_screening() -> None:
    """Perfect Blue was shown at Fantasia in 1997 and released in 1998."""
    name, logged = LOGGED_A_YEAR_EARLY
    assert years_of(name) == {int(logged) + 1}


def test_two_films_are_logged_under_an_alternative_title() -> None:
    for name, logged in LOGGED_UNDER_ANOTHER_TITLE:
        title = " ".join(title_words(name))
        found = [f for f in FILMS if title in all_titles(f) - main_titles(f)]
        assert [year(film) for film in found] == [int(logged)]
        assert found[0]["original_language"] != "en"


def test_one_series_is_logged_as_a_film() -> None:
    name, logged = LOGGED_SERIES
    assert [year(series) for series in SERIES if series["title"] == name] == [int(logged)]
    assert name not in {film["title"] for film in FILMS}
