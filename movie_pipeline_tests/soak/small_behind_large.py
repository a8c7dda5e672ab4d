"""A small film list dropped after many large ones: its page is there in minutes, not hours.

What must be true: 20 films dropped after 40 lists of 5,000 have their page within 3 minutes, at
TMDB's own rate limit.
"""

import time

from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import film_list, running

_LIMIT_SECONDS = 180.0
_LATENCY_SECONDS = 0.1


def prove(large: int = 40, films: int = 5_000, small: int = 20) -> Proof:
    """Drop a small list while large ones occupy every slot that they may.

    Args:
        large: the number of large uploads.
        films: the number of films in each of them.
        small: the number of films in the small one.
    """
    proof = Proof(f"{small} films behind {large} uploads of {films:,}, at 40 requests/s")
    with running(latency=_LATENCY_SECONDS, TMDB_REQUESTS_PER_SECOND="40") as system:
        system.start()
        for number in range(large):
            system.drop(f"large-{number:02}.csv", film_list(films, 97 * number))
        system.wait_until(
            lambda: system.counted()["enriching"] >= min(large, 3), what="three are executing"
        )
        system.wait_until(lambda: len(system.ui.runs()) >= large, 300.0, "all have a run")
        began = time.monotonic()
        path = system.drop("small.csv", film_list(small, films + 500))
        page = system.data / "dashboard" / f"{path.name}.html"
        waited = system.wait_until(page.exists, 3 * _LIMIT_SECONDS, "the small one's page")
        proof.figures["s until the small one's page"] = round(waited)
        proof.must(waited <= _LIMIT_SECONDS, "the small one waited for more than three minutes")
        counted = system.counted()
        proof.figures["large ones executing then"] = counted["enriching"] + counted["processing"]
        proof.must(counted["failed"] == 0, "an upload failed")
        proof.figures["s in all"] = round(time.monotonic() - began)
    return proof
