"""Synthetic rows of `enriched.movies` for the tests of charts and page: no real export in them.

Rows are made by a seeded generator, so that a failing test fails again.
"""

import datetime as dt
import random

import numpy as np
import pandas as pd

GENRES = {
    18: "Drama",
    35: "Comedy",
    53: "Thriller",
    10749: "Romance",
    28: "Action",
    80: "Crime",
    12: "Adventure",
    878: "Science Fiction",
    9648: "Mystery",
    27: "Horror",
    14: "Fantasy",
    16: "Animation",
    10751: "Family",
    36: "History",
    10752: "War",
    10402: "Music",
    99: "Documentary",
    37: "Western",
    10770: "TV Movie",
}
DIRECTORS = [
    "Agnès Varda",
    "Akira Kurosawa",
    "Martin Scorsese",
    "Claire Denis",
    "Hayao Miyazaki",
    "Chantal Akerman",
    "Billy Wilder",
    "Spike Lee",
    "Sofia Coppola",
    "David Lynch",
    "Kathryn Bigelow",
    "Steve McQueen",
    "Steve McQueen",
    "Wong Kar-wai",
    "Jane Campion",
    "Pedro Almodóvar",
    "Céline Sciamma",
    "Yasujirō Ozu",
    "Krzysztof Kieślowski",
    "Andrei Tarkovsky",
    "Apichatpong Weerasethakul",
    "Satyajit Ray",
    "Abbas Kiarostami",
    "Bong Joon Ho",
    "Ousmane Sembène",
    "Lucrecia Martel",
    "Ingmar Bergman",
    "Florian Henckel von Donnersmarck",
    "Lana Wachowski",
    "Lilly Wachowski",
]
NON_LATIN = [
    "七人の侍",
    "千と千尋の神隠し",
    "Сталкер",
    "봄 여름 가을 겨울 그리고 봄",
    "جدایی نادر از سیمین",
    "पथेर पांचाली",
    "בופור",
    "ลุงบุญมีระลึกชาติ",
    "Ζορμπάς",
    "霸王别姬",
    "Ձմռան քուն",
    "ბედნიერება",
    "பராசக்தி",
]
_WORDS = [
    "Night",
    "Summer",
    "River",
    "House",
    "Light",
    "Stranger",
    "Garden",
    "Paper",
    "Winter",
    "Mirror",
    "Train",
    "Silence",
    "Ocean",
    "Letter",
    "Morning",
    "Shadow",
    "Orchard",
    "Window",
    "Distance",
    "Fever",
    "Harbour",
    "Bicycle",
    "Lantern",
    "Mountain",
]


#: Of a film's cast of twenty, those who are in no other film. Of the 10,000 films with the most votes
#: in a catalogue of TMDB's, 32 % of the names were.
_ONCE = 7
_COUNTRIES = [["US"], ["US", "GB"], ["FR"], ["JP"], ["IT", "FR"], ["SU"], ["ZZ"]]


def _viewings(rng: random.Random) -> object:
    """Return the days of some viewings as DuckDB lists them, or None: four in ten have no date."""
    if rng.random() < 0.4:
        return None
    days = [dt.date(2019, 1, 1) + dt.timedelta(days=rng.randrange(2_000)) for _ in range(2)]
    return np.array(sorted(map(str, days[: rng.choice((1, 1, 1, 2))])), dtype=object)


def films(
    number: int, *, seed: int = 7, rated: float = 0.7, non_latin: bool = False
) -> pd.DataFrame:
    """Return `number` rows as DuckDB hands them back: arrays, NaN, NaT and None in them.

    Nine in ten are matched, the rest spread over the other states.
    """
    rng, more, others = (random.Random(seed + n) for n in range(3))
    everyone = [*enumerate(DIRECTORS, start=100)]
    everyone += [(1000 + i, f"{rng.choice(_WORDS)} {rng.choice(_WORDS)}son") for i in range(number)]
    weights = [60 / (rank + 4) for rank in range(len(DIRECTORS))] + [0.9] * number
    cast = [(50_000 + i, f"Actor {i}") for i in range(200 + 3 * number)]
    rows = []
    for row_number in range(1, number + 1):
        year = int(rng.triangular(1920, 2026, 2015))
        title = (
            f"The {rng.choice(_WORDS)} {rng.choice(('of', 'and', 'in'))} the {rng.choice(_WORDS)}"
        )
        if non_latin and row_number % 2:
            title = NON_LATIN[row_number // 2 % len(NON_LATIN)]
        status = rng.choices(
            ("matched", "not_found", "ambiguous", "not_a_movie", "error"), (90, 6, 2, 1, 1)
        )[0]
        row = {
            "row_number": row_number,
            "title": title,
            "year": year,
            "seen": True,
            "rating": rng.choice(range(2, 11)) / 2 if rng.random() < rated else np.nan,
            "match_status": status,
            "viewings": _viewings(more),
            "in_lists": np.array(["Favourites"], dtype=object) if more.random() < 0.1 else None,
        }
        if status == "matched":
            genres = rng.sample(list(GENRES), counts=range(20, 1, -1), k=rng.choice((1, 2, 2, 3)))
            genres = list(dict.fromkeys(genres))
            directors = list(
                dict.fromkeys(rng.choices(everyone, weights, k=2 if rng.random() < 0.06 else 1))
            )
            actors = rng.sample(cast, 20)[:-_ONCE]
            actors += [
                (10**7 + row_number * 20 + i, f"Extra {row_number}-{i}") for i in range(_ONCE)
            ]
            row |= {
                "match_method": "title_year",
                "match_score": 0.98,
                "tmdb_id": row_number + 10,
                "tmdb_title": title,
                "original_title": title,
                "original_language": "ja" if non_latin and row_number % 2 else "en",
                "origin_countries": np.array(more.choice(_COUNTRIES), dtype=object),
                "release_date": pd.Timestamp(dt.date(year, rng.randint(1, 12), 5)),
                "runtime_minutes": round(rng.gauss(111, 24)) if rng.random() > 0.02 else np.nan,
                "genres": np.array([GENRES[g] for g in genres], dtype=object),
                "genre_ids": np.array(genres),
                "directors": np.array([name for _, name in directors], dtype=object),
                "director_ids": np.array([person for person, _ in directors]),
                "cast": np.array([name for _, name in actors], dtype=object),
                "cast_ids": np.array([person for person, _ in actors]),
                "director_genders": np.array([person % 3 for person, _ in directors]),
                **_crew(others, everyone),
                "popularity": rng.expovariate(0.1),
                "vote_average": round(rng.gauss(6.6, 0.9), 1),
                "vote_count": int(rng.expovariate(0.001)),
                "answered_by": "tmdb",
            }
        rows.append(row)
    frame = pd.DataFrame(rows)
    return frame if number else pd.DataFrame(columns=["row_number", "title", "match_status"])


def _crew(rng: random.Random, everyone: list[tuple[int, str]]) -> dict[str, np.ndarray]:
    """Nobody, one or two people in each role of the crew, of whom some direct too."""
    columns = {}
    for role in ("writer", "composer", "cinematographer", "editor"):
        people = list(dict.fromkeys(rng.choices(everyone[:60], k=rng.choice((0, 1, 1, 2)))))
        columns[f"{role}s"] = np.array([name for _, name in people], dtype=object)
        columns[f"{role}_ids"] = np.array([person for person, _ in people], dtype=np.int64)
    return columns
