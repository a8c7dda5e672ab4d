"""Commands: what ``movie-pipeline`` does when it is called.

What belongs here: the command line's words, starting Dagster (`dev`) or a single run (`run_job`),
and what is printed. What does not: anything that a run or the UI does as well.

Begin with `cli`: one function for each command. It imports what it needs when it needs it, so that
``movie-pipeline status`` waits neither for Dagster nor for pandas.
"""
