"""Names shared by several rooms or stored by Dagster: plain strings.

What belongs here: names that are stored in a run, a tick or a `dagster.yaml` of an earlier version,
and so must never change, and names that rooms on both sides of Dagster must agree on. What does
not: anything imported from Dagster or computed, and names that only one room uses.
"""

PARTITION_TAG = "dagster/partition"
"""The run tag that names the upload; defined by Dagster."""

REFRESH_TAG = "movie_pipeline/refresh"
"""The run tag that says which cached answers to request again."""

SAMPLE_TAG = "movie_pipeline/sample"
"""The run tag of an upload that chose the sample: it is asked again, even if a key is set."""

UPLOADS = "uploads"
"""The set of partitions, one for each upload."""

ENRICH_JOB = "enrich_upload"
REFRESH_JOB = "refresh_stale"
EXPLORE_JOB = "explore"
FORGET_JOB = "forget_upload"
SCRUB_JOB = "scrub"

UPLOADS_SENSOR = "uploads_sensor"
LIBRARY_SENSOR = "library_sensor"
REFRESH_SCHEDULE = "refresh_stale_weekly"

LIBRARY = ("library", "uploads")
"""The asset that lists every upload."""

PERSONS = ("dashboard", "library")
"""The asset that shows every person's films over all uploads."""

SELECTION = ("dashboard", "selection")
"""The only asset of an upload that `ENRICH_JOB` does not materialize; `EXPLORE_JOB` draws it."""
