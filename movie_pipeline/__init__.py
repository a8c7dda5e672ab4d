"""The project movie_pipeline: a film list dropped into a folder becomes a dashboard in Dagster.

What belongs here: a room for each subject, from `definitions.py` (assembly) down to `settings`,
`sqlite`, `names` and `liveness`, which stand on nothing. A room imports only from rooms below it;
`docs/how-it-works.md` has them in order. What does not: a module that fits a room.

Begin with `definitions.py`, then `defs/assets/`.
"""
