"""Replies: what an HTTP response means, and whether it comes from TMDB at all.

What belongs here: the meaning of each status, header and body for a question, as pure functions.
What does not: sending and retrying requests (`connection`), and how much is read (`bounds`).

Something else may answer instead of TMDB: the sign-in page of a Wi-Fi, a company's proxy, a
firewall. TMDB itself answers in JSON, and explains an error with a ``status_code`` of its own
(https://developer.themoviedb.org/docs/errors).
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from movie_pipeline.outside.untrusted import cleaned
from movie_pipeline.settings import KEY_PAGE
from movie_pipeline.tmdb.bounds import unwrapped
from movie_pipeline.tmdb.budget import LONGEST_PAUSE

Record = dict[str, Any]

_CODES = range(1, 100)
"""TMDB's own codes (1 to 47 so far); in a proxy's JSON the code may repeat the HTTP status."""
_PRIVATE = 39
"""The only code of a 401 that is about a single film."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BROKEN = "TMDB's answer was invalid"
_SIGN_IN = (
    "most likely the sign-in page of a Wi-Fi or company network: open a browser, sign in there,"
    " then run again"
)


class NoAnswer(Exception):
    """A question got no answer, even after retries; the message says why, without the secret."""


class FatalError(Exception):
    """No question of this run can be answered; the message says what to do."""


class KeyRefused(FatalError):
    """TMDB refuses the key."""


class Fault(Exception):
    """No answer of TMDB's, for a reason that may be temporary.

    Args:
        message: what happened, and what to do if that is known.
        attempts: how often to ask the question at most, if more attempts would be pointless.
    """

    def __init__(self, message: str, attempts: int | None = None) -> None:
        super().__init__(message)
        self.attempts = attempts


class WebPage(Fault):
    """A page for a browser came instead of TMDB's answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"a web page came instead of TMDB's answer ({status}), {_SIGN_IN}", 2)


@dataclass(frozen=True)
class Heard:
    """A response: HTTP status, headers (case-insensitive) and the unpacked body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """TMDB's answer: 200 with a JSON object, or 404 with an empty one."""

    status: int
    body: bytes
    record: Record


def reply(
    heard: Heard, fits: Callable[[Record], bool], *, base_url: str, search: bool, trusted: bool
) -> Reply:
    """Interpret a response.

    Args:
        heard: the response.
        fits: whether an object answers the question.
        base_url: the API's root, for messages.
        search: whether the question was a search; one without hits gives a 200.
        trusted: whether TMDB has answered before.

    Raises:
        Fault: it is not an answer, and another attempt may succeed.
        NoAnswer: TMDB does not answer this question.
        FatalError: TMDB will not answer any question.
    """
    status, record = heard.status, json_object(heard.body)
    if record is None and (inner := unwrapped(heard.body)) is not None:
        heard, record = replace(heard, body=inner), json_object(inner)
    code = _code(record)
    if status == 200:
        if record is not None and fits(record):
            return Reply(status, heard.body, record)
        raise WebPage(status) if record is None and _is_page(heard) else Fault(_BROKEN)
    if status == 404 and code is not None and not search:
        return Reply(status, b"{}", {})
    if status == 404 and (code is not None or not trusted):
        raise FatalError(
            f"{base_url} is not TMDB's API: check TMDB_BASE_URL (it ends in /3), then run again."
        )
    if status in _REDIRECTS and "Location" in heard.headers:
        raise FatalError(
            f"{base_url} answers with a redirect ({status}), {_SIGN_IN}. If the API has moved, set"
            " TMDB_BASE_URL to the address it redirects to, if you trust it."
        )
    raise _refusal(status, base_url) if code is None else _error(status, code)


def _refusal(status: int, base_url: str) -> Exception:
    """The exception for a status without a code of TMDB's own."""
    if status == 511:  # Network Authentication Required
        return WebPage(status)
    if status in {401, 403, 404, 407, 451}:
        return Fault(
            f"a firewall or proxy in front of TMDB refused the request ({status}): allow"
            f" {base_url} there, or use another network; then run again",
            attempts=1,
        )
    return Fault(f"{_BROKEN} ({status})") if status < 400 else _error(status, None)


def _error(status: int, code: int | None) -> Exception:
    """The exception for a status, with TMDB's own code if there is one."""
    if status in {401, 403} and code != _PRIVATE:
        return KeyRefused(
            f"TMDB refused the key ({status}). Copy the API Read Access Token from {KEY_PAGE}"
            " into TMDB_API_TOKEN (in .env, or in the environment), then run again."
        )
    if status >= 500 or status == 408:
        return Fault(f"TMDB had a server error ({status})")
    return NoAnswer(f"TMDB rejected the request ({status})")


def json_object(body: bytes) -> Record | None:
    """The JSON object in the bytes, with printable texts; None if there is none."""
    try:
        value = json.loads(body)
        return cleaned(value) if isinstance(value, dict) else None
    except (ValueError, RecursionError):
        return None


def retry_after(header: str | None) -> float:
    """Seconds to wait according to a Retry-After header (seconds or a date), 1 to `LONGEST_PAUSE`.

    Missing, unreadable and 0 mean 1: TMDB has been seen to send 0 (TMDbLib's source).
    """
    text = (header or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_until(text)
    return 1.0 if math.isnan(seconds) else min(LONGEST_PAUSE, max(1.0, seconds))


def _seconds_until(date: str) -> float:
    """Seconds until an HTTP date, NaN if it is not one."""
    try:
        moment = parsedate_to_datetime(date)
        # An HTTP date is UTC even where it doesn't say so.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):  # also a year or a zone that Python's dates don't have
        return math.nan


def _code(record: Record | None) -> int | None:
    """TMDB's own error code, None if the response is not TMDB's."""
    code = (record or {}).get("status_code")
    return code if type(code) is int and code in _CODES else None


def _is_page(heard: Heard) -> bool:
    """Whether the response is a page for a browser."""
    begins = heard.body[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return begins.startswith(b"<") or (
        begins != b"" and "html" in heard.headers.get("Content-Type", "").lower()
    )
