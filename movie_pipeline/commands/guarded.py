"""Dagster's UI and daemon as `dagster dev` starts them, with the guard in front of the web server.

    python -m movie_pipeline.commands.guarded dev HOSTS -w …      as `dagster dev -w …`
    python -m movie_pipeline.commands.guarded webserver HOSTS …   as `dagster-webserver …`

HOSTS are as `guard.refusal` takes them, separated by commas (empty for none). What belongs here:
the two places in Dagster where the guard is inserted, `is_guarding`, which checks that it is there,
and the warning of what it can't do (`open_to_others`). Dagster 1.13 has no public way to put
anything in front of its web server. What does not: which requests the guard lets pass (`guard`).
"""

import http.client
import ipaddress
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from movie_pipeline.commands.guard import Guard

MODULE = "movie_pipeline.commands.guarded"
_FOREIGN = "guard-probe.invalid"
_WAIT_SECONDS = 5.0


class UnguardedError(RuntimeError):
    """Dagster starts its web server in a way that we can't guard."""


def start_command(hosts: Sequence[str], *arguments: str) -> list[str]:
    """The command line of `dagster dev` with the guard."""
    return [sys.executable, "-m", MODULE, "dev", ",".join(hosts), *arguments]


def web_command(hosts: Sequence[str], *arguments: str) -> list[str]:
    """The command line of `dagster-webserver` with the guard."""
    return [sys.executable, "-m", MODULE, "webserver", ",".join(hosts), *arguments]


def open_to_others(host: str) -> str | None:
    """A warning for an address that other machines reach; None for one of this machine's own."""
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost"
    if own:
        return None
    return (
        f"It listens on {host}, and Dagster has no login: everyone who reaches that port can see"
        " all films and start runs. Put a proxy with a login in front of it."
    )


def is_guarding(host: str, port: int) -> bool | None:
    """Whether the web server refuses a foreign host as the guard does; None while none answers."""
    connection = http.client.HTTPConnection(host, port, timeout=_WAIT_SECONDS)
    try:
        connection.request("GET", "/server_info", headers={"Host": _FOREIGN})
        answer = connection.getresponse()
        return answer.status == 403 and answer.read().startswith(b"Refused:")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def opener(
    real: Callable[..., "subprocess.Popen[Any]"], hosts: str
) -> Callable[..., "subprocess.Popen[Any]"]:
    """A function with which `dagster dev` starts its two processes: the web server gets the guard.

    Raises:
        UnguardedError: (by the returned function) the process to start is neither of the two.
    """

    def start(parts: Sequence[str], **options: Any) -> "subprocess.Popen[Any]":
        module = list(parts[1:3])
        if module == ["-m", "dagster_webserver"]:
            return real([parts[0], "-m", MODULE, "webserver", hosts, *parts[3:]], **options)
        if module == ["-m", "dagster._daemon"]:
            return real(parts, **options)
        raise UnguardedError(
            f"dagster dev wants to start {' '.join(module)}, which can't be guarded: this version"
            " of Dagster is not supported. Install the versions pinned in constraints.txt."
        )

    return start


def _dev(hosts: str, arguments: list[str]) -> None:
    from movie_pipeline.instance.dagster_cli import ENV_PREFIX, create_dagster_cli, dev  # noqa: PLC0415  # not for `is_guarding`

    seam: Any = dev
    seam.open_ipc_subprocess = opener(seam.open_ipc_subprocess, hosts)
    create_dagster_cli().main(
        ["dev", *arguments], prog_name="dagster", auto_envvar_prefix=ENV_PREFIX
    )


def _webserver(hosts: str, arguments: list[str]) -> None:
    from dagster_webserver import cli  # noqa: PLC0415

    seam: Any = cli
    create = seam.create_app_from_workspace_process_context
    known = tuple(filter(None, hosts.split(",")))

    def guarded(context: Any, *positional: Any, **named: Any) -> Guard:
        context.instance.run_coordinator  # noqa: B018  # raises now what each launch would raise
        return Guard(create(context, *positional, **named), known)

    seam.create_app_from_workspace_process_context = guarded
    cli.dagster_webserver.main(
        arguments, prog_name="dagster-webserver", auto_envvar_prefix="DAGSTER_WEBSERVER"
    )


if __name__ == "__main__":
    role, hosts, *arguments = sys.argv[1:]
    {"dev": _dev, "webserver": _webserver}[role](hosts, arguments)
