"""The scale of a column of ratings.

What belongs here: inferring the best possible rating of a column from all its ratings. What does
not: reading one rating (``values``).

A few ratings that do not fit must not rescale all the others, so a column fits a scale if

- at most 3 % of the ratings are above the scale, or
- exactly one of at least three ratings is, and that one is also above the next usual scale
  (4, 3, 11 are out of 5 and the 11 is a slip; 4, 3, 9 are out of 10).

The scale that a service or the header declares is tried first, then the usual ones from the
smallest up.
"""

from collections.abc import Mapping

_USUAL = (5.0, 10.0, 20.0, 100.0)
_STRAYS = 0.03
_FEWEST = 3  # with only two ratings, neither is the majority


def best_rating(ratings: Mapping[float, int], declared: float | None) -> float:
    """Find the best possible rating of a column.

    Args:
        ratings: How often each positive number occurs in it.
        declared: The scale that the service or the header declares, if any.

    Returns:
        The first scale that the column fits. If it fits none: 100 if at least half of the ratings
        are at most 100, else the highest rating. Ratings above the scale are to be left empty.
    """
    if not ratings:
        return declared or _USUAL[0]
    for scale in (declared, *_USUAL):
        if scale is not None and _holds(scale, ratings):
            return scale
    above = sum(count for value, count in ratings.items() if value > _USUAL[-1])
    return _USUAL[-1] if above * 2 <= sum(ratings.values()) else max(ratings)


def _holds(scale: float, ratings: Mapping[float, int]) -> bool:
    total = sum(ratings.values())
    strays = sum(count for value, count in ratings.items() if value > scale)
    if strays <= total * _STRAYS:
        return True
    following = next((usual for usual in _USUAL if usual > scale), scale)
    return strays == 1 and total >= _FEWEST and max(ratings) > following
