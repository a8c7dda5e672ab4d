"""Forgetting: an upload is removed with every trace of it.

What belongs here: finding what an upload has left in files, in the warehouse and in Dagster's
store, and the order in which it goes. What does not: who asks for it (`defs.jobs`, `commands.cli`).

Begin with `forget`, which names every place in order. `redaction` clears the user's own files,
`dagster_records` what Dagster keeps beside runs; it may use Dagster's private parts for that.
"""
