"""Shrinkage: a mean of few ratings is drawn toward the mean of all, so that rankings are fair.

What belongs here: the formula and its constants. What does not: who is ranked (`charts`,
`assets/analytics`).

The Bayesian average ``(n·mean + m·overall) / (n + m)``: each mean starts with `m` ratings that are
average. IMDb made it known as the "weighted rating" of its Top 250 (help.imdb.com, "Calculations
for weighted average ratings"); it is the posterior mean under a normal prior.
"""

import pandas as pd

#: Average ratings that a person starts with, beside the ratings of one user.
RATINGS = 3
#: Average votes that a film starts with, beside the votes of TMDB's public.
VOTES = 50


def shrunk(total: pd.Series, number: pd.Series, overall: float, prior: int) -> pd.Series:
    """Return shrunk means.

    Args:
        total: The sums of the ratings.
        number: How many they are.
        overall: The mean of all.
        prior: Average ratings to start with: `RATINGS` or `VOTES`.
    """
    return (total + prior * overall) / (number + prior)


def expression(total: str, number: str, overall: str, prior: int) -> str:
    """Return the same as an expression over operands, in what SQL and Vega have in common."""
    return f"(({total}) + {prior} * ({overall})) / (({number}) + {prior})"
