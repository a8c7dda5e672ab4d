"""Turns a file, a ZIP or a folder into named members.

What belongs here: walking an upload within its limits, skipping everything that is not a plain
file, and deciding which members hold films. Nothing is unpacked onto the disk, so a member's name
cannot lead outside the upload. What does not: the content of a member.
"""

import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from movie_pipeline.exports.formats import layouts
from movie_pipeline.exports.limits import Limits, UnreadableExport, size
from movie_pipeline.outside import files

_TABLES = frozenset({".csv", ".tsv", ".json"})
_DEFLATE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_OFFICE = (
    ("xl/", "an Excel workbook"),
    ("word/", "a Word document"),
    ("ppt/", "a PowerPoint presentation"),
    ("Index/Document.iwa", "a Numbers or Pages document"),
    ("Index/", "a Numbers or Pages document"),
    ("META-INF/container.xml", "an e-book"),
    ("META-INF/MANIFEST.MF", "a Java program"),
)


@dataclass(frozen=True)
class Member:
    """One file of an upload that is to be read.

    Attributes:
        name: Its path in the archive or folder, else the upload's name.
        open: Opens it; every call starts at its beginning.
        problem: Why it must not be opened; "" if it may be.
    """

    name: str
    open: Callable[[], BinaryIO]
    problem: str = ""


@dataclass
class Upload:
    """The files of an upload: those to read, and the names of the others.

    Attributes:
        members: Those to read.
        unopened: The names of the others.
        is_known: Whether an exporter's layout selected them. If not, any may be private.
    """

    members: list[Member] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)
    is_known: bool = True


@contextmanager
def open_upload(path: Path, name: str, limits: Limits) -> Iterator[Upload]:
    """Open an upload; its members can be read until the block ends.

    Args:
        path: A file, a ZIP archive (recognised by its content) or a folder.
        name: The upload's key.
        limits: Bounds beyond which it is refused.

    Raises:
        UnreadableExport: It is not a plain file or folder, a limit is exceeded, or the archive is
            damaged, encrypted or an office document.
    """
    _refuse_links(path, name)
    root = path.parents[len(PurePosixPath(name).parts) - 1]
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise UnreadableExport(
            f"{name}: cannot be opened ({error.strerror}); drop it again"
        ) from error
    if stat.S_ISDIR(mode):
        yield _folder(path, root, name, limits)
        return
    if not stat.S_ISREG(mode):
        raise UnreadableExport(f"{name}: is not a file or a folder; drop the export itself")
    with _open_plain(path, root, name) as stream:
        start = stream.read(4)
        if start in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
            stream.seek(0)
            with _open_zip(stream, name, limits) as archive:
                yield _zip(archive, name, limits)
            return
    count = path.lstat().st_size
    if count > limits.entry_bytes:
        raise UnreadableExport(
            f"{name}: {_too_large(count, 0, limits)}; split it into several uploads"
        )
    yield Upload([Member(name, partial(_open_plain, path, root, name))])


def _refuse_links(path: Path, name: str) -> None:
    """Refuse links among the upload and its parents, up to but excluding the uploads folder."""
    for place in (path, *path.parents)[: len(PurePosixPath(name).parts)]:
        if place.is_symlink():
            raise UnreadableExport(
                f"{name}: is a symbolic link or is inside one; drop the file itself"
            )


def _open_plain(path: Path, root: Path, name: str) -> BinaryIO:
    try:
        return files.open_plain(path, below=root)
    except OSError as error:
        raise UnreadableExport(
            f"{name}: cannot be opened ({error.strerror}); drop it again"
        ) from error


def _select(names: list[str]) -> tuple[list[str], list[str], bool]:
    """Select the names that hold films, by the first exporter's layout that claims any of them.

    Returns:
        Those to read, the others, and whether a layout selected them.
    """
    chosen = next((claimed for layout in layouts() if (claimed := layout.claim(names))), None)
    is_known = chosen is not None
    if chosen is None:
        own = [
            name
            for name in sorted(names)
            if "__MACOSX" not in PurePosixPath(name).parts
            and not any(part.startswith(".") for part in PurePosixPath(name).parts)
        ]
        chosen = _with_suffix(own, _TABLES) or _with_suffix(own, {".txt"})  # not a table's README
    opened = set(chosen)
    return chosen, [name for name in names if name not in opened], is_known


def _with_suffix(names: list[str], suffixes: Set[str]) -> list[str]:
    return [name for name in names if PurePosixPath(name).suffix.lower() in suffixes]


def _nothing(name: str, unopened: list[str]) -> UnreadableExport:
    shown = ", ".join(sorted(unopened)[:5]) or "no files"
    inner = any(other.lower().endswith(".zip") for other in unopened)
    advice = (
        "unpack it and drop the ZIP file inside"
        if inner
        else "drop the export as its service gave it to you, or a CSV with a column of titles"
    )
    return UnreadableExport(f"{name}: has no film list that can be read (found: {shown}); {advice}")


