"""Histories of streaming services, and lists of files, folders and tasks."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movie_pipeline.exports import NOT_A_MOVIE
from movie_pipeline.exports.programs import named, program
from movie_pipeline_tests.exports.files import film, packed, read
from movie_pipeline_tests.profiles import examples


@pytest.mark.parametrize(
    ("text", "show"),
    [
        ("Dark: Season 1: Secrets", "Dark"),
        ("Dark: Staffel 1: Geheimnisse", "Dark"),
        ("Élite: Temporada 1: Bienvenidos", "Élite"),
        ("Lupin: Part 1: Chapter 1", "Lupin"),
        ("Chernobyl: Limited Series: Episode 1", "Chernobyl"),
        ("The Office (U.S.): Season 3: Gay Witch Hunt", "The Office (U.S.)"),
        ("Avatar: The Last Airbender: Book 1: Water", "Avatar: The Last Airbender"),
        ("The Boys - Season 2", "The Boys"),
        ("Friends: S01E02", "Friends"),
        ("Heat", None),
        ("Dune: Part Two", None),
        ("Kill Bill: Vol. 2", None),
        ("Mission: Impossible", None),
        ("Star Wars: Episode IV - A New Hope", None),
        ("Harry Potter and the Deathly Hallows: Part 1", None),
        ("Series 7: The Contenders", None),
        ("The Godfather, Part II", None),
    ],
)
def test_an_episode_is_told_from_a_film_with_a_colon(text: str, show: str | None):
    title, part = program(text)
    assert (title, part is not None) == (show or text, show is not None)


HISTORY = 'Title,Date\n"Heat","6/19/25"\n"Dark: Season 1: Secrets","6/3/25"\n"Dark: Season 1: Lies","6/4/25"\n'


@pytest.mark.parametrize("name", ["NetflixViewingHistory.csv", "download.csv"])
def test_in_a_viewing_history_a_date_is_a_viewing_and_a_series_is_there_once(
    tmp_path: Path, name: str
):
    export = read(tmp_path, name, HISTORY)
    assert list(export.films["title"]) == ["Heat", "Dark"]
    assert film(export, "Heat")["watched_on"] == date(2025, 6, 19)
    assert film(export, "Dark")["title_type"] in NOT_A_MOVIE
    assert len(export.viewings) == 3


def test_a_series_whose_episodes_have_no_season_is_told_by_their_number(tmp_path: Path):
    episodes = [f"Star Trek: Lower Decks: Episode {n} of them" for n in range(3)]
    episodes += [f"Seinfeld: The Thing {n}" for n in range(10)]
    films = ["Mission: Impossible", "Star Wars: A New Hope", "Star Wars: Return of the Jedi"]
    lines = [f'"{title}","6/19/25"' for title in [*films, *episodes]]
    found = read(tmp_path, "NetflixViewingHistory.csv", "\n".join(["Title,Date", *lines])).films
    assert list(found["title"]) == [*films, "Star Trek: Lower Decks", "Seinfeld"]


def test_the_plain_date_of_another_list_is_the_day_of_logging(tmp_path: Path):
    heat = film(read(tmp_path, "mine.csv", "Title,Date\nHeat,2025-06-19\n"), "Heat")
    assert (heat["watched_on"], heat["logged_on"]) == (None, date(2025, 6, 19))


NETFLIX = {
    "CONTENT_INTERACTION/ViewingActivity.csv": "Profile Name,Start Time,Duration,Attributes,Title,"
    "Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country\n"
    "SECRET,2025-01-02 20:00:00,01:40:00,,Heat,,SECRET,01:40:00,01:40:00,DE (Germany)\n"
    "SECRET,2025-01-01 20:00:00,00:00:40,,Heat,TRAILER,SECRET,00:00:40,Not latest view,DE (Germany)\n"
    "SECRET,2025-01-01 20:00:00,00:00:40,,Jaws_hook_primary_16x9,,SECRET,00:00:40,00:00:40,DE (Germany)\n"
    "SECRET,2025-01-03 20:00:00,00:50:00,,Dark: Season 1: Secrets (Episode 1),,SECRET,00:50:00,00:50:00,DE\n",
    "CONTENT_INTERACTION/Ratings.csv": "Profile Name,Title Name,Rating Type,Star Value,Thumbs Value,"
    "Device Model,Event Utc Ts,Region View Date\nSECRET,Heat,thumb,,2,SECRET,2025-06-19 19:13:22,\n"
    "SECRET,Alien,star,4,0,SECRET,2017-06-19 19:13:22,\nSECRET,Cats,thumb,,1,SECRET,2017-06-19 19:13:22,\n",
    "CONTENT_INTERACTION/MyList.csv": "Profile Name,Title Name,Country,Utc Title Add Date\n"
    "SECRET,Stalker,DE,2024-01-01\n",
    "CONTENT_INTERACTION/SearchHistory.csv": "Profile Name,Query Typed,Displayed Name\nSECRET,SECRET,SECRET\n",
    "PROFILES/Profiles.csv": "Profile Name,Email\nSECRET,SECRET@example.org\n",
}  # fmt: skip


def test_netflixs_archive_gives_viewings_likes_and_ratings_but_no_trailers(tmp_path: Path):
    export = read(tmp_path, "netflix-report.zip", packed(NETFLIX))
    assert list(export.films["title"]) == ["Heat", "Dark", "Alien", "Cats", "Stalker"]
    heat = film(export, "Heat")
    assert (heat["watched_on"], heat["watch_count"]) == (date(2025, 1, 2), 1)
    assert (heat["runtime_minutes"], heat["liked"], heat["rating"]) == (None, True, None)
    assert (film(export, "Alien")["rating"], film(export, "Cats")["liked"]) == (4.0, False)
    assert film(export, "Stalker")["seen"] is False
    assert len(export.rejected) == 2
    assert len(export.unopened) == 2


def test_how_long_something_was_watched_is_no_runtime(tmp_path: Path):
    text = "Title,Start Time,Duration,Device\nHeat,2020-01-01 20:00,01:20:00,TV\n"
    heat = film(read(tmp_path, "history.csv", text), "Heat")
    assert (heat["runtime_minutes"], heat["watched_on"]) == (None, date(2020, 1, 1))


TV_TIME = (
    "created_at,watch_count,type,runtime,entity_type,watch_date,episode_number,season_number,release_date,"
    "watch_date_range_key,movie_name,series_name\n"
    "2025-05-10 21:50:59,1,watch,10200,movie,,,,1995-12-15 00:00:00,watch-date-1746913859,Heat,\n"
    "2025-05-10 21:50:59,,follow,10200,movie,,,,1995-12-15 00:00:00,,Heat,\n"
    "2025-06-10 21:50:59,,towatch,8160,movie,,,,1999-03-31 00:00:00,,The Matrix,\n"
    "2025-06-11 21:50:59,1,watch,2700,episode,,1,1,,,,Dark\n"
    "2025-06-11 22:50:59,1,watch,2700,episode,,2,1,,,,Dark\n"
)


def test_tv_times_events_say_what_was_seen_and_seconds_are_no_minutes(tmp_path: Path):
    private = "user_id,name,model\n7,SECRET,X1\n"
    files = {"gdpr/tracking-prod-records.csv": TV_TIME, "gdpr/device_data.csv": private}
    export = read(tmp_path, "gdpr.zip", packed(files))
    assert export.unopened == ["gdpr/device_data.csv"]
    assert list(export.films["title"]) == ["Heat", "The Matrix", "Dark"]
    heat, matrix = film(export, "Heat"), film(export, "The Matrix")
    assert (heat["seen"], heat["runtime_minutes"], heat["title_type"]) == (True, 170, "movie")
    assert (heat["watched_on"], matrix["seen"]) == (date(2025, 5, 10), False)
    assert film(export, "Dark")["title_type"] in NOT_A_MOVIE


def test_rows_with_season_and_episode_are_one_series_without_an_episodes_id(tmp_path: Path):
    text = (
        "imdb_id,type,title,season,episode,watched_at\ntt0113277,movie,Heat,,,2023-05-01\n"
        "tt7366338,show,Chernobyl,1,1,2023-05-02\ntt8162428,show,Chernobyl,1,2,2023-05-02\n"
    )
    export = read(tmp_path, "history.csv", text)
    assert list(export.films["title"]) == ["Heat", "Chernobyl"]
    assert film(export, "Chernobyl")["imdb_id"] is None
    text = "Show,Season,Episode,Title,Date Watched\nDark,1,1,Secrets,2020-01-01\nDark,1,2,Lies,2020-01-02\n"
    assert list(read(tmp_path, "episodes.csv", text).films["title"]) == ["Dark"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Heat (1995) [1080p].mkv", ("Heat", 1995, None, None, None)),
        ("Heat (1995) {tmdb-949}", ("Heat", 1995, None, 949, None)),
        ("Heat (1995) [imdbid-tt0113277]", ("Heat", 1995, "tt0113277", None, None)),
        ("{imdb-tt0113277} Heat (1995)/", ("Heat", 1995, "tt0113277", None, None)),
        ("Movies/Heat (1995)/Heat (1995) Bluray-1080p.mkv", ("Heat", 1995, None, None, None)),
        ("Heat.1995.1080p.BluRay.x264-GRP.mkv", ("Heat", 1995, None, None, None)),
        ("Blade.Runner.2049.2017.mkv", ("Blade Runner 2049", 2017, None, None, None)),
        ("1995 - Heat", ("Heat", 1995, None, None, None)),
        ("Heat - 1995", ("Heat", 1995, None, None, None)),
        ("- [ ] Heat (1995)", ("Heat", 1995, None, None, False)),
        ("- [x] Heat (1995)", ("Heat", 1995, None, None, True)),
        ("☑ Heat", ("Heat", None, None, None, True)),
        ("Face/Off (1997)", ("Face/Off", 1997, None, None, None)),
        ("(500) Days of Summer (2009)", ("(500) Days of Summer", 2009, None, None, None)),
        ("[REC] (2007)", ("[REC]", 2007, None, None, None)),
        ("1917 (2019).mkv", ("1917", 2019, None, None, None)),
    ],
)
def test_the_name_of_a_file_or_a_task_is_taken_apart(text: str, expected: tuple[object, ...]):
    assert tuple(named(text)) == expected


@pytest.mark.parametrize(
    "lines",
    [
        ["Heat (1995).mkv", "Alien (1979).mkv", "Jaws (1975).mp4"],
        ["Heat (1995)/", "Alien (1979)/", "Jaws (1975)/"],
        ["1995 - Heat", "1979 - Alien", "1975 - Jaws"],
        ["Heat (1995) {tmdb-949}", "Alien (1979) {tmdb-348}", "Jaws (1975)"],
        ["File name,Size", "Heat (1995).mkv,1000", "Alien (1979).mkv,1200", "Jaws (1975).mkv,900"],
    ],
)
def test_a_list_of_files_or_folders_is_a_list_of_films(tmp_path: Path, lines: list[str]):
    name = "list.csv" if "," in lines[0] else "list.txt"
    films = read(tmp_path, name, "\n".join(lines)).films
    assert list(films["title"]) == ["Heat", "Alien", "Jaws"]
    assert list(films["year"]) == [1995, 1979, 1975]


def test_a_title_with_a_number_is_no_year(tmp_path: Path):
    text = "Blade Runner 2049\nHeat\n2001: A Space Odyssey\nAlien\n1917\n"
    assert list(read(tmp_path, "list.txt", text).films["title"]) == text.splitlines()


def test_a_task_that_is_ticked_is_a_film_seen(tmp_path: Path):
    films = read(tmp_path, "tasks.txt", "[x] Heat (1995)\n[ ] Alien (1979)\n").films
    assert list(films["seen"]) == [True, False]


def test_a_year_in_the_title_counts_where_the_year_cell_is_empty(tmp_path: Path):
    films = read(
        tmp_path, "films.csv", "Title,Year\nHeat (1995),\nAlien,1979\nJaws (1975),1976\n"
    ).films
    assert list(films["title"]) == ["Heat", "Alien", "Jaws (1975)"]
    assert list(films["year"]) == [1995, 1979, 1976]


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ('"2024-01-01T12:05:00Z, 2024-01-15T15:30:00Z, 2024-01-27T23:00:00Z"', 3),
        ("2024-01-01; 2024-02-02", 2),
        ("01/02/2024; 13/02/2024", 2),
        ('"March 4, 2024 → March 5, 2024"', 1),
        ('"March 4, 2024"', 1),
    ],
)
def test_several_days_in_a_cell_are_several_viewings(tmp_path: Path, cell: str, days: int):
    export = read(tmp_path, "films.csv", f"Title,Date Watched\nHeat,{cell}\n")
    assert (len(export.viewings), film(export, "Heat")["watch_count"]) == (days, days)


def test_several_titles_with_their_years_in_a_cell_are_several_films(tmp_path: Path):
    text = 'Date Watched,Films\n2024-01-01,"Heat (1995), Alien (1979)"\n2024-01-02,Jaws (1975)\n'
    films = read(tmp_path, "films.csv", text).films
    assert list(films["title"]) == ["Heat", "Alien", "Jaws"]


_TITLES = st.sampled_from(
    ["Heat", "Blade Runner 2049", "M", "Mission: Impossible", "Face Off", "8½", "WALL·E", "Alien³"]
)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    films=st.lists(st.tuples(_TITLES, st.integers(1930, 2019)), min_size=1, max_size=8, unique=True),
    form=st.sampled_from(
        ["{} ({}).mkv", "{} ({})/", "- [x] {} ({})", "Movies/{0} ({1})/{0} ({1}) [1080p].mkv", "{1} - {0}",
         "{} ({}) {{tmdb-1}}", "{} [{}].avi", "{} ({}) [imdbid-tt0113277]"]
    ),
)  # fmt: skip
def test_any_title_in_the_usual_names_of_files_is_read(
    tmp_path: Path, films: list[tuple[str, int]], form: str
):
    names = [form.format(title.replace(": ", " - "), year) for title, year in films]
    found = [named(name) for name in names]
    expected = [(title.replace(": ", " - "), year) for title, year in films]
    assert [(one.title, one.year) for one in found] == expected


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    films=st.lists(_TITLES, min_size=1, max_size=5, unique=True),
    episodes=st.lists(
        st.tuples(st.sampled_from(["Dark", "Élite"]), st.integers(1, 9), st.sampled_from(["Season", "Staffel", "Temporada"])),
        min_size=1, max_size=9,
    ),
)  # fmt: skip
def test_a_series_is_in_a_viewing_history_once_beside_the_films(
    tmp_path: Path, films: list[str], episodes: list[tuple[str, int, str]]
):
    lines = [*films, *(f"{show}: {word} {number}: One" for show, number, word in episodes)]
    text = "\n".join(["Title,Date", *(f'"{line}","6/19/25"' for line in lines)])
    found = read(tmp_path, "NetflixViewingHistory.csv", text).films
    assert set(found[~found["title_type"].isin(NOT_A_MOVIE)]["title"]) == set(films)
    series = found[found["title_type"].isin(NOT_A_MOVIE)]["title"]
    assert sorted(series) == sorted({show for show, _, _ in episodes})
