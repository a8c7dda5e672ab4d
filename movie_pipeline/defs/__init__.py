"""Everything that Dagster sees of this project, one module for each kind of definition.

What belongs here: assets, checks, jobs, sensors, schedules, partitions, resources and the IO
manager, as thin shells around the rooms below. What does not: how anything is read, found, counted
or drawn, and Dagster's private API (`instance.dagster_private`).

Begin with `assets`: the layers raw, enriched, analytics and dashboard, then the assets that look
across uploads. The checks are in `checks`, the jobs in `jobs`; `definitions.py` assembles them.
"""
