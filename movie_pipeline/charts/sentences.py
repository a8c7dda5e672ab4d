"""Sentences of facts, and the words between facts, and people in them.

What belongs here: what cards and years have in common. What does not: what they say.
"""

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

#: How many people who tie are named; more of them are no statement.
MOST_TIED = 3

#: A sentence: pieces of text, and whether each is a fact or the words between facts.
Sentence = Sequence[tuple[str, bool]]
#: Whether a text can be drawn where the sentence stands.
Drawable = Callable[[str], bool]


def tied(rows: pd.DataFrame) -> pd.DataFrame:
    """The people with the most films."""
    return rows[rows["films"] == rows["films"].max()] if len(rows) else rows


def named(rows: pd.DataFrame, drawable: Drawable) -> list[str]:
    """Their names; none if they are too many, have one film each, or one can't be drawn."""
    names = [str(name) for name in rows["name"]]
    said = 0 < len(names) <= MOST_TIED and rows["films"].iloc[0] > 1 and all(map(drawable, names))
    return names if said else []


def listed(names: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Names as the end of a sentence, such as ``Ozu, Varda and Akerman``, with its full stop."""
    for place, name in enumerate(names):
        if place:
            yield (" and " if place == len(names) - 1 else ", ", False)
        yield (name, True)
    yield (".", False)
