"""People who come back: directors and actors of several films, and the two of them together.

What belongs here: telling people apart by their id and finding who occurs more than once. What does
not: ranking and drawing them.

Whoever has one film is in no ranking, under no filter either, since a filter only takes films away.
So they are left out beforehand: a third of the names in the casts of 10,000 well-known films.
"""

from collections import Counter
from itertools import chain, product

import numpy as np
import pandas as pd

#: Films that make a repetition.
AT_LEAST = 2
#: How far down the cast somebody is thought of as working with the director.
BILLED = 10
#: Between the parts of a key; names have none (`films.count` makes them printable).
TAB = "\t"


def repeated(ids: pd.Series, names: pd.Series) -> pd.Series:
    """Return for each film those of its people who are in at least `AT_LEAST` films.

    Args:
        ids: A list of ids for each film.
        names: The names that go with them.

    Returns:
        Lists of keys "id, tab, name", one object for each person: what a ranking groups by, so
        that namesakes stay apart and a name stays readable.
    """
    often = {one for one, films in Counter(chain(*ids)).items() if films >= AT_LEAST}
    keys = {
        person: f"{person}{TAB}{name}"
        for person, name in zip(chain(*ids), chain(*names), strict=True)
        if person in often
    }
    lists = [[keys[person] for person in of if person in often] for of in ids]
    return pd.Series(lists, index=ids.index, dtype="object")


def pairs(films: pd.DataFrame) -> pd.Series:
    """Return for each film its pairs of a director and an actor who meet in several films.

    Only the first `BILLED` of the cast count, and nobody is paired with themselves.

    Returns:
        Lists of keys "director's id, tab, name, tab, actor's id, tab, name".
    """
    names: dict[object, str] = {}
    for ids, called in (("director_ids", "directors"), ("cast_ids", "cast")):
        names.update(zip(chain(*films[ids]), chain(*films[called]), strict=True))
    places = {person: place for place, person in enumerate(names)}
    people = list(names.items())
    met = [
        [
            places[director] * len(people) + places[actor]
            for director, actor in product(directors, cast[:BILLED])
            if director != actor
        ]
        for directors, cast in zip(films["director_ids"], films["cast_ids"], strict=True)
    ]
    # As an array, half a million pairs take 4 MB; counted as objects, 100.
    values, counts = np.unique(np.fromiter(chain(*met), dtype=np.int64), return_counts=True)
    keys = {}
    for pair in values[counts >= AT_LEAST].tolist():
        (director, directs), (actor, acts) = (people[place] for place in divmod(pair, len(people)))
        keys[pair] = TAB.join((str(director), directs, str(actor), acts))
    lists = [[keys[pair] for pair in of if pair in keys] for of in met]
    return pd.Series(lists, index=films.index, dtype="object")
