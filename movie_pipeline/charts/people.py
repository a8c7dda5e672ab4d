"""People with several films: directors, actors, and pairs of both.

What belongs here: identifying people by their id and finding those who occur more than once. What
does not: ranking and drawing them.

A person with one film is in no ranking, and no filter can change that, since filters only remove
films. So these people are left out beforehand: they are a third of the names in the casts of 10,000
well-known films.
"""

from collections import Counter
from itertools import chain, product

import numpy as np
import pandas as pd

#: The number of films from which a person counts as recurring.
AT_LEAST = 2
#: How many of the cast, in billing order, count as working with the director.
BILLED = 10
#: Separates the parts of a key; names contain no tab (`films.count` makes them printable).
TAB = "\t"


def repeated(ids: pd.Series, names: pd.Series) -> pd.Series:
    """Return for each film those of its people who are in at least `AT_LEAST` films.

    Args:
        ids: A list of ids for each film.
        names: The corresponding names.

    Returns:
        Lists of keys "id, tab, name", one object for each person. Rankings group by them, so that
        people with the same name stay separate and the name is still readable.
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
    """Return for each film its pairs of a director and an actor who share several films.

    Only the first `BILLED` of the cast count, and no person is paired with themselves.

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
    # Half a million pairs take 4 MB as an array, and 100 MB if counted as objects.
    values, counts = np.unique(np.fromiter(chain(*met), dtype=np.int64), return_counts=True)
    keys = {}
    for pair in values[counts >= AT_LEAST].tolist():
        (director, directs), (actor, acts) = (people[place] for place in divmod(pair, len(people)))
        keys[pair] = TAB.join((str(director), directs, str(actor), acts))
    lists = [[keys[pair] for pair in of if pair in keys] for of in met]
    return pd.Series(lists, index=films.index, dtype="object")
