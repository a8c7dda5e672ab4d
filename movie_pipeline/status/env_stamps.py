"""When the file with the key was last changed, on every machine that executes runs.

What belongs here: each machine's stamp, where the status of uploads is shared, and all of them as
one number. What does not: what a change means (`revisions`), and the key, which nobody learns from
a time. On one machine, this machine's stamp is the number.
"""

import hashlib
import socket
import time
from pathlib import Path

from pydantic import SecretStr

from movie_pipeline import settings as environment
from movie_pipeline.settings import Settings

_WAIT_SECONDS = 1.0
"""A worker's loop must go on: it is told again soon."""


def here(now: float) -> int | None:
    """When this machine's file was last changed (nanoseconds); 0 if it does not exist.

    None for a time in the future (`now` is in epoch seconds): the clock was set back, or the file
    was unpacked.
    """
    try:
        changed = environment.ENV_FILE.stat().st_mtime_ns
    except OSError:
        return 0
    return changed if changed <= now * 1e9 else None


def announce(settings: Settings) -> None:
    """Tell the other machines this machine's stamp.

    Raises:
        ProgressError: the shared place can't be used.
    """
    if isinstance(settings.state, SecretStr) and (stamp := here(time.time())) is not None:
        from movie_pipeline.status.redis_entries import entries_in  # noqa: PLC0415  # an extra

        entries_in(settings.state, _WAIT_SECONDS).announce(socket.gethostname(), str(stamp))


def everywhere(settings: Settings, own: int | None) -> int | None:
    """A number that changes when any machine's file does; None if this machine's is unknown.

    Args:
        settings: where the others' stamps are.
        own: this machine's, as `here` said before anything was read.

    Raises:
        ProgressError: the shared place can't be used.
    """
    if own is None or isinstance(settings.state, Path):
        return own
    from movie_pipeline.status.redis_entries import entries_in  # noqa: PLC0415  # an extra

    others = sorted(entries_in(settings.state).announced().items())
    digest = hashlib.sha256(repr((own, others)).encode()).digest()
    return int.from_bytes(digest[:6]) if others else own
