"""Letterboxd's archive, its single files, its lists and its import format."""

from datetime import date
from pathlib import Path

import pytest

from movie_pipeline.exports import read_export
from movie_pipeline_tests.exports.files import LETTERBOXD, checked, film, packed, read

FILM_LISTS = [
    "watched.csv",
    "ratings.csv",
    "diary.csv",
    "reviews.csv",
    "likes/films.csv",
    "watchlist.csv",
    "lists/best.csv",
]


def test_only_film_lists_are_opened_and_all_other_files_are_reported(tmp_path: Path):
    export = read(tmp_path, "letterboxd.zip", packed(LETTERBOXD))
    assert [report.name for report in export.files] == FILM_LISTS
    assert export.unopened == sorted(LETTERBOXD.keys() - set(FILM_LISTS))


@pytest.mark.parametrize("top", ["", "letterboxd-alice-2024-01-01/", "a/b/"])
def test_the_depth_of_the_exports_top_folder_makes_no_difference(tmp_path: Path, top: str):
    files = {f"{top}{name}": text for name, text in LETTERBOXD.items()}
    files |= {f"__MACOSX/{top}._watched.csv": b"\x00\x05\x16\x07", f"{top}.DS_Store": b"\x00"}
    export = read(tmp_path, "export.zip", packed(files))
    assert [report.name for report in export.files] == [top + name for name in FILM_LISTS]
    assert list(export.films["title"]) == [
        "Heat", "Alien", "Crash", "Crash", "Paris", "Stalker", "Mirror",
    ]  # fmt: skip


def test_the_unpacked_folder_reads_like_the_archive(tmp_path: Path):
    for name, text in LETTERBOXD.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_text(text)
    folder = checked(read_export(tmp_path / "folder", "alice/folder"))
    archive = read(tmp_path, "export.zip", packed(LETTERBOXD))
    assert folder.films.to_csv() == archive.films.to_csv()
    assert folder.viewings.to_csv() == archive.viewings.to_csv()


def test_a_film_that_is_in_many_files_is_one_row(tmp_path: Path):
    """ratings.csv wins over the diary, and an entry's link is never taken for the film's."""
    export = read(tmp_path, "letterboxd.zip", packed(LETTERBOXD))
    assert film(export, "Heat") == {
        "row_number": 1,
        "source_format": "letterboxd",
        "title": "Heat",
        "year": 1995,
        "original_title": None,
        "imdb_id": None,
        "export_tmdb_id": None,
        "letterboxd_uri": "https://boxd.it/2b1c",
        "title_type": None,
        "directors": [],
        "runtime_minutes": None,
        "rating": 4.5,
        "rated_on": date(2022, 2, 1),
        "liked": False,
        "seen": True,
        "logged_on": date(2022, 1, 20),
        "watched_on": date(2022, 3, 1),
        "watch_count": 1,
        "tags": ["cinema", "35mm"],
        "in_lists": [],
        "watchlisted": True,  # to be seen again
    }
    alien = film(export, "Alien")
    assert (alien["rating"], alien["liked"], alien["in_lists"]) == (5.0, True, ["The Best"])
    assert (alien["watched_on"], alien["watch_count"]) == (date(2022, 5, 1), 3)


def test_one_entry_in_diary_and_reviews_is_one_viewing_and_two_entries_are_two(tmp_path: Path):
    export = read(tmp_path, "letterboxd.zip", packed(LETTERBOXD))
    viewings = export.viewings
    assert list(viewings["watched_on"]) == [
        date(2022, 3, 1), date(2022, 4, 1), date(2022, 5, 1), date(2022, 5, 1),
    ]  # fmt: skip
    assert list(viewings["rewatch"].fillna(False)) == [False, False, True, True]
    assert viewings["tags"][0] == ["cinema", "35mm"]
    fates = {r.name: (r.viewings, r.films, r.merged) for r in export.files}
    assert fates["diary.csv"] == (4, 0, 0)
    assert fates["reviews.csv"] == (0, 1, 1)


def test_a_film_that_is_only_on_a_watchlist_or_a_list_has_not_been_seen(tmp_path: Path):
    export = read(tmp_path, "letterboxd.zip", packed(LETTERBOXD))
    assert not film(export, "Stalker")["seen"]
    assert not film(export, "Mirror")["seen"]
    assert film(export, "Mirror")["in_lists"] == ["The Best"]
    assert film(export, "Paris")["seen"]
    assert film(export, "Paris")["watched_on"] is None


