"""The guard: keeps foreign web pages away from Dagster's web server.

Dagster's web server has no log-in. It runs mutations, even on a plain GET, for any page that the
browser has open and under any host name (measured on 1.13): an image on a foreign page can start a
run, or delete one. What belongs here: the decision (`refusal`) and the ASGI application that
enforces it (`Guard`). What does not: starting Dagster behind it (`guarded`), and the variable that
allows more hosts (`settings`).

The decision relies on ``Host`` and ``Origin``, which a page can't forge and every browser sends.
``Sec-Fetch-Site``, which older browsers lack, can only lead to more refusals. A program (curl, a
script) sends neither ``Origin`` nor ``Sec-Fetch-Site`` and passes: it could read the data folder
anyway.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping
from typing import Any

LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
"""Names of this machine, allowed with any port: a tunnel may end at a different one."""

POLICY = "frame-ancestors 'none'; img-src 'self' data: blob:"
"""Added to Dagster's Content-Security-Policy: no page can frame the UI, no image can phone home."""

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
"""Content types that a page may send to another site without a preflight (Fetch, 2.2.2)."""
_JSON = {"application/json", "application/graphql"}
"""Content types whose body Dagster reads a query from; for others it uses the query string."""
_LONGEST_SHOWN = 100

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def refusal(scope: Scope, hosts: Collection[str]) -> str | None:
    """Why a request is refused, in a sentence for the user; None if it may pass.

    Args:
        scope: the request, as ASGI describes it (``http`` or ``websocket``).
        hosts: names under which the UI may be opened, besides this machine's own: lower case, as a
            browser writes them (``films.example:8443`` or ``https://films.example``).
    """
    headers = _headers(scope)
    socket = scope["type"] == "websocket"
    reads = not socket and scope["method"] in {"GET", "HEAD"}
    given = headers["host"]
    origins = _origins(given[0].lower(), hosts) if len(given) == 1 else set()
    if not origins:
        return (
            f"the host {_shown(given)} in the address is not an allowed one. Open the UI at"
            " 127.0.0.1; or if that host is yours, add it to MOVIE_PIPELINE_HOSTS (such as"
            " films.example:8443) and start the UI again."
        )
    if any(one.lower() not in origins for one in headers["origin"]):
        return (
            f"it comes from a page of {_shown(headers['origin'])}, and only the UI's own pages may"
            " request this. If that page is yours, add its host to MOVIE_PIPELINE_HOSTS (such as"
            " https://films.example) and open the UI there."
        )
    opens = reads and headers["sec-fetch-mode"] == ["navigate"]
    opens = opens and headers["sec-fetch-dest"] == ["document"]
    if set(headers["sec-fetch-site"]) - {"same-origin", "none"} and not opens:
        return "it comes from a page of another site. Open the UI in its own tab."
    graphql = scope["path"].rstrip("/").endswith("/graphql")
    if graphql and reads and "text/html" not in "".join(headers["accept"][:1]):
        return "GraphQL queries are accepted by POST only. Send the query as JSON in the body."
    sent = {one.partition(";")[0].strip().lower() for one in headers["content-type"]}
    if not (reads or socket) and (sent & _FORMS or (graphql and not (sent and sent <= _JSON))):
        return "a form could send this. Send JSON with the header Content-Type: application/json."
    return None


class Guard:
    """An ASGI application in front of Dagster's: it refuses a request or passes it on.

    A refused request gets a 403 with a text that says what to do; a refused WebSocket never opens.
    """

    def __init__(self, app: App, hosts: Collection[str]) -> None:
        """Guard the application ``app``; ``hosts`` as for `refusal`."""
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        why = refusal(scope, self._hosts)
        if why is not None:
            await _refuse(scope, send, f"Refused: {why}\n")
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _protected(message.get("headers", ()))}
            await send(message)

        await self._app(scope, receive, sent)


def _origins(host: str, hosts: Collection[str]) -> set[str]:
    """The origins of our own pages when served under this ``Host``; none if it is foreign."""
    both = {f"http://{host}", f"https://{host}"}
    return both if LOOPBACK.fullmatch(host) or host in hosts else both & set(hosts)


def _headers(scope: Scope) -> Mapping[str, list[str]]:
    """All values of every header: one sent twice must not pass because one value is harmless."""
    headers: dict[str, list[str]] = defaultdict(list)
    for name, value in scope["headers"]:
        headers[name.decode("latin-1").lower()].append(value.decode("latin-1").strip())
    return headers


def _shown(values: list[str]) -> str:
    text = ", ".join(values) or "(none)"
    return repr(text[:_LONGEST_SHOWN])[1:-1]


async def _refuse(scope: Scope, send: Send, text: str) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        kind = "websocket.http.response"
    body = text.encode()
    headers = _protected(
        [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
    )
    await send({"type": f"{kind}.start", "status": 403, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})


def _protected(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a response, with our policy appended to the existing one."""
    name, policy = b"content-security-policy", POLICY.encode()
    kept = [one for one in headers if one[0].lower() != name]
    policies = [value.rstrip(b"; ") for key, value in headers if key.lower() == name]
    merged = [(name, b"; ".join((one, policy))) for one in policies] or [(name, policy)]
    return [*kept, *merged, (b"x-frame-options", b"DENY")]
