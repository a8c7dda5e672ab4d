"""A concurrent reader: reads the warehouse and the pages again and again, as a notebook does.

    python -m movie_pipeline_tests.soak.reader DATA FILMS

Prints a line of JSON when something is wrong, and at the end how often it looked.
"""

import json
import signal
import sys
import threading
from pathlib import Path

import duckdb

_BREATH_SECONDS = 0.05
_LOOK = """
SELECT 'raw', count(*), count(DISTINCT version) FROM raw.movies
UNION ALL
SELECT 'enriched', count(*), count(DISTINCT version) FROM enriched.movies
UNION ALL
SELECT 'summary', any_value(total_movies), count(*) FROM analytics.summary
"""


def main(data: Path, films: int) -> None:
    """Look until SIGTERM."""
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())
    looks = 0
    while not ending.wait(_BREATH_SECONDS):
        try:
            problems = _look(data, films)
        except duckdb.IOException as error:
            if "Could not set lock" in str(error):
                continue  # a run is writing
            problems = [str(error)]
        looks += 1
        if problems:
            _say(looks, problems)
    _say(looks, [])


def _look(data: Path, films: int) -> list[str]:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(_LOOK).fetchall()
    problems = [f"a reader saw {row}" for row in rows if row[1:] != (films, 1)]
    pages = (data / "dashboard").glob("*.html")
    halves = [page.name for page in pages if not page.read_text().rstrip().endswith("</html>")]
    return problems + [f"a reader saw half of {name}" for name in halves]


def _say(looks: int, problems: list[str]) -> None:
    print(json.dumps({"looks": looks, "problems": problems}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
