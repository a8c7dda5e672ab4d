"""A TMDB on this machine: a real HTTP server over any catalogue, with keys, limits and faults.

What belongs here: the server, and what a test can set and observe on it. What does not: computing
the answers (`movie_pipeline.sample.catalogue`, which the product's sample uses as well), and large
or difficult catalogues (`catalogues.py`).

From a shell: `python -m movie_pipeline_tests.fake_tmdb --catalogue FILE --rate 40 --latency 0.1`.
"""

import argparse
import csv
import json
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.sample.shapes import ERRORS, error_body
from movie_pipeline.sample.transport import CONTENT_TYPE, ask, encode
from movie_pipeline_tests.catalogues import add_adversaries, records_from_parquet
from movie_pipeline_tests.images import jpeg
from movie_pipeline_tests.other_titles import add_other_titles

# The HTTP statuses that a fault may use, with the TMDB code whose body belongs to each.
CODE_OF_STATUS = {status: code for code, (status, _) in reversed(ERRORS.items())}
CODE_OF_STATUS[404] = 34


@dataclass
class Request:
    """One request as the server saw it.

    Attributes:
        at: when it arrived, in seconds of the server's clock (`time.monotonic`).
        path: without the API's version, decoded, such as "/movie/603".
        query: the decoded parameters, including any `api_key`.
        secret_in_header: whether it had an Authorization header.
        status: the HTTP status of the answer; 0 if the connection was cut or left hanging, None
            while it is being answered.
    """

    at: float
    path: str
    query: dict[str, str]
    secret_in_header: bool
    status: int | None = None


@dataclass
class Fault:
    """What happens instead of an answer to the next `left` requests that `match` (None: all)."""

    match: str | Callable[[Request], bool]
    status: int = 200
    body: bytes | None = None
    cut: bool | Literal["body"] = False
    hang: float | None = None
    redirect: str | None = None
    retry_after: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    left: int | None = None

    def applies_to(self, request: Request) -> bool:
        """Whether this request gets the fault."""
        if self.left is not None and self.left <= 0:
            return False
        if isinstance(self.match, str):
            return request.path.startswith(self.match)
        return self.match(request)


