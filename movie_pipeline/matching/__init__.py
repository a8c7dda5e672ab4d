"""Matching: which film of TMDB a line of an export means.

What belongs here: the decision and its odds, and what spellings of one title share. It is pure: no
Dagster, no HTTP. What does not: asking TMDB (`tmdb`), the user's own word (`overrides`).

Begin with `decide`: `find` asks what it is given to ask (`Asks`) and decides.
"""

from movie_pipeline.matching.decide import find
from movie_pipeline.matching.decision import Asks, Candidate, Decision, Wanted

__all__ = ["Asks", "Candidate", "Decision", "Wanted", "find"]
