"""What Dagster sees of us, each kind of definition in the module of its own name.

What belongs here: assets, checks, jobs, sensors, schedules, partitions, resources and the IO
manager, as thin shells around the rooms below. What does not: how anything is read, found, counted
or drawn, and Dagster's private parts (`instance.dagster_private`).

Begin with `assets`: the layers raw, enriched, analytics and dashboard, then what looks across
uploads. A check of a layer stands in `checks`, a job in `jobs`; `definitions.py` assembles them.
"""
