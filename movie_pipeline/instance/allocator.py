"""Memory: giving back to the system what an earlier step has used.

What belongs here: the one call that does it. What does not: using less (each module's own matter).
"""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Return freed memory to the system, where the C library can (glibc's ``malloc_trim``).

    A run's steps share one process. glibc keeps what was freed between blocks that are still in
    use, so a step began on top of the last one's leavings: with 50,000 films a run peaked at
    539 MB, and at 456 MB with this call, which takes 1 to 7 ms.
    """
    with suppress(AttributeError, OSError, TypeError):  # macOS, Windows, musl have no such thing
        ctypes.CDLL(None).malloc_trim(0)
