"""Matching: which film on TMDB a line of an export means.

What belongs here: the decision, its odds, and comparing spellings of a title. It is pure: no
Dagster, no HTTP. What does not: querying TMDB (`tmdb`), and the user's own choices (`overrides`).

Begin with `decide`: `find` asks questions through the `Asks` object that it is given, and decides.
"""

from movie_pipeline.matching.decide import find
from movie_pipeline.matching.decision import Asks, Candidate, Decision, Wanted

__all__ = ["Asks", "Candidate", "Decision", "Wanted", "find"]
