"""The project movie_pipeline: a film list dropped into a folder becomes a dashboard in Dagster.

What belongs here: a package ("room") for each subject, from `definitions.py` (assembly) down to the
base modules `settings`, `sqlite`, `redis_client` and `names`. A room imports only from rooms below
it; `docs/how-it-works.md` lists them in order. What does not: a module that fits into a room.

Begin with `definitions.py`, then `defs/assets/`.
"""
