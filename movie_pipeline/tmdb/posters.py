"""Posters: small pictures of films, from TMDB's image server.

What belongs here: asking that server, what counts as a picture, and keeping pictures. What does
not: which films need one (`movie_pipeline.page.pictures`), the API (`client`), where answers are
kept (`store`).

Pictures are kept with the answers, for as long, under keys of their own kind (`KIND`), so that
forgetting an upload can find and remove those that no other upload needs: a poster shows a title.

The image server gets no key, and its address comes from TMDB's answer: it must be a server of
TMDB's, reached over TLS, or, where TMDB_BASE_URL names another server, that one.
"""

import base64
import queue
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from movie_pipeline.settings import LONGEST_DAYS, TMDB_URL
from movie_pipeline.tmdb.answers import digest
from movie_pipeline.tmdb.bounds import Allowance, BoundedAdapter
from movie_pipeline.tmdb.client import TMDB
from movie_pipeline.tmdb.connection import BROKEN, PlainSession
from movie_pipeline.tmdb.replies import FatalError, NoAnswer
from movie_pipeline.tmdb.store import DAY, Kept, Store

SIZE = "w92"
"""TMDB's name for posters that are 92 pixels wide, which take some 4 kB."""

KIND = f"-{SIZE}"
"""How the keys of kept posters end; those of answers are digests without an end."""

MOST_BYTES = 64_000
MOST_SECONDS = 3.0
"""The longest time that a run spends on posters in all; the rest comes with the next page."""

PER_SECOND = 20.0
"""A modest pace: TMDB names no limit for its image server."""

_WORKERS = 4
_FAULTS = 4  # after so many the server counts as down, until the next page
_PATH = re.compile(r"/[A-Za-z0-9_-]+\.(jpg|jpeg|png)")
_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def key_of(path: str) -> str:
    """The key of a kept poster: hex digits that reveal no film, and `KIND`."""
    return f"{digest(path)}{KIND}"


def is_path(path: str | None) -> bool:
    """Whether a text can be the path of a poster on the image server."""
    return path is not None and _PATH.fullmatch(path) is not None


def as_data(picture: bytes) -> str | None:
    """A picture as an address that holds it; None if it is none, or is too large."""
    kind = next((kind for magic, kind in _MAGIC.items() if picture.startswith(magic)), None)
    if kind is None or len(picture) > MOST_BYTES:
        return None
    return f"data:{kind};base64,{base64.b64encode(picture).decode()}"


def image_root(configuration: dict[str, object], base_url: str) -> str:
    """The address below which posters are, from TMDB's answer to ``/configuration``.

    Raises:
        FatalError: it is not one that pictures may be fetched from.
    """
    images = configuration.get("images")
    root = images.get("secure_base_url") if isinstance(images, dict) else None
    sizes = images.get("poster_sizes") if isinstance(images, dict) else None
    try:
        parts, api = urlsplit(str(root)), urlsplit(base_url)
        host = parts.hostname or ""
        tmdb = parts.scheme == "https" and (host == "tmdb.org" or host.endswith(".tmdb.org"))
        other = base_url != TMDB_URL and (parts.scheme, parts.netloc) == (api.scheme, api.netloc)
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
        usable = plain and (other or (tmdb and parts.port in (None, 443)))
    except ValueError:
        usable = False
    if not (usable and isinstance(sizes, list) and SIZE in sizes):
        raise FatalError("TMDB's answer names no image server of its own: no posters.")
    return f"{str(root).rstrip('/')}/{SIZE}"


@dataclass(frozen=True)
class _Fetched:
    """What the server answered: 200 with a picture, 404, or 0 for a fault."""

    path: str
    status: int
    picture: bytes = b""


