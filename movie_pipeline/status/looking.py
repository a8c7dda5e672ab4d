"""Looking: how often the watched folder is looked at, and for how long within one tick.

What belongs here: the rhythm. What does not: what is looked at (`uploads.scan`), and what is
decided (`arrivals`).

Dagster starts a tick every five seconds, so a tick that answered "nothing new" at once would leave
a dropped file waiting for the next one. So a tick goes on looking until just before the next one.
Dagster can't end a tick, and would wait for it when it ends itself; `end` makes it return.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from movie_pipeline.outside import files

AT_MOST_SECONDS = 4.5
"""How long a tick may go on. Dagster counts its five seconds from the start of a tick."""

_EVERY_SECONDS = 0.25
_ENDS_FOR_SECONDS = 10.0
"""How long ticks look only once after `end`: until Dagster ends, it may start another tick."""
_MARK = "look.once"


def looks(data: Path, seconds: float = AT_MOST_SECONDS) -> Iterator[None]:
    """Yield when it is time for a look: at once, and then until the time is up or `end` is called.

    With 10,000 files a look takes half a second, so looks become less frequent: they use at most a
    tenth of a processor.

    Args:
        data: the data folder.
        seconds: how long to go on; 0 for a single look.
    """
    until = time.monotonic() + seconds
    while True:
        began = time.thread_time()
        yield
        pause = max(_EVERY_SECONDS, 9 * (time.thread_time() - began))
        if time.monotonic() + pause > until or _is_to_end(data):
            return
        time.sleep(pause)
        if _is_to_end(data):
            return


def end(data: Path) -> None:
    """Let a tick that is looking return soon, and those of the next seconds at once."""
    with suppress(OSError), files.private:
        (data / _MARK).touch()


def _is_to_end(data: Path) -> bool:
    try:
        marked_at = (data / _MARK).stat().st_mtime
    except OSError:
        return False
    return abs(time.time() - marked_at) < _ENDS_FOR_SECONDS
