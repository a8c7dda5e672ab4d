"""The watched folder: which files in it are uploads, and their keys.

What belongs here: file names, keys, fingerprints and content hashes. What does not: reading a
film list (`exports`), deciding which upload needs a run (`status.arrivals`), anything about Dagster
(`defs.partitions`).

An upload is one file, or one folder with an unpacked export. Its key is its path below
``<data>/uploads/`` in Unicode NFC, with ``/`` between folders. Only control characters, ``%``,
runs of three or more dots and bytes that are not UTF-8 are percent-encoded, because Dagster uses
``...`` for ranges of partitions and can't store the others, and ``%`` starts an encoded byte. (If
two names in one folder differ only in their Unicode form, the non-ASCII characters of the second
one are percent-encoded too.)
"""

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote_to_bytes

from movie_pipeline.outside import files

ACCEPTED = frozenset({".csv", ".tsv", ".txt", ".zip", ".json"})
SETTLE_SECONDS = 5.0
"""How long a file must stay unchanged before it counts as complete."""
SETTLE_UNWRITTEN_SECONDS = 1.0
"""The same if the system is certain that no program has it open for writing (`writers`), and it was
never seen to change: some programs open and close a file for each line that they append."""
_TEMPORARY = re.compile(
    r"^(\.|~\$)|(\.(part|partial|tmp|temp|crdownload|download|swp|swx|filepart|opdownload)|~)$",
    re.IGNORECASE,
)
_ENCODED = re.compile(r"[\x00-\x1f\x7f-\x9f%\udc80-\udcff]|\.{3,}")
_EXPORTS = (
    (re.compile(r"profile\.csv"), re.compile(r"watched\.csv|ratings\.csv")),  # Letterboxd
    (
        re.compile(
            r"(?:user|likes|hidden|comments|notes|network|collection)-.+\.json|lists-lists\.json"
        ),
        re.compile(r"(?:watched|ratings|lists)-(?!lists).+\.json"),
    ),  # Trakt
    (re.compile(r"CONTENT_INTERACTION/"),),  # Netflix
    (re.compile(r"tracking-prod-records.*\.csv"), re.compile(r"user.*\.csv")),  # TV Time
)
"""What is inside the folder of an unpacked export: one name for each of the patterns. A list that
people also drop by itself (watched.csv) makes no folder an export."""
_UNENCODED = re.compile(r"%(?![0-9A-F]{2})")
_BEYOND_ASCII = re.compile(r"[^\x20-\x7e]|%|\.{3,}")


@dataclass(frozen=True)
class Found:
    """An upload as it was found in the folder.

    Attributes:
        key: the upload's key.
        size: bytes; for a folder, of all its files together.
        stamp: changes when the file is touched or replaced; made of times, inode and names.
        changed: the time of its latest change (seconds since the epoch).
        problem: what to tell the user if it can't be an upload ("films.xlsx: …"), else None.
    """

    key: str
    size: int
    stamp: str
    changed: float
    problem: str | None = None


def key_of(relative: Path) -> str:
    """The key of a path below the uploads folder."""
    return _ENCODED.sub(_percent, _nfc(relative.as_posix()))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogateescape"))


def _keys(names: Iterable[str]) -> dict[str, str]:
    """The names in one folder, sorted, each with its part of the key.

    If several names have the same NFC, the name that is in NFC, or else the first, gets it as key.
    """
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names, key=lambda name: (name != _nfc(name), name)):
        key = key_of(Path(name))
        keys[name] = _BEYOND_ASCII.sub(_percent, name) if key in taken else key
        taken.add(key)
    return dict(sorted(keys.items()))


def parts_of(key: str) -> list[str]:
    """The path that an upload's key stands for: the names of the folders, then of the file.

    Raises:
        ValueError: the key would lead out of any folder that it is joined to.
    """
    try:
        parts = os.fsdecode(unquote_to_bytes(key)).split("/")
    except UnicodeEncodeError:
        parts = []
    if not parts or any(part in {"", ".", ".."} or "\0" in part for part in parts):
        raise ValueError(
            f"{key!r} is not an upload: give the path of a file below the uploads folder, such as"
            " watched.csv"
        )
    return parts


def path_of(key: str, uploads: Path, *, links: bool = False) -> Path:
    """The path on disk of an upload's key; it need not exist.

    Args:
        key: the upload's key.
        uploads: the folder of uploads.
        links: whether it may be a symbolic link, or be inside one.

    Raises:
        ValueError: the key leads out of the uploads folder.
    """
    path = uploads
    for part in parts_of(key):
        path = _entry(path, part)
        if path.is_symlink() and not links:
            raise ValueError(f"{key!r} is a symbolic link: copy the file itself to {uploads}")
    return path


def _entry(folder: Path, name: str) -> Path:
    """The folder's entry with that name, in any Unicode form.

    A file's name may be decomposed on disk (as from macOS archives); the key never is.
    """
    path = folder / name
    if os.path.lexists(path) or not folder.is_dir():
        return path
    names = (entry.name for entry in folder.iterdir())
    return folder / min((one for one in names if _nfc(one) == name), default=name)


def key_typed(text: str, uploads: Path) -> str:
    """The key of the upload that a person means: a key, or a path as it stands on disk.

    The two differ where the name has a ``%`` (``100% Wolf.csv``, whose key is ``100%25 Wolf.csv``).
    """
    text = _nfc(text)
    if "%" not in text:
        return text
    try:
        if not _UNENCODED.search(text) and os.path.lexists(path_of(text, uploads, links=True)):
            return text
    except ValueError:
        return text
    return key_of(Path(text)) if os.path.lexists(uploads / text) else text


