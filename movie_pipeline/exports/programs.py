"""Names that hold more than a title: programs of streaming services, files, tasks.

What belongs here: pure functions that take such a name apart. What does not: titles that say only
their year (``values``), and which column or file holds such names (``formats``, ``headless``).
"""

import re
from collections.abc import Iterable, Set
from typing import NamedTuple

from movie_pipeline.exports import values

_SEASON = (
    r"(?:season|series|staffel|saison|temporada|stagione|seizoen|säsong|sæson|sesong|kausi|sezon[ua]?|"
    r"série|serie|séria|řada|évad|sezonul|сезон|κύκλος|книга)"
)
_LIMITED = (
    r"(?:limited series|mini-?\s?series|mini-?\s?serie|mini-?\s?série|minissérie|miniserial|"
    r"мини-?сериал|sorozat|edición limitada|série limitée|limitierte serie|serie limitada|"
    r"minisérie|リミテッドシリーズ|리미티드 시리즈|迷你剧)"
)
_PART = r"(?:part|volume|vol\.|book|chapter|teil|partie|parte|collection|tome)"
_DIVIDED = r"(.+?)\s*(?:[:：,]|\s[-–—]|\s?\|)\s*"
_PROGRAM = re.compile(
    rf"{_DIVIDED}(?:({_SEASON}\s*\d+\b|\d+\.?\s*{_SEASON}\b|{_LIMITED}\b|"
    r"シーズン\s*\d+|시즌\s*\d+|第\s*[\d一二三四五六七八九十]+\s*季).*|"
    rf"({_PART}\s*\d+)\s*[:：]\s*.+|(?<!star wars: )((?:episode|folge|épisode|episodio|"
    rf"episódio)\s*\d+).*)",
    re.IGNORECASE | re.DOTALL,
)
_CODE = re.compile(
    r"(.+?)[\s:,._-]+[([]?(s\d{1,2}\s?[:.]?\s?e\d{1,3}|\d{1,2}x\d{2,3})\b.*", re.IGNORECASE
)
_SERIES = re.compile(
    rf"{_DIVIDED}(?:{_SEASON}\s*\d+|\d+\.?\s*{_SEASON}|{_LIMITED})\b.*", re.IGNORECASE
)

EXTRA = re.compile(
    r"_(?:hook|primary|promo|clip|teaser|trailer|tall|sdp)_|_\d+x\d+$|"
    r"(?:official |season \d+ |teaser )?(?:trailer|teaser|clip|recap|bonus|promo)\s*(?:\d+\s*)?:",
    re.IGNORECASE,
)
"""Trailers and the like in a viewing history, by how their titles begin or what they contain."""


def program(text: str, shows: Set[str] = frozenset()) -> tuple[str | None, str | None]:
    """Split ``Show: Season 1: Episode`` into the show and its part; a film has no part.

    Args:
        text: The name of the program.
        shows: Series whose episodes are named without a season (see `shows`).
    """
    title = values.clean(text)
    if title and shows and (parts := title.rpartition(": "))[0] in shows:
        return parts[0], parts[2]
    found = (_PROGRAM.fullmatch(title) or _CODE.fullmatch(title)) if title else None
    return (found[1], next(filter(None, found.groups()[1:]))) if found else (title, None)


_EPISODES = 10  # no series of films has as many parts with one name before a colon
_OF_A_LONG_NAME = 3  # Star Trek: Lower Decks: …


def shows(titles: Iterable[str]) -> frozenset[str]:
    """The series in a viewing history that names their episodes without a season."""
    found: dict[str, set[str]] = {}
    for title in titles:
        show, _, episode = title.rpartition(": ")
        if show:
            found.setdefault(show, set()).add(episode)
    return frozenset(
        show
        for show, episodes in found.items()
        if len(episodes) >= (_OF_A_LONG_NAME if ": " in show else _EPISODES)
    )


def series(title: object) -> object:
    """The title of a series without its season: ``Show - Season 1`` is ``Show``."""
    found = _SERIES.fullmatch(title) if isinstance(title, str) else None
    return found[1] if found else title


class Named(NamedTuple):
    """What the name of a file, a folder or a task says."""

    title: str | None = None
    year: int | None = None
    imdb_id: str | None = None
    tmdb_id: int | None = None
    seen: bool | None = None


