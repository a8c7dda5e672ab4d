"""Shrinkage: pulls a mean of few ratings toward the overall mean, so that rankings are fair.

What belongs here: the formula and its constants. What does not: what is ranked (`sql`, and the
charts' transforms on the page).

This is the Bayesian average ``(n·mean + m·overall) / (n + m)``: each mean starts with `m` average
ratings. It is known as the "weighted rating" of IMDb's Top 250 (help.imdb.com, "Calculations for
weighted average ratings"), and it is the posterior mean under a normal prior. It only orders
rankings; the mean that is printed beside a name is the plain one.
"""

#: The number of average ratings that a person starts with, for the ratings of one user.
RATINGS = 3
#: The number of average votes that a film starts with, for the votes of TMDB's public.
VOTES = 50
#: Scores are compared in millionths, so that different programs see the same ties.
DIGITS = 1_000_000


def expression(total: str, number: str, overall: str, prior: int) -> str:
    """Return the formula as an expression that is valid in both SQL and Vega.

    Args:
        total: The sum of the ratings.
        number: The number of ratings.
        overall: The overall mean.
        prior: The number of average ratings to start with: `RATINGS` or `VOTES`.
    """
    return f"(({total}) + {prior} * ({overall})) / (({number}) + {prior})"
