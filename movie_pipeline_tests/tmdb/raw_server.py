"""A server that sends exactly the bytes a test wants, which no real HTTP server would send.

What belongs here: listening, and sending the bytes to each request until the client hangs up. What
does not: faults that TMDB's own server could have (`fake_tmdb`).
"""

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

Saying = Iterable[bytes]


class RawServer:
    """Sends the same bytes to every request.

    Attributes:
        base_url: its address.
        requests: the heads of the requests received.
        ending: set at the end; a pause between two bytes waits for it.
    """

    def __init__(self, say: "Callable[[RawServer], Saying]") -> None:
        self.requests: list[bytes] = []
        self.ending = threading.Event()
        self._say = say
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/3"

    def serve(self) -> None:
        """Accept connections until the end."""
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def close(self) -> None:
        """Stop the server."""
        self.ending.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65_536)
                if not head:
                    return
            self.requests.append(head)
            for piece in self._say(self):
                connection.sendall(piece)
                if self.ending.is_set():
                    return


@contextmanager
def saying(say: Callable[[RawServer], Saying]) -> Iterator[RawServer]:
    """A server that runs during the `with` block."""
    server = RawServer(say)
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield server
    finally:
        server.close()
