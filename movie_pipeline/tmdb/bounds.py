"""Bounds: the largest size of one answer, and the longest time it may take in total.

What belongs here: both numbers, and enforcing them for every answer, including cached ones. What
does not: what happens to a question whose answer exceeds them (`connection`).

A timeout in requests limits silence only: a server that sends a byte now and then never exceeds it,
not even within the status line; and requests does not limit a body, a header line or the size of a
chunk. So each byte of an answer is read through an `Allowance`, at the one place that all of them
pass: the file from which `http.client` reads a response.
"""

import io
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from functools import cache
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter

MOST_BYTES = 16_000_000
"""The limit for an answer, both as received and unpacked. TMDB's largest have some 500 kB."""

MOST_SECONDS = 60.0
"""The time from the start of a request, including connecting, to the answer's last byte."""

MOST_PACKED = MOST_BYTES + MOST_BYTES // 100
"""The limit for an answer as stored: incompressible data grows a little."""

_CHUNK = 65_536


class Allowance:
    """The size and time that are left for one answer.

    Args:
        seconds: from now on.
        size: bytes, both as received and unpacked.

    Attributes:
        exceeded: which bound was exceeded, in words; empty if none was.
    """

    def __init__(self, seconds: float = MOST_SECONDS, size: int = MOST_BYTES) -> None:
        self.exceeded = ""
        self._size = size
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._received = 0

    @contextmanager
    def spent_here(self) -> Iterator[None]:
        """Apply it to everything that this thread receives through a `BoundedAdapter`."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)

    @property
    def seconds_left(self) -> float:
        """The seconds left.

        Raises:
            TimeoutError: none are left.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            self.exceeded = f"was not complete after {self._seconds:g} s"
            raise TimeoutError(self.exceeded)
        return left

    def received(self, size: int) -> None:
        """Count received bytes.

        Raises:
            OSError: there are too many.
        """
        self._received += size
        self._hold(self._received)

    def body_of(self, response: requests.Response) -> bytes:
        """Read a response's body, unpacked, and close the response.

        Raises:
            OSError: it is too large or too slow, or it did not arrive.
        """
        body = bytearray()
        with closing(response):
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                self._hold(len(body))
        return bytes(body)

    def _hold(self, size: int) -> None:
        if size > self._size:
            self.exceeded = f"was larger than {self._size / 1e6:g} MB"
            raise OSError(self.exceeded)


_CURRENT: ContextVar[Allowance] = ContextVar("_CURRENT")


class BoundedAdapter(HTTPAdapter):
    """Requests' adapter, with the thread's `Allowance` applied to its responses."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool for a request, direct or through a proxy, whose connections are bounded."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _bounded(pool.ConnectionCls)
        return pool


@cache
def _bounded(connection: type) -> type:
    """A connection class that uses our responses."""
    if getattr(connection, "response_class", None) is _Response:
        return connection
    return type(connection.__name__, (connection,), {"response_class": _Response})


class _Response(HTTPResponse):
    """A response that counts all its bytes, from the status line on, against an allowance."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Received(sock, _CURRENT.get()))


class _Received(io.RawIOBase):
    """The data received from a socket."""

    def __init__(self, sock: socket.socket, allowance: Allowance) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        silence = self._sock.gettimeout()
        left = self._allowance.seconds_left
        self._sock.settimeout(left if silence is None else min(silence, left))
        try:
            size = self._file.readinto(buffer)
        except TimeoutError:
            _ = self._allowance.seconds_left  # raises if it was the allowance that ran out
            raise
        finally:
            self._sock.settimeout(silence)
        self._allowance.received(size or 0)
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


def packed(body: bytes) -> bytes:
    """A body as stored: recorded details with credits shrink from 59 kB to 13 kB."""
    return zlib.compress(body, 6)


def unpacked(kept: bytes) -> bytes | None:
    """A stored body; None if it is damaged, or too large to be one of ours."""
    return _inflated(kept, zlib.MAX_WBITS)


def unwrapped(body: bytes) -> bytes | None:
    """A body without the compression that a proxy left on it and no header announces, if any."""
    gzip_or_zlib, deflate = zlib.MAX_WBITS | 32, -zlib.MAX_WBITS
    return _inflated(body, gzip_or_zlib) or _inflated(body, deflate)


def _inflated(body: bytes, wbits: int) -> bytes | None:
    """The body unpacked; None if it is not whole, has something after it, or is too large."""
    unpacker = zlib.decompressobj(wbits)
    try:
        inflated = unpacker.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        return None
    whole = unpacker.eof and not unpacker.unused_data and len(inflated) <= MOST_BYTES
    return inflated if whole else None
