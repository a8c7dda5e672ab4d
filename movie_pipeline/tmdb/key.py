"""The key: adding it to a request, and keeping it out of everything else.

What belongs here: TMDB's two kinds of key, and hiding them. What does not: reading the key
(`movie_pipeline.settings`), the meaning of a refused one (`replies`).

A read access token is sent in a header. A v3 key can only be sent in the address, and addresses
appear in logs and in exception messages.
"""

import logging
import re

from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase

_V3_KEY = re.compile(r"[0-9a-fA-F]{32}")
_IN_ADDRESS = re.compile(r"(?<=api_key=)[^&\s\"']+")


class KeyAuth(AuthBase):
    """Adds the key, if there is one, to a request only."""

    def __init__(self, key: SecretStr | None) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the key."""
        if self._key is not None:
            secret = self._key.get_secret_value()
            if _V3_KEY.fullmatch(secret):
                request.prepare_url(request.url, {"api_key": secret})
            else:
                request.headers["Authorization"] = f"Bearer {secret}"
        return request


class WithoutKey(logging.Filter):
    """Removes v3 keys from log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without a key in it."""
        message = record.getMessage()
        if "api_key=" in message:
            record.msg, record.args = _IN_ADDRESS.sub("…", message), ()
        return True


class WithoutHeaders(logging.Filter):
    """Drops the warning about a malformed header, which quotes data that may echo the key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every other record pass."""
        return not str(record.msg).startswith("Failed to parse headers")


# These loggers log the addresses of requests: every one at DEBUG, some as warnings.
for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(WithoutKey())
logging.getLogger("urllib3.connection").addFilter(WithoutHeaders())