class Posters:
    """The posters that are kept, and as many missing ones as a run's time allows.

    Args:
        client: asks where the image server is; `close` closes it with the store.
        store: keeps pictures; the client's own.
        missing_days: how long it counts that there is no such picture.
        most_seconds: how long `get` may take for missing ones.
        transport: an adapter that answers instead of the network.
    """

    def __init__(
        self,
        client: TMDB,
        store: Store,
        *,
        missing_days: float,
        most_seconds: float = MOST_SECONDS,
        transport: BaseAdapter | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._missing_days = missing_days
        self._most_seconds = most_seconds
        self._session = PlainSession()
        self._session.trust_env = True
        self._session.auth = _no_key  # explicit, so that ~/.netrc is not used
        self._session.headers["User-Agent"] = "movie_pipeline"
        self._session.adapters.clear()
        self._session.mount(
            "", transport or BoundedAdapter(pool_connections=1, pool_maxsize=_WORKERS)
        )

    def get(self, paths: Iterable[str]) -> tuple[dict[str, str], int]:
        """Posters as addresses that hold them, by path, and how many were fetched for that.

        What is missing is asked for in the order given. A film may remain without a poster: there
        is none, the time was over, or the server can't be reached, which is no error.

        Raises:
            StoreError: kept pictures can't be read or written.
        """
        found: dict[str, str] = {}
        missing = []
        for path in filter(is_path, dict.fromkeys(paths)):
            kept = self._kept(path)
            if kept is None:
                missing.append(path)
            elif (data := as_data(kept)) is not None:
                found[path] = data
        fetched = 0
        for one in self._fetch(missing) if missing else ():
            self._store.put(
                key_of(one.path), Kept(one.status, self._store.now(), "", one.picture), ""
            )
            if data := as_data(one.picture):
                found[one.path] = data
                fetched += 1
        return found, fetched

    def close(self) -> None:
        """Close the connections and the store."""
        self._session.close()
        self._client.close()

    def _kept(self, path: str) -> bytes | None:
        """The kept picture, empty if there is none on the server; None if that is not known."""
        kept = self._store.get(key_of(path))
        if kept is None:
            return None
        days = LONGEST_DAYS if kept.status == 200 else self._missing_days
        # One from the future was stored before the clock was set back.
        if not -DAY < self._store.now() - kept.fetched_at < days * DAY:
            return None
        return None if kept.status == 200 and as_data(kept.body) is None else kept.body

    def _fetch(self, paths: list[str]) -> Iterator[_Fetched]:
        """Yield pictures (or that there is none) until all are there, or the time is over."""
        until = time.monotonic() + self._most_seconds
        try:
            root = image_root(self._client.configuration(), self._client.base_url)
        except (NoAnswer, FatalError):
            return
        asked, answers = queue.SimpleQueue[str](), queue.SimpleQueue[_Fetched]()
        for path in paths:
            asked.put(path)
        pace = _Pace(until)
        for _ in range(_WORKERS):
            # Daemons: not even a name server that hangs keeps the page waiting.
            threading.Thread(
                target=self._work, args=(root, asked, answers, pace), name="posters", daemon=True
            ).start()
        for _ in paths:
            try:
                one = answers.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if one.status:
                yield one
            elif pace.fault():
                break
        pace.stop()

    def _work(
        self,
        root: str,
        asked: "queue.SimpleQueue[str]",
        answers: "queue.SimpleQueue[_Fetched]",
        pace: "_Pace",
    ) -> None:
        with suppress(queue.Empty):
            while (seconds := pace.turn()) > 0:
                answers.put(self._ask(root, asked.get_nowait(), seconds))

    def _ask(self, root: str, path: str, seconds: float) -> _Fetched:
        allowance = Allowance(seconds, MOST_BYTES + 16_000)  # with the headers
        try:
            with allowance.spent_here():
                response = self._session.get(
                    f"{root}{path}", timeout=seconds, allow_redirects=False, stream=True
                )
                picture = allowance.body_of(response)
        except (*BROKEN, requests.RequestException):
            return _Fetched(path, 0)
        if response.status_code == 200 and as_data(picture) is not None:
            return _Fetched(path, 200, picture)
        return _Fetched(path, 404 if response.status_code == 404 else 0)


class _Pace:
    """When the next picture may be asked for: evenly, and until a time (`time.monotonic`)."""

    def __init__(self, until: float, sleep: Callable[[float], object] = time.sleep) -> None:
        self._until = until
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = time.monotonic()
        self._faults = 0

    def turn(self) -> float:
        """Wait for one's turn; returns the seconds that are left, 0 if there are none."""
        with self._lock:
            at = max(self._next, time.monotonic())
            self._next = at + 1.0 / PER_SECOND
        if at < self._until:
            self._sleep(max(0.0, at - time.monotonic()))
        return max(0.0, self._until - time.monotonic())

    def fault(self) -> bool:
        """Note a fault; returns whether there have been so many that asking is pointless."""
        self._faults += 1
        return self._faults >= _FAULTS

    def stop(self) -> None:
        """Ask for no further picture."""
        self._until = 0.0


def _no_key(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
