"""TMDB's answers as JSON: what a film, a hit, a list of credits or an error looks like.

What belongs here: one function per shape, which turns a catalogue record and the parameters of a
request into the dictionary that TMDB would send, and the constants that are part of its answers
(error codes, genres, configuration). What does not: finding records (`catalogue`), and sending
answers (`transport`).

Source of the shapes: https://developer.themoviedb.org/reference. What a record lacks (pictures,
overviews, names of countries and languages, and any fact nobody was sure of) is empty, as on TMDB
for films that have not been described yet.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Record = Mapping[str, Any]
Query = Mapping[str, str]
Answer = tuple[int, dict[str, Any]]

# https://developer.themoviedb.org/docs/errors: TMDB's own code -> HTTP status and message.
ERRORS: dict[int, tuple[int, str]] = {
    5: (422, "Invalid parameters: Your request parameters are incorrect."),
    6: (404, "Invalid id: The pre-requisite id is invalid or not found."),
    7: (401, "Invalid API key: You must be granted a valid key."),
    10: (401, "Suspended API key: Access to your account has been suspended, contact TMDB."),
    11: (500, "Internal error: Something went wrong, contact TMDB."),
    22: (
        400,
        "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer.",
    ),
    25: (429, "Your request count (#) is over the allowed limit of (40)."),
    27: (
        400,
        "Too many append to response objects: The maximum number of remote calls is 20.",
    ),
    34: (404, "The resource you requested could not be found."),
    43: (502, "Couldn't connect to the backend server."),
    45: (403, "User suspended: This user has been suspended."),
    46: (503, "The API is undergoing maintenance. Try again later."),
}

# The ids of /genre/movie/list with their English and German names.
MOVIE_GENRES: dict[int, tuple[str, str]] = {
    28: ("Action", "Action"),
    12: ("Adventure", "Abenteuer"),
    16: ("Animation", "Animation"),
    35: ("Comedy", "Komödie"),
    80: ("Crime", "Krimi"),
    99: ("Documentary", "Dokumentarfilm"),
    18: ("Drama", "Drama"),
    10751: ("Family", "Familie"),
    14: ("Fantasy", "Fantasy"),
    36: ("History", "Historie"),
    27: ("Horror", "Horror"),
    10402: ("Music", "Musik"),
    9648: ("Mystery", "Mystery"),
    10749: ("Romance", "Liebesfilm"),
    878: ("Science Fiction", "Science Fiction"),
    10770: ("TV Movie", "TV-Film"),
    53: ("Thriller", "Thriller"),
    10752: ("War", "Kriegsfilm"),
    37: ("Western", "Western"),
}

# TMDB's departments of the jobs that a record may name.
DEPARTMENTS = {
    "Director": "Directing",
    "Screenplay": "Writing",
    "Writer": "Writing",
    "Story": "Writing",
    "Novel": "Writing",
    "Original Music Composer": "Sound",
    "Director of Photography": "Camera",
    "Editor": "Editing",
}


def error_body(code: int) -> Answer:
    """The HTTP status and body of TMDB's error `code`.

    >>> error_body(34)[0]
    404
    """
    status, message = ERRORS[code]
    return status, {"success": False, "status_code": code, "status_message": message}


def release_date(record: Record) -> str:
    """The film's primary (a series' first) date as YYYY-MM-DD, "" when unknown."""
    return record.get("release_date") or ""


def shown_title(record: Record, query: Query) -> str:
    """The title in the requested language: a translation, else the original, else `title`."""
    language, _, country = query.get("language", "en-US").partition("-")
    translations = [
        t for t in record.get("translations") or () if t["iso_639_1"] == language and t["title"]
    ]
    for translation in translations:
        if translation["iso_3166_1"] == country:
            return translation["title"]
    if translations:
        return translations[0]["title"]
    if language != "en" and language == record.get("original_language"):
        return record.get("original_title") or record["title"]
    return record["title"]


def genre_list(genre_ids: Iterable[int], query: Query) -> list[dict[str, Any]]:
    """Genres with their names: in German for a German request, otherwise in English."""
    german = query.get("language", "").partition("-")[0] == "de"
    return [
        {"id": genre, "name": MOVIE_GENRES[genre][german]}
        for genre in genre_ids
        if genre in MOVIE_GENRES
    ]


def _hit(record: Record) -> dict[str, Any]:
    """The fields that films and series share in a list of results."""
    return {
        "adult": False,
        "backdrop_path": None,
        "genre_ids": list(record.get("genres") or ()),
        "id": record["id"],
        "original_language": record.get("original_language") or "xx",
        "overview": "",
        "popularity": float(record.get("popularity") or 0),
        "poster_path": record.get("poster_path"),
        "softcore": False,
        "vote_average": float(record.get("vote_average") or 0),
        "vote_count": record.get("vote_count") or 0,
    }


def movie_hit(record: Record, query: Query) -> dict[str, Any]:
    """A film in a list of results."""
    return _hit(record) | {
        "original_title": record.get("original_title") or record["title"],
        "release_date": release_date(record),
        "title": shown_title(record, query),
        "video": False,
    }


def series_hit(record: Record, query: Query) -> dict[str, Any]:
    """A series in a list of results."""
    return _hit(record) | {
        "first_air_date": release_date(record),
        "name": shown_title(record, query),
        "origin_country": list(record.get("origin_country") or ()),
        "original_name": record.get("original_title") or record["title"],
    }


def movie_details(record: Record, query: Query, appended: Iterable[str]) -> dict[str, Any]:
    """A film as returned by `/movie/{id}`, with those `appended` parts that we support."""
    hit = movie_hit(record, query)
    genre_ids = hit.pop("genre_ids")
    countries = list(record.get("origin_country") or ())
    collection = record.get("collection")
    return {
        **hit,
        "belongs_to_collection": collection
        and {**collection, "poster_path": None, "backdrop_path": None},
        # TMDB says 0, not null, for an unknown budget, revenue or runtime.
        "budget": record.get("budget") or 0,
        "genres": genre_list(genre_ids, query),
        "homepage": "",
        "imdb_id": record.get("imdb_id"),
        "origin_country": countries,
        "production_companies": [
            {**company, "logo_path": None} for company in record.get("companies") or ()
        ],
        "production_countries": [{"iso_3166_1": code, "name": ""} for code in countries],
        "revenue": record.get("revenue") or 0,
        "runtime": record.get("runtime") or 0,
        "spoken_languages": [
            {"english_name": "", "iso_639_1": code, "name": ""}
            for code in record.get("spoken_languages") or ()
        ],
        "status": "Released" if release_date(record) else "In Production",
        "tagline": "",
        **{name: MOVIE_PARTS[name](record, query) for name in appended if name in MOVIE_PARTS},
    }


def _person(person: Record, film: Record, department: str, place: int) -> dict[str, Any]:
    return {
        "adult": False,
        "gender": person.get("gender") or 0,
        "id": person["id"],
        "known_for_department": department,
        "name": person["name"],
        "original_name": person["name"],
        "popularity": 0.0,
        "profile_path": None,
        "credit_id": f"{film['id']:08x}{person['id']:08x}{place:08x}",
    }


def _credits(record: Record, _query: Query) -> dict[str, Any]:
    directors = ({**one, "job": "Director"} for one in record.get("directors") or ())
    crew = (*directors, *(record.get("crew") or ()))
    return {
        "cast": [
            _person(p, record, "Acting", place)
            | {"cast_id": place + 1, "character": p.get("character") or "", "order": place}
            for place, p in enumerate(record.get("cast") or ())
        ],
        "crew": [
            _person(p, record, DEPARTMENTS[p["job"]], place)
            | {"department": DEPARTMENTS[p["job"]], "job": p["job"]}
            for place, p in enumerate(crew)
        ],
    }


def _external_ids(record: Record, _query: Query) -> dict[str, Any]:
    others = ("wikidata_id", "facebook_id", "instagram_id", "twitter_id")
    return {"imdb_id": record.get("imdb_id"), **dict.fromkeys(others)}


def _release_dates(record: Record, _query: Query) -> dict[str, Any]:
    countries: dict[str, list[dict[str, Any]]] = {}
    for release in record.get("release_dates") or ():
        countries.setdefault(release["iso_3166_1"], []).append(
            {
                "certification": release.get("certification") or "",
                "descriptors": [],
                "iso_639_1": "",
                "note": "",
                "release_date": f"{release['date']}T00:00:00.000Z",
                "type": release["type"],
            }
        )
    return {
        "results": [
            {"iso_3166_1": country, "release_dates": dates}
            for country, dates in sorted(countries.items())
        ]
    }


def _alternative_titles(record: Record, query: Query) -> dict[str, Any]:
    country = query.get("country")
    return {
        "titles": [
            {"iso_3166_1": t["iso_3166_1"], "title": t["title"], "type": ""}
            for t in record.get("alternative_titles") or ()
            if not country or t["iso_3166_1"] == country
        ]
    }


def _translations(record: Record, _query: Query) -> dict[str, Any]:
    return {
        "translations": [
            {
                "iso_3166_1": t["iso_3166_1"],
                "iso_639_1": t["iso_639_1"],
                "name": "",
                "english_name": "",
                "data": {
                    "homepage": "",
                    "overview": "",
                    "runtime": record.get("runtime") or 0,
                    "tagline": "",
                    "title": t["title"],
                },
            }
            for t in record.get("translations") or ()
        ]
    }


def _keywords(_record: Record, _query: Query) -> dict[str, Any]:
    return {"keywords": []}


# Parts that can be appended to a film, each of which also has an address below it.
MOVIE_PARTS: dict[str, Callable[[Record, Query], dict[str, Any]]] = {
    "alternative_titles": _alternative_titles,
    "credits": _credits,
    "external_ids": _external_ids,
    "keywords": _keywords,
    "release_dates": _release_dates,
    "translations": _translations,
}

CONFIGURATION: dict[str, Any] = {
    "change_keys": [],
    "images": {
        "base_url": "http://image.tmdb.org/t/p/",
        "secure_base_url": "https://image.tmdb.org/t/p/",
        "backdrop_sizes": ["w300", "w780", "w1280", "original"],
        "logo_sizes": ["w45", "w92", "w154", "w185", "w300", "w500", "original"],
        "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
        "profile_sizes": ["w45", "w185", "h632", "original"],
        "still_sizes": ["w92", "w185", "w300", "original"],
    },
}
