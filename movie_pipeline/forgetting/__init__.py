"""Forgetting: removing an upload with every trace of it.

What belongs here: finding what an upload has left in files, in the warehouse and in Dagster's
store, and the order in which it is removed. What does not: the job and the command that call this
(`defs.jobs`, `commands.cli`).

Begin with `forget`, which goes through every place in order. `redaction` edits the user's own
files, `dagster_records` removes what Dagster stores besides runs, for which it may use Dagster's
private API.
"""
