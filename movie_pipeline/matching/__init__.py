"""Which film of TMDB a line of an export means.

Pure: no Dagster, no HTTP. `find` asks what it is given to ask (`Asks`) and decides.
"""

from movie_pipeline.matching.decide import find
from movie_pipeline.matching.decision import Asks, Candidate, Decision, Wanted

__all__ = ["Asks", "Candidate", "Decision", "Wanted", "find"]
