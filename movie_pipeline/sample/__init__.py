"""The bundled sample: well-known films that answer as TMDB does, without a key or a network.

What belongs here: the catalogue, loaded once, what TMDB's answers look like (`shapes`), and the
address under which a session reaches it (`transport`). What does not: asking (`tmdb`). What the
data is and who wrote it stands in `README.md` beside this file.

Begin with `catalogue`.
"""

from functools import cache
from pathlib import Path

from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.sample.transport import SampleAdapter

__all__ = [
    "SAMPLE_URL_SCHEME",
    "Catalogue",
    "SampleAdapter",
    "sample_base_url",
    "sample_catalogue",
]

# requests adds parameters to an address only where its scheme begins with "http".
SAMPLE_URL_SCHEME = "http+sample://"


@cache
def sample_catalogue() -> Catalogue:
    """Load the bundled catalogue; later calls get the same one."""
    return Catalogue.from_jsonl(Path(__file__).with_name("catalogue.jsonl"))


def sample_base_url() -> str:
    """Give the API root of the sample, with the catalogue's digest where a host would stand.

    Answers kept under this address are therefore never taken for another sample's or for TMDB's.
    """
    return f"{SAMPLE_URL_SCHEME}{sample_catalogue().digest}/3"
