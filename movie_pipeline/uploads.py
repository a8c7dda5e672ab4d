"""Uploads: which files below the watched folder are uploads, and the keys they go by.

What belongs here: file names, keys, fingerprints and content hashes. What does not: reading a
film list (`exports`), deciding which upload needs a run (`arrivals`), anything of Dagster
(`partitions`).

An upload is one file, or one folder that holds an unpacked export. Its key is its path below
``<data>/uploads/`` in Unicode NFC, with ``/`` between folders. Only control characters, ``%``,
runs of three or more dots and bytes that are not UTF-8 are percent-encoded: Dagster uses ``...``
for ranges of partitions and can't store the others.
"""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

ACCEPTED = frozenset({".csv", ".tsv", ".txt", ".zip", ".json"})
_TEMPORARY = re.compile(
    r"^(\.|~\$)|(\.(part|partial|tmp|temp|crdownload|download|swp|swx|filepart|opdownload)|~)$",
    re.IGNORECASE,
)
_ENCODED = re.compile(r"[\x00-\x1f\x7f-\x9f%\udc80-\udcff]|\.{3,}")


@dataclass(frozen=True)
class Found:
    """An upload as the folder shows it.

    Attributes:
        key: the upload's key.
        size: bytes, of all files together for a folder.
        stamp: what changes when the file is touched or replaced: times, inode, names.
        changed: the latest time (seconds since the epoch) at which anything of it changed.
        problem: what to tell the user where it can't be an upload ("films.xlsx: …"), else None.
    """

    key: str
    size: int
    stamp: str
    changed: float
    problem: str | None = None


def key_of(relative: Path) -> str:
    """The key of a path below the uploads folder."""
    text = unicodedata.normalize("NFC", relative.as_posix())
    return _ENCODED.sub(lambda match: _percent(match.group()), text)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))


def path_of(key: str, uploads: Path) -> Path:
    """The path on disk of an upload's key; it need not exist.

    Raises:
        ValueError: the key leads out of the uploads folder.
    """
    text = os.fsdecode(unquote_to_bytes(key))
    parts = text.split("/")
    if not text or text.startswith("/") or any(part in {"", ".", ".."} for part in parts):
        raise ValueError(
            f"{key!r} is no upload: give the path of a file below {uploads}, such as watched.csv"
        )
    path = uploads.joinpath(*parts)
    if path.exists():
        return path
    # A file's name may be stored decomposed (as macOS archives do); the key never is.
    here = uploads
    for part in parts:
        here = next(
            (
                entry
                for entry in (here.iterdir() if here.is_dir() else ())
                if unicodedata.normalize("NFC", entry.name) == part
            ),
            here / part,
        )
    return here


def is_export_folder(path: Path) -> bool:
    """Whether a folder is an unpacked export: one upload, not a folder of uploads."""
    return (path / "profile.csv").is_file() and (
        (path / "watched.csv").is_file() or (path / "ratings.csv").is_file()
    )


def scan(uploads: Path) -> tuple[list[Found], list[str]]:
    """Every upload below the folder, sorted by key, and the folders that could not be read.

    Dot files and temporary names are passed over in silence. Symbolic links below the folder are
    not followed; the folder itself may be one.

    Raises:
        OSError: the folder itself can't be read (which is not the same as an empty one).
    """
    found: list[Found] = []
    unreadable: list[str] = []

    def walk(folder: Path, prefix: Path) -> None:
        with os.scandir(folder) as entries:
            listing = sorted(entries, key=lambda entry: entry.name)
        for entry in listing:
            relative = prefix / entry.name
            if _TEMPORARY.search(entry.name):
                continue
            try:
                if entry.is_symlink():
                    found.append(_refused(relative, "a symbolic link: copy the file itself here"))
                elif entry.is_dir():
                    if is_export_folder(Path(entry.path)):
                        found.append(_folder(Path(entry.path), relative))
                    else:
                        walk(Path(entry.path), relative)
                else:
                    found.append(_file(entry, relative))
            except FileNotFoundError:
                continue  # it went away while we looked
            except OSError:
                unreadable.append(key_of(relative))

    walk(uploads, Path())
    return sorted(found, key=lambda one: one.key), unreadable


def _refused(relative: Path, why: str, changed: float = 0.0) -> Found:
    return Found(key_of(relative), 0, "", changed, f"{key_of(relative)}: {why}")


def _file(entry: "os.DirEntry[str]", relative: Path) -> Found:
    stat = entry.stat()
    suffix = Path(entry.name).suffix.lower()
    problem = None
    if suffix not in ACCEPTED:
        advice = (
            "save it as CSV"
            if suffix in {".xlsx", ".xls", ".ods", ".numbers"}
            else "drop a .csv, .tsv, .txt, .zip or .json file"
        )
        problem = f"{key_of(relative)}: {advice}"
    return Found(
        key_of(relative),
        stat.st_size,
        f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}",
        max(stat.st_mtime, stat.st_ctime),
        problem,
    )


def _folder(path: Path, relative: Path) -> Found:
    size, changed, stamps = 0, 0.0, hashlib.sha256()
    for file in _files(path):
        stat = file.lstat()
        size += stat.st_size
        changed = max(changed, stat.st_mtime, stat.st_ctime)
        stamps.update(
            os.fsencode(f"{file.relative_to(path)}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ino}")
        )
    return Found(key_of(relative), size, stamps.hexdigest()[:32], changed)


def _files(folder: Path) -> list[Path]:
    return sorted(
        Path(here) / name
        for here, folders, names in os.walk(folder)
        for name in names
        if not _TEMPORARY.search(name)
    )


def content_hash(path: Path) -> str:
    """A hash of the upload's content: its bytes; names and bytes for a folder.

    This is the ``version`` of the upload's rows. 16 hex digits of SHA-256.

    Raises:
        OSError: it can't be read.
    """
    digest = hashlib.sha256()
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    for file in _files(path):
        if file.is_symlink():
            continue
        digest.update(os.fsencode(str(file.relative_to(path))) + b"\0")
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:16]