_TASK = re.compile(r"\s*(?:[-*+•–]\s*|\d{1,4}[.)]\s*)?(?:\[([ xX✓✔-]?)\]|([☐☑☒✅✓✔]))\s+")
_SUFFIX = re.compile(
    r"\.(?:mkv|mp4|m4v|avi|mov|wmv|mpe?g|ts|m2ts|webm|flv|iso|ogm|divx|vob|nfo|srt|strm)$",
    re.IGNORECASE,
)
_BRACED_ID = re.compile(
    r"[\[({]\s*(?:(tmdb|imdb|tvdb)(?:id)?\s*[-=: ]\s*(tt\d{5,10}|\d{1,9})|(tt\d{5,10}))\s*[\])}]",
    re.IGNORECASE,
)
_TAGS = re.compile(r"\s*(?:\[[^\]]*\]|\{[^}]*\}|\((?!(?:18|19|20)\d\d\))[^)]*\))\s*$")
_YEAR = r"(18[7-9]\d|19\d\d|20\d\d)"
_BRACKETED = re.compile(rf"(.*?\S)[\s._]*[(\[]{_YEAR}(?:[-–]\d{{0,4}})?[)\]](.*)", re.DOTALL)
_YEAR_FIRST = re.compile(rf"(?:[(\[]{_YEAR}[)\]]\s*[-–—_.]?|{_YEAR}\s*[-–—_.])\s*(\S.*)", re.DOTALL)
_YEAR_LAST = re.compile(rf"(.*\S)\s*[-–—,]\s*{_YEAR}", re.DOTALL)
_SCENE = re.compile(rf"(.+)[. _]+{_YEAR}(?![\dp])(?:[. _].*)?", re.DOTALL)
_QUALITY = re.compile(
    r"[. _\-\[(]+(?:2160p|1080[pi]|720p|480p|4k|uhd|blu-?ray|b[dr]rip|web-?(?:dl|rip)|"
    r"dvd(?:rip)?|hdtv|hdrip|"
    r"x26[45]|h\.?26[45]|hevc|remux|xvid|extended|directors?.cut|remastered|proper)\b.*",
    re.IGNORECASE | re.DOTALL,
)


def named(text: str) -> Named:
    """Take apart the name or path of a file or folder, or a task.

    Examples: ``Heat (1995) [1080p].mkv``, ``Movies/Heat (1995) {tmdb-949}/``, ``1995 - Heat``,
    ``Heat.1995.1080p.BluRay.mkv``, ``- [ ] Heat (1995)``.
    """
    seen = None
    if task := _TASK.match(text):
        seen = bool((task[1] or "").strip(" -")) or (task[2] or "☐") != "☐"
        text = text[task.end() :]
    else:
        text = _BULLETED.sub("", text)
    parts = [part for part in _SLASH.split(text.strip()) if part] if _is_path(text) else [text]
    name = parts[-1] if parts else ""
    is_file = _SUFFIX.search(name) is not None
    found = _read(_SUFFIX.sub("", name), scene=is_file)
    if found.year is None and len(parts) > 1:
        above = _read(parts[-2], scene=False)
        if above.year is not None:
            found = above
    for part in parts[::-1]:
        for service, number, bare in _BRACED_ID.findall(part):
            if bare or service.lower() == "imdb" or number[:1] in "tT":
                found = found._replace(imdb_id=values.imdb_id(bare or number))
            elif service.lower() == "tmdb":
                found = found._replace(tmdb_id=values.tmdb_id(number))
    return found._replace(seen=seen)


def is_file(text: str) -> bool:
    """Whether a text is the name or path of a file or folder: by its suffix, slashes or id."""
    return _is_path(text) or _BRACED_ID.search(text) is not None


_SLASH = re.compile(r"[/\\]+")
_BULLETED = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•–])\s+")


def _is_path(text: str) -> bool:
    """Whether slashes divide folders (a title such as Face/Off has one, too)."""
    text = text.strip()
    return (
        text.endswith(("/", "\\"))
        or text.startswith(("/", "./", "\\\\"))
        or text[1:3] in {":\\", ":/"}
        or _SUFFIX.search(text) is not None
        or re.search(r"[)\]}][/\\]", text) is not None
    )


def _read(name: str, *, scene: bool) -> Named:
    name = _BRACED_ID.sub(" ", name).strip()
    if found := _BRACKETED.fullmatch(name):
        return Named(_title(found[1], scene=scene), int(found[2]))
    while (shorter := _TAGS.sub("", name)) != name and shorter:
        name = shorter
    if found := _YEAR_FIRST.fullmatch(name):
        return Named(_title(_QUALITY.sub("", found[3]), scene=scene), int(found[1] or found[2]))
    if scene:
        if found := _SCENE.fullmatch(name):
            return Named(_title(found[1], scene=True), int(found[2]))
        name = _QUALITY.sub("", name)
    elif found := _YEAR_LAST.fullmatch(name):
        return Named(_title(found[1], scene=False), int(found[2]))
    return Named(_title(name, scene=scene))


def _title(text: str, *, scene: bool) -> str | None:
    if scene and " " not in text.strip():
        text = text.replace(".", " ").replace("_", " ")
    return values.clean(text.strip(" -–_." if scene else " "))
