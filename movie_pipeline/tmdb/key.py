"""The key: how it goes out with a request, and how it stays out of everything else.

What belongs here: TMDB's two kinds of key, and what hides them. What does not: where a key is
read from (`movie_pipeline.settings`), what a refused one means (`connection`).

A read access token travels in a header. A v3 key can only travel in the address; and addresses
show in logs and in the texts of exceptions.
"""

import logging
import re

from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase

_V3_KEY = re.compile(r"[0-9a-fA-F]{32}")
_IN_ADDRESS = re.compile(r"(?<=api_key=)[^&\s\"']+")


class KeyAuth(AuthBase):
    """Adds the key, if there is one, to a request and to nothing else."""

    def __init__(self, key: SecretStr | None) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add it."""
        if self._key is not None:
            secret = self._key.get_secret_value()
            if _V3_KEY.fullmatch(secret):
                request.prepare_url(request.url, {"api_key": secret})
            else:
                request.headers["Authorization"] = f"Bearer {secret}"
        return request


class WithoutKey(logging.Filter):
    """Takes v3 keys out of log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, without a key in it."""
        message = record.getMessage()
        if "api_key=" in message:
            record.msg, record.args = _IN_ADDRESS.sub("…", message), ()
        return True


class WithoutHeaders(logging.Filter):
    """Takes out the warning that a header is malformed: it quotes what may echo the key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every other record through."""
        return not str(record.msg).startswith("Failed to parse headers")


# They log the addresses of requests: every one at DEBUG, some of them as warnings.
for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(WithoutKey())
logging.getLogger("urllib3.connection").addFilter(WithoutHeaders())
