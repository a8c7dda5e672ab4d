"""The page's drawing library: Vega, Vega-Lite and Vega-Embed as vl-convert carries them.

What belongs here: making the bundle once per installed version and keeping it in a file. What does
not: anything that is ours.
"""

import gzip
import os
import tempfile
import zlib
from importlib.metadata import version
from pathlib import Path

import vl_convert as vlc

from movie_pipeline.charts import VEGA_LITE

# What the page calls; Vega-Embed brings Vega, Vega-Lite and the expression interpreter along.
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


def bundle(cache: Path) -> bytes:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed, gzipped UTF-8.

    Bundling takes more than a second each time, so the result is kept. A kept file that cannot be
    read is made anew, and a folder that cannot be written costs time only.

    Args:
        cache: The folder that keeps one file per combination of versions.
    """
    versions = (
        f"vega-{vlc.get_vega_version()}_lite-{VEGA_LITE}_embed-{vlc.get_vega_embed_version()}"
        f"_vl-convert-{version('vl-convert-python')}"
    )
    kept = cache / f"{versions}.js.gz"
    try:
        packed = kept.read_bytes()
        gzip.decompress(packed)  # a torn file must not become a page that shows nothing
    except (OSError, EOFError, zlib.error):
        library = vlc.javascript_bundle(_SNIPPET, VEGA_LITE)
        packed = gzip.compress(library.encode(), mtime=0)
        _keep(packed, kept)
    return packed


def _keep(packed: bytes, kept: Path) -> None:
    """Write beside and rename: another process never reads half a file."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=kept.parent, prefix=".bundle-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packed)
            Path(name).replace(kept)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        return
