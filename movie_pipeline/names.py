"""Names that several rooms, or Dagster's store, know something by: plain strings.

What belongs here: names that a run, a tick or a `dagster.yaml` of an earlier version holds, so that
none may change, and rooms on both sides of Dagster must agree on them. What does not: anything that
is imported from Dagster or computed, and names of one room only.
"""

PARTITION_TAG = "dagster/partition"
"""The tag of a run that names its upload. Dagster's own."""

REFRESH_TAG = "movie_pipeline/refresh"
"""The tag of a run that says which kept answers to ask for again."""

UPLOADS = "uploads"
"""The set of partitions, one for each upload."""

ENRICH_JOB = "enrich_upload"
REFRESH_JOB = "refresh_stale"
EXPLORE_JOB = "explore"
FORGET_JOB = "forget_upload"

UPLOADS_SENSOR = "uploads_sensor"
LIBRARY_SENSOR = "library_sensor"
REFRESH_SCHEDULE = "refresh_stale_weekly"

LIBRARY = ("library", "uploads")
"""The asset that lists every upload."""

PERSONS = ("dashboard", "library")
"""The asset that shows every person's films over all uploads."""

SELECTION = ("dashboard", "selection")
"""The one asset of an upload that is no part of the work on it; `EXPLORE_JOB` draws it."""