@dataclass
class FakeTMDB:
    """A TMDB-like server on this machine that runs during its `with` block.

    Everything below may be changed while it runs.

    Attributes:
        catalogue: the source of its answers.
        token: the only valid secret, as `Authorization: Bearer …` or `api_key=…`; None for no
            valid one.
        requests_per_second: above so many answers in any sliding second it sends a 429; None for no
            limit. Requests answered with 429 don't count towards the limit.
        retry_after: the Retry-After of a 429: a literal text, "date" for the HTTP date a second
            from now, None for no header.
        latency: seconds before each answer; other connections don't wait.
        jitter: up to so many seconds more or less, at random.
        fault_share: share (0 to 1) of the requests that get a random fault: 500, 502, broken
            JSON, a cut connection (before or within the body) or a hanging one.
        hang_seconds: how long a hanging connection hangs before it is cut.
        down: cut every connection without an answer.
        posters: give each film without a poster a made-up one. Pictures are below ``/t/p/``, need
            no key and count towards no limit; they are recorded like all requests.
        port: 0 takes a free one.
        seed: of the random choices.
        clock: the clock for the limit and `Request.at`, in seconds.
        host: the address on which it listens.
        requests: the requests received so far.
        connections: the number of connections opened.
        crashes: exceptions within the server; there should be none.
    """

    catalogue: Catalogue
    token: str | None = "token"
    requests_per_second: int | None = None
    retry_after: str | None = "1"
    latency: float = 0.0
    jitter: float = 0.0
    fault_share: float = 0.0
    hang_seconds: float = 30.0
    down: bool = False
    posters: bool = False
    port: int = 0
    seed: int = 0
    clock: Callable[[], float] = time.monotonic
    host: str = "127.0.0.1"
    requests: list[Request] = field(default_factory=list, init=False)
    connections: int = field(default=0, init=False)
    faults: list[Fault] = field(default_factory=list, init=False)
    crashes: list[BaseException] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Prepare the state that the requests share."""
        self._lock = threading.Lock()
        self._random = random.Random(self.seed)
        self._let_through: deque[float] = deque()
        self._ending = threading.Event()

    def __enter__(self) -> Self:
        """Start listening; `base_url` is valid from here on."""
        self._ending.clear()
        self._server = _Server((self.host, self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="fake-tmdb", daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening; cut waiting requests now, and other connections at their next request."""
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def base_url(self) -> str:
        """The API's root, such as "http://127.0.0.1:40123/3"."""
        return f"http://{self.host}:{self.port}/3"

    @property
    def worst_second(self) -> int:
        """The largest number of requests that arrived within one sliding second."""
        window: deque[float] = deque()
        worst = 0
        for at in sorted(request.at for request in list(self.requests)):
            window.append(at)
            while window[0] <= at - 1:
                window.popleft()
            worst = max(worst, len(window))
        return worst

    def count(self, path_prefix: str = "", status: int | None = None) -> int:
        """Count the requests whose path has this prefix and, if given, whose answer this status."""
        return sum(
            request.path.startswith(path_prefix) and status in (None, request.status)
            for request in list(self.requests)
        )

    def clear(self) -> None:
        """Forget the recorded requests and scripted faults, but not the state of the limit."""
        with self._lock:
            self.requests.clear()
            self.faults.clear()

    def fault(
        self,
        match: str | Callable[[Request], bool] = "",
        *,
        status: int = 200,
        body: bytes | None = None,
        cut: bool | Literal["body"] = False,
        hang: float | None = None,
        redirect: str | None = None,
        retry_after: str | None = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
    ) -> Fault:
        """Script what happens instead of an answer; faults scripted first come first.

        Args:
            match: a prefix of the path ("/search/"), or a predicate on the request.
            status: the HTTP status, with TMDB's error body for it unless `body` is given.
            body: sent as it is.
            cut: close the connection before an answer or, with "body", in the middle of one.
            hang: stay silent for so many seconds, then close the connection.
            redirect: answer with a 302 to this address.
            retry_after: a Retry-After header for the answer.
            headers: other headers, such as Content-Type or Content-Encoding.
            times: for so many requests; None for all until `clear()`.
        """
        fault = Fault(match, status, body, cut, hang, redirect, retry_after, headers or {}, times)
        with self._lock:
            self.faults.append(fault)
        return fault

    def _arrived(self, request: Request) -> tuple[bool, Fault | None, float]:
        """Record a request; returns whether it is within the limit, its fault, and its delay."""
        with self._lock:
            request.at = self.clock()
            self.requests.append(request)
            delay = max(0.0, self.latency + self._random.uniform(-self.jitter, self.jitter))
            fault = next((f for f in self.faults if f.applies_to(request)), None)
            if fault is not None and fault.left is not None:
                fault.left -= 1
            if fault is None and self._random.random() < self.fault_share:
                fault = self._random.choice(_RANDOM_FAULTS)(self)
            if request.path.startswith(_IMAGES):
                return True, fault, delay
            while self._let_through and self._let_through[0] <= request.at - 1:
                self._let_through.popleft()
            limit = self.requests_per_second
            within = limit is None or len(self._let_through) < limit
            if within:
                self._let_through.append(request.at)
            return within, fault, delay

    def _shown_retry_after(self) -> dict[str, str]:
        if self.retry_after is None:
            return {}
        # An HTTP date has whole seconds only: round up, or it would be in the past.
        soon = formatdate(int(time.time()) + 2, usegmt=True)
        return {"Retry-After": soon if self.retry_after == "date" else self.retry_after}


_IMAGES = "/t/p/"

_RANDOM_FAULTS: list[Callable[[FakeTMDB], Fault]] = [
    lambda _: Fault("", status=500),
    lambda _: Fault("", status=502, body=b"<html><h1>502 Bad Gateway</h1></html>"),
    lambda _: Fault("", body=b'{"page": 1, "results": [{"id": 6'),
    lambda _: Fault("", cut=True),
    lambda _: Fault("", cut="body"),
    lambda tmdb: Fault("", hang=tmdb.hang_seconds),
]