def _folder(path: Path, root: Path, name: str, limits: Limits) -> Upload:
    found: dict[str, Path] = {}
    links: list[str] = []
    seen = total = 0
    for folder, folders, entries in os.walk(path, followlinks=False):
        below = PurePosixPath(Path(folder).relative_to(path).as_posix())
        for entry in (*folders, *entries):
            seen += 1
            if seen > limits.entries:
                raise UnreadableExport(
                    f"{name}: contains more than {limits.entries} files (limit entries); "
                    "drop only the export's folder"
                )
            place = Path(folder) / entry
            mode = place.lstat().st_mode
            if stat.S_ISREG(mode):
                found[str(below / entry)] = place
            elif not stat.S_ISDIR(mode):
                links.append(str(below / entry))
    chosen, unopened, is_known = _select(list(found))
    upload = Upload(unopened=sorted(unopened + links), is_known=is_known)
    for member in chosen:
        place = found[member]
        count = place.lstat().st_size
        total += count
        upload.members.append(
            Member(
                member,
                partial(_open_plain, place, root, f"{name}: {member}"),
                _too_large(count, total, limits),
            )
        )
    if not upload.members:
        raise _nothing(name, upload.unopened)
    return upload


def _too_large(count: int, total: int, limits: Limits) -> str:
    if count > limits.entry_bytes:
        return (
            f"is {size(count)}, more than the {size(limits.entry_bytes)} allowed for one file "
            "(limit entry_bytes)"
        )
    if total > limits.total_bytes:
        return f"makes the export larger than {size(limits.total_bytes)} (limit total_bytes)"
    return ""


@contextmanager
def _open_zip(stream: BinaryIO, name: str, limits: Limits) -> Iterator[zipfile.ZipFile]:
    _refuse_large_directory(stream, name, limits)
    try:
        archive = zipfile.ZipFile(stream)
    except Exception as error:  # zipfile raises many kinds of errors for damaged archives
        raise UnreadableExport(
            f"{name}: is a damaged or incomplete ZIP archive; download the export again"
        ) from error
    with archive:
        yield archive


def _refuse_large_directory(stream: BinaryIO, name: str, limits: Limits) -> None:
    """Refuse a ZIP by the size of its directory, before the directory is read into memory."""
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, end - 66_000))
    tail = stream.read()
    stream.seek(0)
    directory = 0
    if (at := tail.rfind(b"PK\x05\x06")) >= 0 and len(tail) >= at + 16:
        directory = struct.unpack_from("<L", tail, at + 12)[0]
    if (at := tail.rfind(b"PK\x06\x06")) >= 0 and len(tail) >= at + 48:
        directory = max(
            directory if directory != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, at + 40)[0]
        )
    if directory > limits.entries * 512:
        raise _too_many(name, limits)


def _too_many(name: str, limits: Limits) -> UnreadableExport:
    return UnreadableExport(
        f"{name}: the ZIP archive contains more than {limits.entries} files (limit entries); "
        "drop the export as its service gave it to you"
    )


def _zip(archive: zipfile.ZipFile, name: str, limits: Limits) -> Upload:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > limits.entries:
        raise _too_many(name, limits)
    _refuse_office(name, {entry.filename for entry in entries})
    plain: dict[str, zipfile.ZipInfo] = {}
    passed_over: list[str] = []
    for entry in entries:
        if _is_plain(entry) and entry.filename not in plain:
            plain[entry.filename] = entry
        else:
            passed_over.append(entry.filename)
    chosen, unopened, is_known = _select(list(plain))
    upload = Upload(unopened=sorted(unopened + passed_over), is_known=is_known)
    total = 0
    for member in chosen:
        entry = plain[member]
        total += entry.file_size
        problem = _entry_problem(entry, limits) or _too_large(entry.file_size, total, limits)
        upload.members.append(Member(member, partial(_open_entry, archive, entry), problem))
    if not upload.members:
        raise _nothing(name, upload.unopened)
    return upload


def _open_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
    return cast(BinaryIO, archive.open(entry))


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a plain file (not a link) without ``..`` or an absolute path."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    path = PurePosixPath(entry.filename)
    return (
        kind in (0, stat.S_IFREG)
        and not path.is_absolute()
        and ".." not in path.parts
        and "\\" not in entry.orig_filename
        and ":" not in entry.filename.partition("/")[0][:2]
    )


def _entry_problem(entry: zipfile.ZipInfo, limits: Limits) -> str:
    if entry.flag_bits & 0x1:
        return "is encrypted; pack the export again without a password"
    if entry.compress_type not in _DEFLATE:
        return "has an unsupported compression method; pack the export again as an ordinary ZIP"
    if entry.file_size > 1024**2 and entry.file_size > limits.ratio * max(1, entry.compress_size):
        return (
            f"unpacks to {size(entry.file_size)}, more than {limits.ratio} times its packed size "
            "(limit ratio): it looks like a ZIP bomb"
        )
    return ""


def _refuse_office(name: str, names: set[str]) -> None:
    kind = ""
    if "[Content_Types].xml" in names or any(n.startswith(("Index/", "META-INF/")) for n in names):
        kind = next((k for part, k in _OFFICE if any(n.startswith(part) for n in names)), "")
    if not kind and "mimetype" in names and "content.xml" in names:
        kind = "an OpenDocument file"
    if kind:
        raise UnreadableExport(f"{name}: is {kind}, not a CSV: open it and save it as CSV")
