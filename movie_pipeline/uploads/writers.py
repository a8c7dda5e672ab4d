"""Writers: whether any program has a dropped file open for writing.

What belongs here: asking the system, where it can tell. What does not: how long a file must stay
unchanged (`folder`), and deciding that it is complete (`status.arrivals`).

Linux grants a read lease on a file only while nobody has it open for writing; for the underlying
concept, see ``F_SETLEASE`` in ``man 2 fcntl``. It knows of the programs on this machine, so the
answer counts only on file systems that no other machine writes to. Elsewhere, and for a file of
another user, there is no answer.
"""

import signal
import sys
from contextlib import suppress
from pathlib import Path

from movie_pipeline.outside import files

_OF_DISKS = {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "reiserfs", "xfs", "zfs"}
_OF_STICKS = {"exfat", "ntfs3", "vfat"}
LOCAL = frozenset({*_OF_DISKS, *_OF_STICKS, "overlay", "ramfs", "tmpfs"})
"""File systems that only this machine writes to. Not among them: network file systems, FUSE, and
folders that a virtual machine shares with its host (9p, virtiofs, vboxsf)."""

_WHILE_ASKING = int(getattr(signal, "SIGURG", 0))  # not on Windows
"""What the system sends if a program opens the file while we ask. It is ignored by default; without
this choice, it would be SIGIO, which ends the process."""


def none(path: Path) -> bool:
    """Whether the system is certain that no program has the file open for writing."""
    if sys.platform != "linux":
        return False
    import fcntl  # noqa: PLC0415  # not on Windows

    with suppress(OSError), files.open_plain(path) as file:
        if _file_system(file.fileno()) not in LOCAL:
            return False
        fcntl.fcntl(file, fcntl.F_SETSIG, _WHILE_ASKING)
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)  # refused while somebody writes
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return True
    return False


def _file_system(descriptor: int) -> str | None:
    """The kind of file system that an open file is on.

    By the id of its mount: on Btrfs, a file's device is not the one of its mount.
    """
    about = Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()
    mount = next((line.split()[1] for line in about if line.startswith("mnt_id:")), None)
    for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
        if line.split(" ", 1)[0] == mount:
            return line.split(" - ", 1)[1].split(" ", 1)[0]
    return None
