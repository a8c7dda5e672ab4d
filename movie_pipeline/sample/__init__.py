"""The bundled sample: well-known films that answer like TMDB, without a key or a network.

What belongs here: the catalogue, which is loaded once, the shapes of TMDB's answers (`shapes`), the
address under which a session reaches it (`transport`), and the export that the demo runs. What does
not: sending requests (`tmdb`). `README.md` in this folder says what the data is and who wrote it.

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
    "is_sample",
    "sample_base_url",
    "sample_catalogue",
]

# requests adds parameters to an address only if its scheme begins with "http".
SAMPLE_URL_SCHEME = "http+sample://"


@cache
def sample_catalogue() -> Catalogue:
    """Load the bundled catalogue; later calls return the same object."""
    return Catalogue.from_jsonl(Path(__file__).with_name("catalogue.jsonl"))


def sample_base_url() -> str:
    """Return the API root of the sample, with the catalogue's digest in place of the host.

    So answers cached under this address are never mistaken for another sample's or for TMDB's.
    """
    return f"{SAMPLE_URL_SCHEME}{sample_catalogue().digest}/3"


def is_sample(base_url: str) -> bool:
    """Whether the sample catalogue answers at this address, not TMDB."""
    return base_url.startswith(SAMPLE_URL_SCHEME)
