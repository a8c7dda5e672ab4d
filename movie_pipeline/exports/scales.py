"""The scale of a column of ratings.

What belongs here: telling from all ratings of a column which is the best that it could hold. What
does not: reading one rating (``values``).

A few ratings that do not fit must not rescale all the others, so a scale holds a column if

- at most 3 % of the ratings are better than its best, or
- exactly one of at least three ratings is, and it is beyond the next usual scale as well
  (4, 3, 11 are out of 5 and the 11 is a slip; 4, 3, 9 are out of 10).

The scale that a service or the header declares comes first, then the smallest usual one.
"""

from collections.abc import Mapping

_USUAL = (5.0, 10.0, 20.0, 100.0)
_STRAYS = 0.03
_FEWEST = 3  # of two ratings, neither is the bulk


def best_rating(ratings: Mapping[float, int], declared: float | None) -> float:
    """Find the best rating of a column.

    Args:
        ratings: How often each positive number stands in it.
        declared: As the service or the header says.

    Returns:
        The scale that holds the column. Where none does: 100 if it holds half, else the best that
        there is. Ratings above the scale make no sense.
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
