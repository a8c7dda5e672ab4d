"""How much of an upload is read at most, and the one exception of this package.

What belongs here: numbers that bound memory and time on hostile or absurd input, with the words
for saying them. What does not: the checks, which stand where the thing is read.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on one upload; every refusal names the bound that it hit.

    Attributes:
        entry_bytes: Size of one file, unpacked (a 1,000,000-row IMDb list has about 200 MB).
        total_bytes: Size of all files of an archive or folder that are opened, unpacked.
        ratio: Unpacked size over packed size of one ZIP entry above 1 MB. Text packs 3 to 30 fold,
            deflate can reach 1,032.
        entries: Files in one archive or folder.
        line_chars: Length of one line, one quoted cell or one JSON item, in characters.
        rejected_lines: Lines that may be unreadable before the file is no film list.
    """

    entry_bytes: int = 512 * 1024**2
    total_bytes: int = 1024**3
    ratio: int = 300
    entries: int = 20_000
    line_chars: int = 1_000_000
    rejected_lines: int = 100_000


class UnreadableExport(ValueError):
    """Nothing of the upload can be read, or it is refused.

    The message names the file, says what is wrong and what the user should do, and holds no
    content of the file but its header row.
    """


class UnreadableMember(ValueError):
    """One file of an upload cannot be read; the message lacks the file's name."""


def size(count: int) -> str:
    """Word a number of bytes: ``size(536870912) == '512 MB'``."""
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if count >= factor:
            return f"{count / factor:.0f} {unit}"
    return f"{count} bytes"
