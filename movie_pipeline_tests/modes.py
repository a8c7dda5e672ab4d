"""Who may read what lies in a folder, by its modes."""

import stat
from pathlib import Path


def mode_of(path: Path) -> int:
    """A file's permissions, as ``chmod`` takes them."""
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(folder: Path) -> set[str]:
    """The files and folders below a folder that anybody but their owner may use, by their paths."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if not path.is_symlink() and mode_of(path) & 0o077
    }
