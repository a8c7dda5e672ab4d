"""The page's drawing library: Vega, Vega-Lite and Vega-Embed as vl-convert carries them.

What belongs here: making the bundle once per installed version and keeping it in a file. What does
not: anything that is ours.
"""

import gzip
import os
import tempfile
import zlib
from pathlib import Path

import vl_convert as vlc

from movie_pipeline.charts import VEGA_LITE


def bundle(cache: Path) -> bytes:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed, gzipped UTF-8.

    Bundling takes more than a second each time, so the result is kept. A kept file that cannot be
    read is made anew, and a folder that cannot be written costs time only.

    Args:
        cache: The folder that keeps one file per combination of versions.
    """
    versions = f"vega-{vlc.get_vega_version()}_lite-{VEGA_LITE}_embed-{vlc.get_vega_embed_version()}"
    kept = cache / f"{versions}_vl-convert-{vlc.__version__}.js.gz"
    try:
        packed = kept.read_bytes()
        gzip.decompress(packed)  # a torn file must not become a page that shows nothing
    except (OSError, EOFError, zlib.error):
        packed = gzip.compress(vlc.javascript_bundle(vl_version=VEGA_LITE).encode(), mtime=0)
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
