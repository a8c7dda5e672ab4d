"""Commands: the ``movie-pipeline`` command line.

What belongs here: the wording of the command line, starting Dagster (`dev`) or a single run
(`run_job`), and what is printed. What does not: anything that a run or the UI also does.

Begin with `cli`: one function per command. It imports modules only where it needs them, so that
``movie-pipeline status`` does not wait for Dagster or pandas to load.
"""
