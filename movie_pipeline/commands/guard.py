"""The guard: what may pass to Dagster's web server, and what a foreign web page must not reach.

Dagster's web server has no log-in. It runs mutations, also on a plain GET, for any page that the
browser has open and under any host name (measured on 1.13): an image on a foreign page can start a
run, or delete one. What belongs here: the decision (`refusal`) and the ASGI application that
carries it out (`Guard`). What does not: starting Dagster behind it (`guarded`), and the variable
that names more hosts (`settings`).

The decision rests on ``Host`` and ``Origin``, which a page can't forge and every browser sends.
``Sec-Fetch-Site``, which older browsers lack, only refuses more. A program (curl, a script) sends
neither ``Origin`` nor ``Sec-Fetch-Site`` and passes: it could read the data folder anyway.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping
from typing import Any

LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
"""Names of this machine, which pass with any port: a tunnel may have another one at its end."""

POLICY = "frame-ancestors 'none'; img-src 'self' data: blob:"
"""Added to Dagster's Content-Security-Policy: no page frames the UI, no picture calls home."""

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
"""What a page may send elsewhere without asking first (Fetch standard, 2.2.2)."""
_JSON = {"application/json", "application/graphql"}
"""What Dagster reads a query from; of any other POST it takes the one in the address."""
_LONGEST_SHOWN = 100

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def refusal(scope: Scope, hosts: Collection[str]) -> str | None:
    """Why a request must not pass, in a sentence for the user; None where it may.

    Args:
        scope: the request, as ASGI describes it (``http`` or ``websocket``).
        hosts: under which names the UI may be opened, beside this machine's own: lower case, as a
            browser writes them (``films.example:8443`` or ``https://films.example``).
    """
    headers = _headers(scope)
    socket = scope["type"] == "websocket"
    reads = not socket and scope["method"] in {"GET", "HEAD"}
    given = headers["host"]
    origins = _origins(given[0].lower(), hosts) if len(given) == 1 else set()
    if not origins:
        return (
            f"the address names the host {_shown(given)}, which was not asked for. Open the UI"
            " under 127.0.0.1; or if that host is yours, add it to MOVIE_PIPELINE_HOSTS (such as"
            " films.example:8443) and start make dev again."
        )
    if any(one.lower() not in origins for one in headers["origin"]):
        return (
            f"it comes from a page of {_shown(headers['origin'])}, and only the UI's own pages may"
            " ask for this. If that page is yours, add its host to MOVIE_PIPELINE_HOSTS (such as"
            " https://films.example) and open the UI there."
        )
    opens = reads and headers["sec-fetch-mode"] == ["navigate"]
    opens = opens and headers["sec-fetch-dest"] == ["document"]
    if set(headers["sec-fetch-site"]) - {"same-origin", "none"} and not opens:
        return "it comes from a page of another site. Open the UI in a tab of its own."
    graphql = scope["path"].rstrip("/").endswith("/graphql")
    if graphql and reads and "text/html" not in "".join(headers["accept"][:1]):
        return "GraphQL is answered by POST only. Send the query as JSON in the body of a POST."
    sent = {one.partition(";")[0].strip().lower() for one in headers["content-type"]}
    if not (reads or socket) and (sent & _FORMS or (graphql and not (sent and sent <= _JSON))):
        return "a form could send this. Send JSON, with the header Content-Type: application/json."
    return None


class Guard:
    """An ASGI application before Dagster's: it refuses, or passes the request on.

    A refused request is answered 403, as text that says what to set; a WebSocket is never opened.
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
    """The origins of our own pages, asked for under this ``Host``; none where it is foreign."""
    both = {f"http://{host}", f"https://{host}"}
    return both if LOOPBACK.fullmatch(host) or host in hosts else both & set(hosts)


def _headers(scope: Scope) -> Mapping[str, list[str]]:
    """Every value of every header: what is sent twice must not pass by its harmless half."""
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
    """The headers of an answer, with our policy behind the one that is there."""
    name, policy = b"content-security-policy", POLICY.encode()
    kept = [one for one in headers if one[0].lower() != name]
    policies = [value.rstrip(b"; ") for key, value in headers if key.lower() == name]
    merged = [(name, b"; ".join((one, policy))) for one in policies] or [(name, policy)]
    return [*kept, *merged, (b"x-frame-options", b"DENY")]
