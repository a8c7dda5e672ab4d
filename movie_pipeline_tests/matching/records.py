"""A small handwritten catalogue: well-known films, and other films with the same titles.

What belongs here: facts (ids, titles, dates, runtimes, directors) and votes of about the right
magnitude for the golden cases; and `film`, with which tests make their own records. What does not:
the expected decisions.
"""

from typing import Any


def film(number: int, title: str, date: str = "", votes: int = 1000, **more: Any) -> dict[str, Any]:
    """Make a record; `more` holds further keys, `directors` and `other_titles` as plain names."""
    directors = more.pop("directors", ())
    others = more.pop("other_titles", ())
    return {
        "id": number,
        "title": title,
        "release_date": date,
        "vote_count": votes,
        "popularity": votes / 100,
        "directors": [{"id": 10 * number + n, "name": name} for n, name in enumerate(directors)],
        "alternative_titles": [{"iso_3166_1": "XX", "title": other} for other in others],
        **more,
    }


def series(number: int, title: str, date: str, votes: int = 1000, **more: Any) -> dict[str, Any]:
    """Make the record of a series."""
    return film(number, title, date, votes, media_type="tv", **more)


GOLDEN = [
    film(620, "Ghostbusters", "1984-06-08", 9700, imdb_id="tt0087332", directors=["Ivan Reitman"]),
    film(43074, "Ghostbusters", "2016-07-14", 6700, imdb_id="tt1289401"),
    film(15849, "The Mummy", "1932-12-22", 600),
    film(18990, "The Mummy", "1959-08-01", 200),
    film(564, "The Mummy", "1999-04-16", 9900),
    film(282035, "The Mummy", "2017-06-06", 7600),
    film(388862, "Countdown", "2016-04-05", 18),
    film(599975, "Countdown", "2019-10-24", 2300),
    film(823219, "Flow", "2024-08-29", 2900, original_title="Straume", runtime=85),
    film(9000001, "Flow", "2024-03-01", 3, runtime=9),
    film(376867, "Moonlight", "2016-10-21", 7500, runtime=111, directors=["Barry Jenkins"]),
    film(9000002, "Moonlight", "2016-05-01", 1, runtime=14, directors=["Somebody Else"]),
    film(414453, "Columbus", "2017-08-04", 470),
    film(9000003, "Columbus", "2015-01-10", 4),
    film(9000004, "The Night", "2021-01-29", 100),
    film(9000005, "The Night", "2021-09-10", 70),
    film(1271, "300", "2007-03-07", 14600),
    film(10494, "Perfect Blue", "1998-02-28", 3100, original_title="PERFECT BLUE"),
    film(12208, "Casino Royale", "1967-04-13", 750),
    film(36557, "Casino Royale", "2006-11-14", 11600),
    film(807196, "Boiling Point", "2021-07-05", 510),
    series(9000006, "Boiling Point", "2023-10-01", 60),
    series(89905, "Normal People", "2020-04-26", 600),
    film(396535, "Train to Busan", "2016-07-20", 8300, original_title="부산행"),
    film(
        194,
        "Amélie",
        "2001-04-25",
        12300,
        original_title="Le Fabuleux Destin d'Amélie Poulain",
        original_language="fr",
    ),
    film(655, "Paris, Texas", "1984-07-16", 2200),
    film(585, "Monsters, Inc.", "2001-11-01", 19700),
    film(36593, "Naked Gun 33⅓: The Final Insult", "1994-03-18", 2100),
    film(37137, "The Naked Gun 2½: The Smell of Fear", "1991-06-28", 2100),
    film(422, "8½", "1963-02-14", 2500, original_title="Otto e mezzo"),
    film(5511, "Le Samouraï", "1967-10-25", 1200),
    film(9487, "A Bug's Life", "1998-11-25", 9700, other_titles=["Bichos"]),
    film(
        935,
        "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb",
        "1964-01-29",
        5900,
    ),
    film(2721, "Z", "1969-02-26", 580),
    film(14161, "2012", "2009-10-10", 12700),
    film(530915, "1917", "2019-12-25", 13500),
    film(335984, "Blade Runner 2049", "2017-10-04", 15000),
    film(603, "The Matrix", "1999-03-31", 27700, imdb_id="tt0133093", runtime=136),
    film(807, "Se7en", "1995-09-22", 23000, other_titles=["Seven"]),
    film(
        902, "The City of Lost Children", "1995-05-17", 1200,
        original_title="La Cité des Enfants Perdus",
    ),
    film(1367, "Rocky II", "1979-06-15", 4500),
    film(
        238,
        "The Godfather",
        "1972-03-14",
        22800,
        translations=[{"iso_639_1": "de", "iso_3166_1": "DE", "title": "Der Pate"}],
    ),
    film(181808, "Star Wars: The Last Jedi", "2017-12-13", 16200),
    film(11, "Star Wars", "1977-05-25", 21000),
    film(40219, "The Beast Within", "1982-02-12", 90),
    film(
        331214,
        "Band of Brothers",
        "2001-09-09",
        700,
        runtime=705,
        directors=["Phil Alden Robinson", "Richard Loncraine", "Mikael Salomon"],
    ),
    series(4613, "Band of Brothers", "2001-09-09", 3900, imdb_id="tt0185906"),
]  # fmt: skip
"""The films of the golden cases. Ids from 9,000,000 on are made up."""
