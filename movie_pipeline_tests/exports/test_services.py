"""The exports of all other services, one line for each generation of headers."""

import json
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from movie_pipeline.exports import NOT_A_MOVIE
from movie_pipeline_tests.exports.files import film, packed, read


class Case(NamedTuple):
    """A file, and what must be read from it for the film Heat."""

    format: str
    name: str
    text: str
    expected: dict[str, object]


CASES = {
    "imdb ratings before 2017": Case(
        "imdb list (2006)",
        "ratings.csv",
        '"position","const","created","modified","description","Title","Title type","Directors","You rated",'
        '"IMDb Rating","Runtime (mins)","Year","Genres","Num. Votes","Release Date (month/day/year)","URL"\n'
        '"1","tt0113277","Sat Mar  4 00:00:00 2017","","","Heat","Feature Film","Michael Mann","9","8.2","170",'
        '"1995","crime, drama","500000","1995-12-15","http://www.imdb.com/title/tt0113277/"\n',
        {"imdb_id": "tt0113277", "year": 1995, "rating": 4.5, "logged_on": date(2017, 3, 4), "seen": True,
         "title_type": "movie", "directors": ["Michael Mann"], "runtime_minutes": 170, "watched_on": None},
    ),
    "imdb list before 2017, not rated": Case(
        "imdb list (2006)",
        "WATCHLIST.csv",
        '"position","const","created","modified","description","Title","Title type","Directors","You rated",'
        '"IMDb Rating","Runtime (mins)","Year","Genres","Num. Votes","Release Date (month/day/year)","URL"\n'
        '"1","tt0113277","Sat Mar  4 00:00:00 2017","","","Heat","Feature Film","Michael Mann","","8.2","170",'
        '"1995","crime, drama","500000","1995-12-15","http://www.imdb.com/title/tt0113277/"\n',
        {"rating": None, "seen": False, "logged_on": date(2017, 3, 4)},
    ),
    "imdb ratings from 2017": Case(
        "imdb ratings (2017)",
        "ratings.csv",
        "Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,"
        "Release Date,Directors\n"
        'tt0113277,7,2018-11-02,Heat,https://www.imdb.com/title/tt0113277/,movie,8.2,170,1995,"Crime, Drama",'
        "1,1995-12-06,Michael Mann\n",
        {"imdb_id": "tt0113277", "rating": 3.5, "logged_on": date(2018, 11, 2), "seen": True,
         "watched_on": None, "watch_count": None},
    ),
    "imdb list from 2017": Case(
        "imdb list (2017)",
        "a0b1c2d3-0000-4000-8000-000000000000.csv",
        "Position,Const,Created,Modified,Description,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,"
        "Genres,Num Votes,Release Date,Directors\n"
        '1,tt0113277,2019-05-06,2019-05-07,"note, mine",Heat,https://www.imdb.com/title/tt0113277/,movie,8.2,'
        '170,1995,Crime,1,1995-12-06,"Michael Mann, Ann Lee"\n',
        {"seen": False, "logged_on": date(2019, 5, 6), "directors": ["Michael Mann", "Ann Lee"]},
    ),
    "imdb ratings from 2024": Case(
        "imdb ratings (2024)",
        "ratings.csv",
        "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,"
        "Genres,Num Votes,Release Date,Directors\n"
        "tt0113277,10,2024-11-02,Heat,Heat - La sfida,https://www.imdb.com/title/tt0113277/,Film,8.2,170,1995,"
        "Crime,1,1995-12-06,Michael Mann\n",
        {"rating": 5.0, "original_title": "Heat - La sfida", "title_type": "movie", "seen": True},
    ),
    "imdb watchlist from 2024, rated": Case(
        "imdb list (2024)",
        "watchlist.csv",
        "Position,Const,Created,Modified,Description,Title,Original Title,URL,Title Type,IMDb Rating,"
        "Runtime (mins),Year,Genres,Num Votes,Release Date,Directors,Your Rating,Date Rated\n"
        "1,tt0113277,2024-01-02,2024-01-02,,Heat,Heat,https://www.imdb.com/title/tt0113277/,Movie,8.2,170,1995,"
        "Crime,1,1995-12-06,Michael Mann,8,2024-03-04\n",
        {"rating": 4.0, "seen": True, "logged_on": date(2024, 1, 2)},
    ),
    "trakt ratings csv": Case(
        "trakt",
        "ratings.csv",
        "rated_at,type,title,year,trakt_rating,trakt_id,imdb_id,tmdb_id,tvdb_id,url,released,season_number,"
        "episode_number,episode_title,episode_released,episode_trakt_rating,episode_trakt_id,episode_imdb_id,"
        "episode_tmdb_id,episode_tvdb_id,genres,rating\n"
        "2020-01-02T23:30:00Z,movie,Heat,1995,8.1,801,tt0113277,949,,https://trakt.tv/movies/heat-1995,1995-12-15"
        ",,,,,,,,,,crime,9\n",
        {"rating": 4.5, "logged_on": date(2020, 1, 2), "export_tmdb_id": 949, "imdb_id": "tt0113277",
         "watched_on": None, "seen": True, "title_type": "movie"},
    ),
    "trakt history csv": Case(
        "trakt",
        "history.csv",
        "watched_at,action,type,title,year,trakt_rating,trakt_id,imdb_id,tmdb_id,tvdb_id,url,released,runtime,"
        "season_number,episode_number,episode_title,genres\n"
        "2020-01-02T23:30:00Z,watch,movie,Heat,1995,8.1,801,tt0113277,949,,,1995-12-15,170,,,,crime\n"
        "2021-01-02T23:30:00Z,watch,movie,Heat,1995,8.1,801,tt0113277,949,,,1995-12-15,170,,,,crime\n",
        {"rating": None, "logged_on": None, "watched_on": date(2021, 1, 2), "watch_count": 2},
    ),
    "tmdb ratings": Case(
        "tmdb",
        "ratings.csv",
        "TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated\n"
        "949,tt0113277,movie,Heat,1995-12-15T00:00:00Z,,,7.9,9,2021-06-07T00:00:00Z\n",
        {"export_tmdb_id": 949, "imdb_id": "tt0113277", "year": 1995, "rating": 4.5, "seen": True,
         "logged_on": date(2021, 6, 7), "title_type": "movie"},
    ),
    "tmdb watchlist": Case(
        "tmdb",
        "export.csv",
        "TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated\n"
        "949,tt0113277,movie,Heat,1995-12-15T00:00:00Z,,,7.9,,\n",
        {"rating": None, "seen": False},
    ),
    "movielens": Case(
        "movielens",
        "movielens-ratings.csv",
        "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n6,0113277,949,4.5,3.86,Heat (1995)\n",
        {"imdb_id": "tt0113277", "export_tmdb_id": 949, "rating": 4.5, "year": 1995},
    ),
    "movielens through a spreadsheet": Case(
        "movielens",
        "movielens-ratings.csv",
        "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n6,113277,949,4.5,3.86,Heat (1995)\n",
        {"imdb_id": "tt0113277"},
    ),
    "flickpick, in percent": Case(
        "movielens",
        "ratings.csv",
        "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n6,0113277,949,90,80,Heat (1995)\n",
        {"rating": 4.5},
    ),
    "simkl": Case(
        "simkl",
        "SimklBackup.csv",
        "simkl_id,TVDB_ID,TMDB,IMDB_ID,MAL_ID,Type,Title,Year,LastEpWatched,Watchlist,WatchedDate,Rating,Memo\n"
        "53992,,949,tt0113277,,movie,Heat,1995,,completed,12/31/2020,9,mine\n",
        {"rating": 4.5, "watched_on": date(2020, 12, 31), "export_tmdb_id": 949, "imdb_id": "tt0113277"},
    ),
    "simkl, second form": Case(
        "simkl",
        "simkl.csv",
        "SIMKL_ID,Title,Type,Year,Watchlist,LastEpWatched,WatchedDate,Rating,Memo,TVDB,TMDB,IMDB\n"
        "53992,Heat,movie,1995,plantowatch,,,,,,949,tt0113277\n",
        {"seen": False, "export_tmdb_id": 949, "imdb_id": "tt0113277", "watched_on": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_generation_of_headers_is_recognised(tmp_path: Path, name: str):
    case = CASES[name]
    export = read(tmp_path, case.name, case.text)
    assert export.files[0].format == case.format
    assert export.files[0].confidence == 1.0
    found = film(export, "Heat")
    assert {field: found[field] for field in case.expected} == case.expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Feature Film", "movie"), ("movie", "movie"), ("Film", "movie"), ("Película", "movie"), ("Filme", "movie"),
        ("फ़िल्म", "movie"), ("Documentary", "movie"),
        ("TV Series", "tvSeries"), ("tvSeries", "tvSeries"), ("Serie TV", "tvSeries"), ("Série télévisée", "tvSeries"),
        ("Fernsehserie", "tvSeries"), ("show", "tvSeries"), ("tv", "tvSeries"), ("टीवी सीरीज़", "tvSeries"),
        ("TV Mini Series", "tvMiniSeries"), ("tvMiniSeries", "tvMiniSeries"), ("Mini serie TV", "tvMiniSeries"),
        ("Mini-Series", "tvMiniSeries"), ("Minisserie", "tvMiniSeries"), ("Minissérie de televisão", "tvMiniSeries"),
        ("TV Movie", "tvMovie"), ("tvMovie", "tvMovie"), ("Téléfilm", "tvMovie"), ("Fernsehfilm", "tvMovie"),
        ("TV Special", "tvSpecial"), ("tvSpecial", "tvSpecial"), ("Especial de TV", "tvSpecial"),
        ("TV Short", "tvShort"), ("tvShort", "tvShort"), ("short", "short"), ("Short Film", "short"),
        ("Court-métrage", "short"), ("Kurzfilm", "short"), ("Cortometraje", "short"), ("Curta-metragem", "short"),
        ("Video", "video"), ("Vidéo", "video"), ("Music Video", "musicVideo"), ("musicVideo", "musicVideo"),
        ("Musikvideo", "musicVideo"), ("Clip musical", "musicVideo"), ("Video musicale", "musicVideo"),
        ("TV Episode", "tvEpisode"), ("tvEpisode", "tvEpisode"), ("Episodio TV", "tvEpisode"),
        ("Épisode télévisé", "tvEpisode"), ("Episódio de TV", "tvEpisode"), ("TV-Folge", "tvEpisode"),
        ("Video Game", "videoGame"), ("videoGame", "videoGame"), ("Videospiel", "videoGame"),
        ("Jeu vidéo", "videoGame"), ("Videojuego", "videoGame"), ("Videogioco", "videoGame"),
        ("Podcast Series", "podcastSeries"), ("podcastSeries", "podcastSeries"),
        ("Podcast Episode", "podcastEpisode"), ("Épisode de podcast", "podcastEpisode"),
        ("Something Else", None),
    ],
)  # fmt: skip
def test_title_types_in_all_languages_are_translated_to_imdbs(
    tmp_path: Path, word: str, expected: str | None
):
    text = f'Const,Title,Title Type,Year\ntt0113277,Heat,"{word}",1995\n'
    found = film(read(tmp_path, "ratings.csv", text), "Heat")["title_type"]
    assert found == expected
    is_film = expected in {
        "movie", "tvMovie", "tvSpecial", "tvShort", "short", "video", "musicVideo", None,
    }  # fmt: skip
    assert (found not in NOT_A_MOVIE) is is_film


HEAT = {"title": "Heat", "year": 1995, "ids": {"trakt": 801, "imdb": "tt0113277", "tmdb": 949}}
LOST = {"title": "Lost", "year": 2004, "ids": {"trakt": 5, "imdb": None, "tmdb": 949}}
TRAKT = {
    "watched-movies.json": [{"plays": 2, "last_watched_at": "2021-02-03T20:00:00.000Z", "movie": HEAT}],
    "watched-history-1.json": [
        {"id": 1, "watched_at": "2021-02-03T20:00:00.000Z", "action": "watch", "type": "movie", "movie": HEAT},
        {"id": 2, "watched_at": "2020-02-03T20:00:00.000Z", "action": "watch", "type": "movie", "movie": HEAT},
    ],
    "watched-history-2.json": [
        {"id": 3, "watched_at": "2020-05-05T20:00:00.000Z", "action": "watch", "type": "episode",
         "episode": {"season": 1, "number": 1, "title": "Pilot", "ids": {}}, "show": LOST},
    ],
    "ratings-movies.json": [{"rated_at": "2021-03-04T00:00:00.000Z", "rating": 9, "type": "movie", "movie": HEAT}],
    "ratings-episodes.json": [
        {"rated_at": "2021-03-04T00:00:00.000Z", "rating": 1, "type": "episode", "episode": {"season": 1},
         "show": LOST},
    ],
    "lists-watchlist.json": [
        {"rank": 1, "id": 9, "listed_at": "2019-01-01T00:00:00.000Z", "type": "movie",
         "movie": {"title": "Stalker", "year": 1979, "ids": {"imdb": "tt0079944", "tmdb": None}}},
    ],
    "lists-list-123-the-best.json": [
        {"rank": 1, "id": 10, "listed_at": "2019-01-02T00:00:00.000Z", "type": "movie", "movie": HEAT},
        {"rank": 2, "id": 11, "listed_at": "2019-01-02T00:00:00.000Z", "type": "person", "person": {"name": "X"}},
    ],
    "lists-lists.json": [{"name": "The Best"}],
    "comments-movies.json": [{"comment": {"comment": "SECRET"}, "movie": HEAT}],
    "collection-movies.json": [{"collected_at": "2019-01-02T00:00:00.000Z", "movie": HEAT}],
    "user-profile.json": {"username": "SECRET"},
}  # fmt: skip


def test_the_files_of_trakts_archive_are_merged_into_one_list_of_films(tmp_path: Path):
    files = {f"trakt-export/{name}": json.dumps(items) for name, items in TRAKT.items()}
    export = read(tmp_path, "trakt.zip", packed(files))
    assert {name.partition("/")[2] for name in export.unopened} == {
        "lists-lists.json", "comments-movies.json", "collection-movies.json", "user-profile.json",
    }  # fmt: skip
    heat = film(export, "Heat")
    assert (heat["rating"], heat["watch_count"]) == (4.5, 2)
    assert heat["watched_on"] == date(2021, 2, 3)
    assert heat["in_lists"] == ["the-best"]
    assert heat["logged_on"] == date(2021, 3, 4), "the day of the rating, not of an earlier list"
    stalker = film(export, "Stalker")
    assert (stalker["seen"], stalker["imdb_id"], stalker["export_tmdb_id"]) == (
        False,
        "tt0079944",
        None,
    )
    assert stalker["logged_on"] == date(2019, 1, 1)
    lost = film(export, "Lost")
    assert lost["title_type"] == "tvSeries"
    assert lost["rating"] is None, "the rating was for an episode"
    assert sum(report.rejected for report in export.files) == 1


@pytest.mark.parametrize(
    "content", [TRAKT["ratings-movies.json"], {"movies": TRAKT["ratings-movies.json"]}]
)
def test_a_json_file_may_be_an_array_or_an_object_of_arrays(tmp_path: Path, content: object):
    export = read(tmp_path, "ratings.json", json.dumps(content, indent=2))
    assert export.files[0].format == "trakt json"
    assert film(export, "Heat")["rating"] == 4.5


def test_the_items_before_a_json_file_is_cut_off_are_read(tmp_path: Path):
    text = json.dumps(TRAKT["watched-history-1.json"])
    export = read(tmp_path, "history.json", text[:-20])
    assert list(export.films["title"]) == ["Heat"]
    assert list(export.rejected["line"]) == [2]


def test_simkls_json_backup_is_read(tmp_path: Path):
    content = {
        "movies": [
            {"added_to_watchlist_at": "2020-01-01T00:00:00Z", "last_watched_at": "2020-02-02T00:00:00Z",
             "user_rating": 9, "status": "completed", "movie": HEAT},
            {"added_to_watchlist_at": "2020-01-01T00:00:00Z", "last_watched_at": None, "user_rating": None,
             "status": "plantowatch", "movie": {"title": "Stalker", "year": 1979, "ids": {"simkl": 1}}},
        ],
        "shows": [{"status": "watching", "last_watched_at": None, "show": LOST}],
    }  # fmt: skip
    export = read(tmp_path, "SimklBackup.json", json.dumps(content))
    assert film(export, "Heat")["rating"] == 4.5
    assert film(export, "Heat")["watched_on"] == date(2020, 2, 2)
    assert film(export, "Stalker")["seen"] is False
    assert film(export, "Lost")["title_type"] == "tvSeries"


def test_an_exporter_is_added_by_one_module_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Putting the file into the folder of formats is all that is needed."""
    from movie_pipeline.exports import formats

    (tmp_path / "criticker.py").write_text(
        "from movie_pipeline.exports.exporter import TableFormat, names\n"
        "FORMATS = (TableFormat(name='criticker', service='criticker', specificity=60,\n"
        "    signatures=(names('Score, Film Name, Mini Review'),), columns={'title': ('Film Name',),\n"
        "    'rating': ('Score',)}, scale=100),)\n"
    )
    found = (formats._modules, formats.tables, formats.documents, formats.layouts)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    for cached in found:
        cached.cache_clear()
    try:
        export = read(tmp_path, "ratings.csv", "Score,Film Name,Mini Review\n90,Heat,fine\n")
        assert export.files[0].format == "criticker"
        assert film(export, "Heat")["rating"] == 4.5
    finally:
        monkeypatch.undo()
        for cached in found:
            cached.cache_clear()
