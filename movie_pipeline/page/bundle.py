"""The page's drawing library: Vega and Vega-Embed as shipped with vl-convert.

What belongs here: the third-party JavaScript that the page needs. What does not: our own scripts.
"""

from importlib.metadata import version
from pathlib import Path

import vl_convert as vlc

from movie_pipeline.charts import drawing, vega_lite
from movie_pipeline.charts.build_cache import cached

# What the page calls; Vega-Embed includes Vega, Vega-Lite and the expression interpreter.
_SNIPPET = "window.vegaEmbed = vegaEmbed;"


def bundle(cache: Path) -> bytes:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed, gzipped UTF-8.

    Bundling takes more than a second, so the result is cached.

    Args:
        cache: The cache folder, with one file per combination of versions.
    """
    versions = (
        f"vega-{vlc.get_vega_version()}_embed-{vlc.get_vega_embed_version()}"
        f"_altair-{version('altair')}_vl-convert-{version('vl-convert-python')}"
    )
    return cached(cache / f"{versions}.js.gz", lambda: drawing.bundle(_SNIPPET, vega_lite()))