class _Server(ThreadingHTTPServer):
    """A server with one thread per connection."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, address: tuple[str, int], tmdb: FakeTMDB) -> None:
        self.tmdb = tmdb
        super().__init__(address, _Handler)

    def handle_error(self, *_: Any, **__: Any) -> None:
        """Ignore clients that hang up; record any other error for the test to check."""
        crash = sys.exception()
        if crash is not None and not isinstance(crash, ConnectionError):
            self.tmdb.crashes.append(crash)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        assert isinstance(self.server, _Server)
        self.tmdb = self.server.tmdb
        with self.tmdb._lock:
            self.tmdb.connections += 1

    def log_message(self, *_: Any, **__: Any) -> None:
        """Log nothing: the output of tests is long enough."""

    def do_GET(self) -> None:
        tmdb = self.tmdb
        parts = urlsplit(self.path)
        request = Request(
            at=0.0,
            path=unquote(parts.path.removeprefix("/3")),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            secret_in_header="Authorization" in self.headers,
        )
        within_limit, fault, delay = tmdb._arrived(request)
        if tmdb.down or tmdb._ending.wait(delay):
            return self._cut(request)
        if fault is not None:
            return self._fail(request, fault)
        if request.path.startswith(_IMAGES):
            kind = {"Content-Type": "image/jpeg"}
            return self._send(request, 200, jpeg(request.path), kind)
        if not within_limit:
            return self._answer(request, *error_body(25), tmdb._shown_retry_after())
        by_header = self.headers.get("Authorization") == f"Bearer {tmdb.token}"
        by_key = request.query.get("api_key") == tmdb.token
        if tmdb.token is None or not (by_header or by_key):
            return self._answer(request, *error_body(7))
        status, body = ask(tmdb.catalogue, self.path)
        return self._answer(request, status, self._with_images(request, status, body))

    def _with_images(
        self, request: Request, status: int, body: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The answer with our own image server and, if wanted, a poster for each film."""
        if request.path == "/configuration" and "images" in body:
            root = f"{self.tmdb.base_url.removesuffix('/3')}{_IMAGES}"
            return {**body, "images": {**body["images"], "secure_base_url": root}}
        details = request.path.startswith("/movie/") and status == 200
        if self.tmdb.posters and details and not body.get("poster_path"):
            return {**body, "poster_path": f"/poster{body['id']}.jpg"}
        return body

    def _fail(self, request: Request, fault: Fault) -> None:
        if fault.hang is not None:
            self.tmdb._ending.wait(fault.hang)
            return self._cut(request)
        if fault.cut is True:
            return self._cut(request)
        status, body = (302, b"") if fault.redirect is not None else (fault.status, fault.body)
        if body is None:
            code = CODE_OF_STATUS.get(status)
            body = encode(error_body(code)[1] if code else {"page": 1, "results": []})
        headers = {
            "Retry-After": fault.retry_after,
            "Location": fault.redirect,
            **fault.headers,
        }
        self._send(request, status, body, headers, cut=fault.cut == "body")
        return None

    def _answer(
        self,
        request: Request,
        status: int,
        body: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._send(request, status, encode(body), headers or {})

    def _send(
        self,
        request: Request,
        status: int,
        body: bytes,
        headers: Mapping[str, str | None],
        cut: bool = False,
    ) -> None:
        request.status = 0 if cut else status
        self.send_response(status)
        sent = {"Content-Type": CONTENT_TYPE, "Content-Length": str(len(body)), **headers}
        for name, value in sent.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def _cut(self, request: Request) -> None:
        request.status = 0
        self.close_connection = True


def _main() -> None:
    parser = argparse.ArgumentParser(description="Serve a TMDB-like API from a catalogue.")
    parser.add_argument("--catalogue", type=Path, required=True, help=".jsonl or .parquet")
    parser.add_argument("--adversaries", type=Path, help="CSV of title, year, tmdb_id to imitate")
    parser.add_argument("--other-titles", action="store_true", help="make up other titles, dates")
    parser.add_argument("--posters", action="store_true", help="make up posters")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="token")
    parser.add_argument("--rate", type=int, default=None, help="requests per second before a 429")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--jitter", type=float, default=0.0, help="seconds")
    parser.add_argument("--fault-share", type=float, default=0.0, help="0 to 1")
    asked = parser.parse_args()
    if asked.catalogue.suffix == ".parquet":
        records = records_from_parquet(asked.catalogue)
    else:
        with asked.catalogue.open(encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
    if asked.other_titles:
        records = add_other_titles(records)
    if asked.adversaries is not None:
        with asked.adversaries.open(encoding="utf-8", newline="") as rows:
            records = add_adversaries(records, csv.DictReader(rows))
    with FakeTMDB(
        Catalogue(records),
        port=asked.port,
        token=asked.token,
        requests_per_second=asked.rate,
        latency=asked.latency,
        jitter=asked.jitter,
        fault_share=asked.fault_share,
        posters=asked.posters,
    ) as tmdb:
        print(tmdb.base_url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    _main()
