"""Dagster's own command line, re-exported for `commands.guarded`.

What belongs here: what the guard needs to start `dagster dev`, that is its commands and the module
whose `open_ipc_subprocess` starts the web server. Dagster 1.13 has no public way to put anything in
front of its web server. What does not: what others need (`dagster_private`), which must not import
this module.
"""

from dagster._cli import ENV_PREFIX, create_dagster_cli, dev

__all__ = ["ENV_PREFIX", "create_dagster_cli", "dev"]
