"""Bounds: how large one answer may be, and how long it may take as a whole.

What belongs here: both numbers, and what holds every answer to them, also one that is kept. What
does not: what becomes of a question whose answer is beyond them (`connection`).

A time-out of requests is one of silence: a server that sends a byte now and then is never too
late for it, not in its status line either; and nothing there limits a body, a header line or the
size of a chunk. So each byte of an answer is read through an `Allowance`, at the one place where
all of them pass: the file that `http.client` reads a response from.
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
"""Of an answer, both as it travels and unpacked. TMDB's largest have some 500 kB."""

MOST_SECONDS = 60.0
"""From the moment an answer is asked for, connecting included, to its last byte."""

MOST_PACKED = MOST_BYTES + MOST_BYTES // 100
"""Of an answer as it is kept: what can't be compressed grows a little."""

_CHUNK = 65_536


class Allowance:
    """What one answer may still take.

    Args:
        seconds: from now on.

    Attributes:
        exceeded: what was too much, in words; empty as long as nothing was.
    """

    def __init__(self, seconds: float = MOST_SECONDS) -> None:
        self.exceeded = ""
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._received = 0

    @contextmanager
    def spent_here(self) -> Iterator[None]:
        """Hold what this thread receives through a `BoundedAdapter` to it."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)

    @property
    def seconds_left(self) -> float:
        """Until it is too late.

        Raises:
            TimeoutError: it is.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            self.exceeded = f"was not complete after {self._seconds:g} s"
            raise TimeoutError(self.exceeded)
        return left

    def received(self, size: int) -> None:
        """So many bytes came.

        Raises:
            OSError: they are too many.
        """
        self._received += size
        self._hold(self._received)

    def body_of(self, response: requests.Response) -> bytes:
        """Read a response's body, unpacked, and close the response.

        Raises:
            OSError: it is too large or too late, or it did not arrive.
        """
        body = bytearray()
        with closing(response):
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                self._hold(len(body))
        return bytes(body)

    def _hold(self, size: int) -> None:
        if size > MOST_BYTES:
            self.exceeded = f"was larger than {MOST_BYTES / 1e6:g} MB"
            raise OSError(self.exceeded)


_CURRENT: ContextVar[Allowance] = ContextVar("_CURRENT")


class BoundedAdapter(HTTPAdapter):
    """Requests' adapter, whose responses are held to the thread's `Allowance`."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool for a request, of connections that read as we want: direct or by a proxy."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _bounded(pool.ConnectionCls)
        return pool


@cache
def _bounded(connection: type) -> type:
    """A class of connections with our responses."""
    if getattr(connection, "response_class", None) is _Response:
        return connection
    return type(connection.__name__, (connection,), {"response_class": _Response})


class _Response(HTTPResponse):
    """A response all of whose bytes, from the status line on, are taken from an allowance."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Received(sock, _CURRENT.get()))


class _Received(io.RawIOBase):
    """What a socket receives."""

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
            _ = self._allowance.seconds_left  # which of the two time-outs was it?
            raise
        finally:
            self._sock.settimeout(silence)
        self._allowance.received(size or 0)
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


def packed(body: bytes) -> bytes:
    """A body as it is kept: measured on recorded details with credits, 59 kB become 13 kB."""
    return zlib.compress(body, 6)


def unpacked(kept: bytes) -> bytes | None:
    """A body that was kept; None where it is damaged, or too large to be one of ours."""
    unpacker = zlib.decompressobj()
    try:
        body = unpacker.decompress(kept, MOST_BYTES + 1)
    except zlib.error:
        return None
    whole = unpacker.eof and not unpacker.unused_data and len(body) <= MOST_BYTES
    return body if whole else None
