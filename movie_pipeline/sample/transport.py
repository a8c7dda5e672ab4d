"""The connection between a requests session and a catalogue.

What belongs here: the adapter that answers a prepared request in place of TMDB. Mounted on a
session, it lets the same client code, retries and cache work with the sample; no other code needs
to know about it. What does not: the contents of answers (`catalogue`).
"""

import io
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.sample.shapes import Answer

CONTENT_TYPE = "application/json;charset=utf-8"
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 422: "Unprocessable Entity"}


def ask(catalogue: Catalogue, url: str) -> Answer:
    """Answer a GET of `url` (`/3/…` below any scheme and host) from `catalogue`."""
    parts = urlsplit(url)
    version, _, path = parts.path.lstrip("/").partition("/")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return catalogue.answer(unquote(path) if version == "3" else "", query)


def encode(body: Mapping[str, Any]) -> bytes:
    """Encode the body of an answer as it is sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


class SampleAdapter(BaseAdapter):
    """Answers every request to the prefix that it is mounted on from a catalogue.

    ```
    session.mount(SAMPLE_URL_SCHEME, SampleAdapter(sample_catalogue()))
    session.get(f"{sample_base_url()}/search/movie", params={"query": "alien"})
    ```
    """

    def __init__(self, catalogue: Catalogue) -> None:
        """Create an adapter that answers from `catalogue`."""
        super().__init__()
        self.catalogue = catalogue

    def send(
        self, request: requests.PreparedRequest, *_args: Any, **_kwargs: Any
    ) -> requests.Response:
        """Answer `request`; transport options (timeout, proxies, certificates) don't matter."""
        status, body = ask(self.catalogue, request.url or "")
        content = encode(body)
        response = requests.Response()
        response.status_code = status
        response.reason = REASONS.get(status, "")
        response.headers = CaseInsensitiveDict(
            {"content-type": CONTENT_TYPE, "content-length": str(len(content))}
        )
        response.encoding = "utf-8"
        response.raw = io.BytesIO(content)
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Do nothing: there is nothing to close."""
