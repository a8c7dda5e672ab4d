"""Jobs: the names under which people and CI start the assets.

For the underlying concept, see https://docs.dagster.io/guides/build/jobs.
"""

import dagster as dg

enrich_upload = dg.define_asset_job(
    "enrich_upload",
    selection=dg.AssetSelection.groups("raw", "enriched", "analytics", "dashboard"),
    description="One upload, from its file to its page: raw, enriched, analytics and dashboard.",
)
