"""What a warm upload costs in a backfill, four at a time, against one run by itself.

    python -m movie_pipeline_tests.benchmarks bench_backfill

Both are wall time of the same uploads on the same machine, which should do nothing else: first
`dagster job execute`, once for each of some uploads, then a backfill of all of them in the UI.

Not here: that they all complete, and what a bad one does (`soak.backfill`).
"""

import statistics
import time

from movie_pipeline_tests.soak.system import film_list, running

UPLOADS = 40
FILMS = 300
ALONE = 5
MOST = 0.7
"""The most that the ratio may be."""


def main() -> None:
    """Print the figures."""
    names = [f"warm-{number:02}.csv" for number in range(UPLOADS)]
    with running() as system:
        for number, name in enumerate(names):
            system.drop(name, film_list(FILMS, first=37 * number))
        system.start()
        system.wait_until(lambda: system.all_completed(UPLOADS), 60.0 * UPLOADS, "all are warm")
        system.stop()
        alone = []
        for name in names[:ALONE]:
            began = time.monotonic()
            if system.execute(name).wait():
                raise RuntimeError(system.said.read_text()[-3000:])
            alone.append(time.monotonic() - began)
        system.start()
        began = time.time()
        backfill = system.ui.backfill(names)
        system.wait_until(
            lambda: system.ui.backfill_status(backfill).startswith("COMPLETED"), 60.0 * UPLOADS
        )
        runs = [run for run in system.ui.runs() if (run["startTime"] or 0) > began]
        # The backfill itself is found to be over up to half a minute later.
        each = (max(run["endTime"] for run in runs) - began) / UPLOADS
        succeeded = sum(run["status"] == "SUCCESS" for run in runs)
    one = statistics.median(alone)
    print(f"a run by itself {one:.2f} s; each of {UPLOADS} in a backfill {each:.2f} s")
    print(f"ratio {each / one:.2f} (at most {MOST}); {succeeded} runs succeeded")