def test_two_films_with_the_same_title_and_year_but_different_links_stay_apart(tmp_path: Path):
    text = (
        "Date,Name,Year,Letterboxd URI\n2020-01-01,Hunger,2023,https://boxd.it/a\n"
        "2020-01-01,Hunger,2023,https://boxd.it/b\n2020-01-02,Hunger,2023,https://boxd.it/a\n"
    )
    export = read(tmp_path, "watched.csv", text)
    assert list(export.films["letterboxd_uri"]) == ["https://boxd.it/a", "https://boxd.it/b"]
    assert export.files[0].merged == 1


@pytest.mark.parametrize(
    ("name", "seen", "liked"),
    [
        ("watched.csv", True, False),
        ("films I saw.csv", True, False),
        ("watchlist.csv", False, False),
        ("alice/watchlist (1).csv", False, False),
        ("likes/films.csv", True, True),
    ],
)
def test_the_file_name_tells_apart_lists_with_the_same_header(
    tmp_path: Path, name: str, seen: bool, liked: bool
):
    export = read(tmp_path, name, LETTERBOXD["watched.csv"])
    assert set(export.films["seen"]) == {seen}
    assert set(export.films["liked"]) == {liked}


def test_without_ratings_csv_the_rating_is_that_of_the_latest_viewing(tmp_path: Path):
    text = (
        "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
        "2022-05-02,Alien,1979,https://boxd.it/e1,5,Yes,,2022-05-01\n"
        "2022-06-02,Alien,1979,https://boxd.it/e2,2,,,2010-01-01\n"
    )
    assert film(read(tmp_path, "diary.csv", text), "Alien")["rating"] == 5.0


def test_a_list_takes_its_name_from_the_preamble(tmp_path: Path):
    export = read(tmp_path, "best.csv", LETTERBOXD["lists/best.csv"])
    assert export.files[0].lines == 2
    assert list(export.films["in_lists"]) == [["The Best"], ["The Best"]]
    assert list(export.films["letterboxd_uri"]) == ["https://boxd.it/2awY", "https://boxd.it/29qU"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "tmdbID,imdbID,Title,Year,Rating10,WatchedDate,Rewatch,Review\n"
                "949,tt0113277,Heat,1995,9,2020-02-03,false,fine\n"
            ),
            {
                "rating": 4.5,
                "watched_on": date(2020, 2, 3),
                "imdb_id": "tt0113277",
                "export_tmdb_id": 949,
            },
        ),
        (
            (
                "LetterboxdURI,Title,Year,Directors,CreatedDate,Rating,Tags\n"
                'https://boxd.it/2b1c,Heat,1995,Michael Mann,2020-02-03,4.5,"a, b"\n'
            ),
            {
                "rating": 4.5,
                "logged_on": date(2020, 2, 3),
                "directors": ["Michael Mann"],
                "tags": ["a", "b"],
            },
        ),
    ],
)
def test_the_import_format_is_read(tmp_path: Path, text: str, expected: dict[str, object]):
    export = read(tmp_path, "import.csv", text)
    assert export.files[0].format == "letterboxd import"
    found = film(export, "Heat")
    assert {name: found[name] for name in expected} == expected


def test_films_of_one_title_and_year_keep_their_own_viewings_and_tags(tmp_path: Path):
    """Their links differ; a diary line has none of a film, but the case or the day tells."""
    files = {
        "profile.csv": LETTERBOXD["profile.csv"],
        "watched.csv": "Date,Name,Year,Letterboxd URI\n"
        "2020-01-01,Rain,2001,https://boxd.it/a\n2020-02-01,rain,2001,https://boxd.it/b\n"
        "2020-03-01,Haunted Castle,1897,https://boxd.it/c\n"
        "2020-04-01,Haunted Castle,1897,https://boxd.it/d\n",
        "diary.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
        "2020-05-01,rain,2001,https://boxd.it/e1,4,,small,2020-05-01\n"
        "2020-04-01,Haunted Castle,1897,https://boxd.it/e2,4,,second,2020-03-31\n"
        "2020-03-01,Haunted Castle,1897,https://boxd.it/e3,2,,first,2020-03-01\n",
    }
    films = read(tmp_path, "letterboxd.zip", packed(files)).films
    tags = dict(zip(films["letterboxd_uri"], films["tags"], strict=True))
    assert tags == {
        "https://boxd.it/a": [],
        "https://boxd.it/b": ["small"],
        "https://boxd.it/c": ["first"],
        "https://boxd.it/d": ["second"],
    }
    assert list(films["watch_count"].fillna(0)) == [0, 1, 1, 1]
