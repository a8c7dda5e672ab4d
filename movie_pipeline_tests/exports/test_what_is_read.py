"""Every row of the table "What is read" in docs/your-films.md, one small export for each."""

import json
import re
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from movie_pipeline_tests.exports.files import LETTERBOXD, film, packed, read

DOCS = Path(__file__).parents[2] / "docs" / "your-films.md"
IDS = {"ids": {"imdb": "tt0113277", "tmdb": 949}}


class Sample(NamedTuple):
    """An export, and what is read of Heat."""

    name: str
    content: str | bytes
    expected: dict[str, object]


SAMPLES = {
    "Letterboxd": Sample(
        "letterboxd.zip", packed(LETTERBOXD),
        {"watched_on": date(2022, 3, 1), "rating": 4.5, "tags": ["cinema", "35mm"], "source_format": "letterboxd"},
    ),
    "IMDb": Sample(
        "ratings.csv",
        "Const,Your Rating,Date Rated,Title,Title Type,Runtime (mins),Year,Directors\n"
        "tt0113277,9,2024-01-01,Heat,Movie,170,1995,Michael Mann\n",
        {"rating": 4.5, "imdb_id": "tt0113277", "directors": ["Michael Mann"], "runtime_minutes": 170},
    ),
    "Trakt": Sample(
        "trakt.zip",
        packed({
            "watched-movies.json": json.dumps([{"plays": 3, "last_watched_at": "2024-01-01T10:00:00Z",
                                                "movie": {"title": "Heat", "year": 1995, **IDS}}]),
            "list-12-the-best.json": json.dumps([{"rank": 1, "listed_at": "2024-01-01T10:00:00Z", "type": "movie",
                                                  "movie": {"title": "Heat", "year": 1995, **IDS}}]),
            "user-profile.json": "{}",
        }),
        {"watch_count": 3, "watched_on": date(2024, 1, 1), "in_lists": ["the-best"], "export_tmdb_id": 949},
    ),
    "TMDB": Sample(
        "ratings.csv",
        "TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated\n"
        "949,tt0113277,movie,Heat,1995-12-15T00:00:00Z,,,7.9,9,2021-06-07T00:00:00Z\n",
        {"rating": 4.5, "export_tmdb_id": 949, "title_type": "movie"},
    ),
    "Simkl": Sample(
        "simkl.csv", "SIMKL_ID,Title,Type,Year,Watchlist,WatchedDate,Rating\n1,Heat,movie,1995,completed,,9\n",
        {"rating": 4.5, "seen": True, "title_type": "movie"},
    ),
    "MovieLens": Sample(
        "movielens-ratings.csv", "movie_id,imdb_id,tmdb_id,rating,average_rating,title\n6,0113277,949,4.5,3,Heat (1995)\n",
        {"rating": 4.5, "year": 1995, "imdb_id": "tt0113277"},
    ),
    "Netflix": Sample(
        "NetflixViewingHistory.csv", 'Title,Date\n"Heat","6/19/25"\n"Dark: Season 1: Secrets","6/18/25"\n',
        {"watched_on": date(2025, 6, 19), "title_type": None},
    ),
    "Prime Video": Sample(
        "watch-history.csv",
        '"Date Watched","Type","Title","Episode Title","Path"\n"1720348983053","Movie","Heat","","/x"\n'
        '"1736456347817","Series","Beast Games - Season 1","Episode 5: X","/x"\n',
        {"watched_on": date(2024, 7, 7), "title_type": "movie"},
    ),
    "TV Time": Sample(
        "gdpr.zip",
        packed({"gdpr/tracking-prod-records.csv":
                "created_at,watch_count,type,runtime,entity_type,release_date,watch_date_range_key,movie_name\n"
                "2025-05-10 21:50:59,1,watch,10200,movie,1995-12-15 00:00:00,watch-date-1746913859,Heat\n"}),
        {"watched_on": date(2025, 5, 10), "runtime_minutes": 170, "seen": True},
    ),
    "Yamtrack": Sample(
        "yamtrack.csv",
        "media_id,source,media_type,title,season_number,episode_number,score,status,end_date\n"
        "949,tmdb,movie,Heat,,,4.5,Completed,2025-03-02 20:15:00+00:00\n"
        "1396,tmdb,episode,Lost,1,1,,,2025-04-01 10:00:00+00:00\n",
        {"export_tmdb_id": 949, "rating": 2.25, "watched_on": date(2025, 3, 2), "seen": True},
    ),
    "Moviebase": Sample(
        "moviebase.csv",
        "media_id,media_type,title,release_date,last_added,rating,imdb_id\n"
        "949,movie,Heat,1995-12-15,2024-01-01T10:00:00,4.0,tt0113277\n",
        {"export_tmdb_id": 949, "rating": 2.0, "title_type": "movie", "logged_on": date(2024, 1, 1)},
    ),
    "Watcharr": Sample(
        "watcharr.json",
        json.dumps([{"status": "FINISHED", "rating": 4, "createdAt": "2024-06-08T12:51:09Z",
                     "content": {"tmdbId": 949, "title": "Heat", "type": "movie"}}]),
        {"export_tmdb_id": 949, "rating": 2.0, "seen": True, "source_format": "watcharr"},
    ),
    "Ryot": Sample(
        "ryot.json",
        json.dumps({"metadata": [{"source": "tmdb", "lot": "movie", "identifier": "949", "source_id": "Heat",
                                  "seen_history": [{"ended_on": "2024-05-01"}], "reviews": [{"rating": "90"}]}]}),
        {"export_tmdb_id": 949, "rating": 4.5, "watched_on": date(2024, 5, 1), "title_type": "movie"},
    ),
    "Jellyfin": Sample(
        "jellyfin.json",
        json.dumps({"Items": [{"Name": "Heat", "ProductionYear": 1995, "Type": "Movie", "ProviderIds": {"Tmdb": "949"},
                               "UserData": {"Played": True, "PlayCount": 2, "IsFavorite": True,
                                            "LastPlayedDate": "2024-05-01T20:00:00.0000000Z"}}]}),
        {"export_tmdb_id": 949, "watch_count": 2, "watched_on": date(2024, 5, 1), "liked": True},
    ),
    "MediaElch": Sample(
        "mediaelch.csv",
        "movie_imdb_id;movie_tmdb_id;movie_title;movie_release_date;movie_user_rating;movie_last_played;movie_playcount\n"
        "tt0113277;949;Heat;1995-12-15;4;2024-05-01T20:00:00;2\n",
        {"export_tmdb_id": 949, "rating": 2.0, "watch_count": 2, "year": 1995},
    ),
    "Kinorium": Sample(
        "kinorium.csv",
        '"Title"\t"Original Title"\t"Type"\t"Year"\t"Countries"\t"Directors"\t"Date"\t"My rating"\n'
        '"Heat"\t"Heat"\t"Фильм"\t"1995"\t"США"\t"Майкл Манн"\t"2025-03-02 20:15:00"\t"4"\n',
        {"rating": 2.0, "title_type": "movie", "directors": ["Майкл Манн"]},
    ),
    "Filmweb": Sample(
        "filmweb.csv",
        "timestamp,user_vote,user_favourite,global_rating,original_title,pl_title,directors,duration_min,year\n"
        "1421000000,4,True,7.9,,Heat,Michael Mann,170,1995\n",
        {"rating": 2.0, "liked": True, "runtime_minutes": 170, "directors": ["Michael Mann"]},
    ),
    "Douban": Sample(
        "tofu.csv", "标题,简介,豆瓣评分,创建时间,我的评分,标签\nHeat,1995 / 美国 / 犯罪,9.3,2022-08-22,4,犯罪\n",
        {"year": 1995, "rating": 4.0, "tags": ["犯罪"]},
    ),
    "your own table": Sample(
        "mine.csv", "Film;Jahr;Gesehen am;Bewertung\nHeat;1995;31.01.2024;9\n",
        {"year": 1995, "watched_on": date(2024, 1, 31), "rating": 4.5},
    ),
    "files and folders": Sample("films.txt", "Heat (1995) [1080p].mkv\nAlien (1979)/\n", {"year": 1995}),
    "tasks": Sample("tasks.txt", "- [x] Alien (1979)\n- [ ] Heat (1995)\n", {"year": 1995, "seen": False}),
}  # fmt: skip


def test_the_table_in_the_docs_has_a_sample_for_each_row():
    table = DOCS.read_text(encoding="utf-8").partition("## What is read")[2].partition("\n- ")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    assert rows[2:] == list(SAMPLES)


@pytest.mark.parametrize("service", SAMPLES)
def test_what_the_docs_say_is_read(tmp_path: Path, service: str):
    sample = SAMPLES[service]
    found = film(read(tmp_path, sample.name, sample.content), "Heat")
    assert {field: found[field] for field in sample.expected} == sample.expected
