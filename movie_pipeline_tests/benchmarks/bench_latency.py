"""How long a user waits after dropping a film list, while nothing else is going on.

    python -m movie_pipeline_tests.benchmarks bench_latency

`make dev` runs, and lists of 20 films are dropped one after another, at any moment between two
looks of the sensor. Seconds of the wall from the drop until the status shows the number of lines,
until the run has begun, until the first film is matched, and until the page is there: the median of
ten, the shortest and the longest. The machine should do nothing else.

Not here: many uploads at once (`soak.burst`).
"""

import random
import statistics
import time

from movie_pipeline import status
from movie_pipeline_tests.soak.system import System, film_list, running

DROPS = 10
FILMS = 20
WARM_UP = 2
MOST = {"number of lines": 3.25, "run begun": None, "first film": 6.0, "page": 12.0}
"""The most that each median may be (seconds)."""
_LOOK_EVERY_SECONDS = 0.05
_PATIENCE_SECONDS = 120.0


def waited(system: System, name: str, first: int) -> dict[str, float]:
    """Drop a list; returns when each thing had happened."""
    seconds: dict[str, float] = {}
    settings = system.read_settings()
    system.drop(name, film_list(FILMS, first=first))
    began = time.monotonic()
    while "page" not in seconds:
        one = next((one for one in status.read(settings) if one.upload == name), None)
        now = time.monotonic() - began
        if now > _PATIENCE_SECONDS:
            raise RuntimeError(f"{name}: {one}\n{system.describe()}")
        happened = one is not None and {
            "number of lines": one.total_movies > 0,
            "run begun": one.status in {"processing", "enriching", "completed"},
            "first film": one.matched_count > 0,
            "page": one.page is not None,
        }
        for what, did in (happened or {}).items():
            if did:
                seconds.setdefault(what, now)
        time.sleep(_LOOK_EVERY_SECONDS)
    return seconds


def main() -> None:
    """Print the table."""
    with running(latency=0.05) as system:
        system.start()
        all_seconds = []
        for number in range(WARM_UP + DROPS):
            all_seconds.append(waited(system, f"list-{number}.csv", first=FILMS * number))
            time.sleep(3 + random.random() * 5)  # any moment between two looks
        system.stop()
    print(f"seconds after dropping {FILMS} films: median of {DROPS} (shortest to longest)")
    for what, most in MOST.items():
        each = [seconds[what] for seconds in all_seconds[WARM_UP:]]
        goal = f"   (goal: at most {most:g})" if most else ""
        middle = statistics.median(each)
        print(f"  {what:18}{middle:6.1f}   ({min(each):.1f} to {max(each):.1f}){goal}", flush=True)


if __name__ == "__main__":
    main()