def is_passed_over(name: str) -> bool:
    """Whether a file or folder is ignored, because by its name it is hidden or unfinished."""
    return bool(_TEMPORARY.search(name))


def is_export_folder(path: Path) -> bool:
    """Whether a folder is an unpacked export: one upload, not a folder of uploads."""
    try:
        with os.scandir(path) as listing:
            names = {
                f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
                for entry in listing
                if not entry.is_symlink()
            }
    except OSError:
        return False
    return any(all(_one_of(marks, names) for marks in export) for export in _EXPORTS)


def _one_of(marks: re.Pattern[str], names: Iterable[str]) -> bool:
    return any(map(marks.fullmatch, names))


def is_upload(path: Path) -> bool:
    """Whether a path can be an upload: an unpacked export or a file (not a link, pipe, device)."""
    return is_export_folder(path) if _is_folder(path) else files.is_plain(path)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def scan(uploads: Path) -> tuple[list[Found], list[str]]:
    """Find all uploads below the folder, sorted by key, and the keys of all unreadable entries.

    Dot files and temporary names are ignored silently. Symbolic links below the folder are not
    followed; the folder itself may be one. Unreadable entries are among the uploads too, with their
    problem; `hidden` tells whether an upload may be inside one of them.

    Raises:
        OSError: the folder itself can't be read (which is not the same as an empty folder).
    """
    found: list[Found] = []
    unreadable: list[str] = []
    with os.scandir(uploads) as listing:
        folders = [("", list(listing))]
    while folders:
        prefix, entries = folders.pop()
        keys = _keys(entry.name for entry in entries)
        for entry in entries:
            if is_passed_over(entry.name):
                continue
            key = prefix + keys[entry.name]
            try:
                if entry.is_dir(follow_symlinks=False) and not is_export_folder(Path(entry.path)):
                    with os.scandir(entry.path) as listing:
                        folders.append((f"{key}/", list(listing)))
                else:
                    found.append(_look(entry, key))
            except FileNotFoundError:
                continue  # it was removed meanwhile
            except OSError as error:
                unreadable.append(key)
                found.append(
                    _refused(key, f"it can't be read ({error.strerror}): make it readable")
                )
    return sorted(found, key=lambda one: one.key), unreadable


def hidden(key: str, unreadable: Iterable[str]) -> bool:
    """Whether an upload may exist although `scan` did not find it."""
    return any(key == folder or key.startswith(f"{folder}/") for folder in unreadable)


def _refused(key: str, why: str) -> Found:
    return Found(key, 0, "", 0.0, f"{key}: {why}")


def _look(entry: "os.DirEntry[str]", key: str) -> Found:
    if entry.is_symlink():
        return _refused(key, "it is a symbolic link: copy the file itself here")
    if entry.is_dir(follow_symlinks=False):
        return _folder(Path(entry.path), key)
    advice = _advice(entry)
    if advice is not None:
        return _refused(key, advice)
    status = entry.stat(follow_symlinks=False)
    return Found(
        key,
        status.st_size,
        f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}",
        max(status.st_mtime, status.st_ctime),
    )


def _advice(entry: "os.DirEntry[str]") -> str | None:
    """What to do if the entry can't be read as a film list, else None."""
    suffix = Path(entry.name).suffix.lower()
    if suffix in {".xlsx", ".xls", ".ods", ".numbers"}:
        return "save it as CSV"
    if suffix not in ACCEPTED or not entry.is_file(follow_symlinks=False):
        return "drop a .csv, .tsv, .txt, .zip or .json file"
    if not os.access(entry.path, os.R_OK):
        Path(entry.path).stat()  # raises if it no longer exists
        return "it can't be read (Permission denied): make it readable"
    return None


def _folder(path: Path, key: str) -> Found:
    size, changed, stamps = 0, 0.0, hashlib.sha256()
    for name, status in _files(path):
        size += status.st_size
        changed = max(changed, status.st_mtime, status.st_ctime)
        stamps.update(os.fsencode(f"{name}\0{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"))
    return Found(key, size, stamps.hexdigest()[:32], changed)


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The regular files of an export folder, by their paths in it, in a fixed order.

    Raises:
        OSError: a folder in it can't be read.
    """

    def fail(error: OSError) -> None:
        raise error

    for here, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not is_passed_over(name))
        for name in sorted(names):
            path = Path(here, name)
            try:
                status = path.lstat()
            except FileNotFoundError:
                continue  # it was removed meanwhile
            if stat.S_ISREG(status.st_mode) and not is_passed_over(name):
                yield str(path.relative_to(folder)), status


def size(path: Path) -> int:
    """The size of an upload in bytes; for a folder, of all its files together.

    Raises:
        OSError: it does not exist, or its status can't be read.
    """
    if _is_folder(path):
        return sum(status.st_size for _, status in _files(path))
    return path.lstat().st_size


def changed_at(path: Path) -> datetime:
    """When an upload was last changed (UTC); for a folder, its most recently changed file.

    Raises:
        OSError: it does not exist, or its status can't be read.
    """
    inner = _files(path) if _is_folder(path) else ()
    stamps = [status.st_mtime for _, status in inner] or [path.lstat().st_mtime]
    return datetime.fromtimestamp(max(stamps), UTC)


def content_hash(path: Path) -> str:
    """A hash of the upload's content: its bytes; for a folder, the names and bytes of its files.

    This is the ``version`` of the upload's rows: 16 hex digits of SHA-256.

    Raises:
        OSError: it can't be read, or a link or a pipe has replaced it.
    """
    if not _is_folder(path):
        with files.open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    digest = hashlib.sha256()
    for name, _ in _files(path):
        with files.open_plain(path / name, below=path) as file:
            digest.update(os.fsencode(name) + b"\0")
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
