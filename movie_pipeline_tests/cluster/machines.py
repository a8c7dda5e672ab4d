"""Machines: namespaces of this kernel, with their own network, hostname, processes and mounts.

What belongs here: the network between them, starting a process on one, and cutting its power. What
does not: what runs on them (`cluster`).

The namespaces share this machine's folders and kernel: that is a shared folder with working locks.
"""

import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil


def forbidden() -> str | None:
    """Why there can be no machines here; None if there can."""
    if os.name != "posix" or os.getuid() != 0:
        return "namespaces need root"
    try:
        with network("probe") as (_, (machine,)):
            apart = f"ip netns exec {machine.space} unshare --uts --pid --mount --fork"
            subprocess.run(
                [*apart.split(), "--kill-child", "--mount-proc", "true"],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
    except subprocess.CalledProcessError as error:
        return f"namespaces are not permitted here ({error.stderr.strip()})"
    return None


@dataclass
class Machine:
    """A machine: what was started on it dies with its power."""

    name: str
    address: str
    space: str
    link: str
    _running: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self, *command: str, folder: Path, log: Path, environment: Mapping[str, str]) -> None:
        """Start the machine with one program."""
        _ip(f"link set {self.link} up")
        apart = f"ip netns exec {self.space} unshare --uts --pid --mount --fork --kill-child"
        inside = ["--mount-proc", "sh", "-c", 'hostname "$0" && exec "$@"', self.name]
        with log.open("ab") as output:
            self._running = subprocess.Popen(
                [*apart.split(), *inside, *command],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def on(self) -> bool:
        """Whether its program runs."""
        return self._running is not None and self._running.poll() is None

    def processes(self) -> list[psutil.Process]:
        """Those that run on it."""
        if self._running is None:
            return []
        return psutil.Process(self._running.pid).children(recursive=True)

    def stand_still(self) -> list[psutil.Process]:
        """Suspend every process on it; returns them, to be resumed one by one."""
        stopped = self.processes()
        for one in stopped:
            one.suspend()
        return stopped

    def processor_seconds(self) -> float:
        """What its processes have used, the ended ones too, since it was started."""
        used = 0.0
        for one in self.processes():
            with suppress(psutil.NoSuchProcess):
                used += sum(one.cpu_times()[:4])  # its own, and those of children that have ended
        return used

    def cut_power(self) -> None:
        """SIGKILL every process on it; nobody else hears of that, as connections are not closed."""
        subprocess.run(["ip", "link", "set", self.link, "down"], capture_output=True)
        if self._running is not None:
            self._running.kill()  # the kernel kills the namespace's first process, and so all
            self._running.wait()


@contextmanager
def network(*names: str) -> Iterator[tuple[str, list[Machine]]]:
    """A network with so many machines; yields the address of this one in it, and the machines."""
    mark = secrets.token_hex(3)
    bridge = f"mp{mark}"
    part = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(250)}"
    machines = [
        Machine(name, f"{part}.{10 + n}", f"{bridge}-{name}", f"v{mark}{n}")
        for n, name in enumerate(names)
    ]
    try:
        _ip(f"link add {bridge} type bridge")
        _ip(f"addr add {part}.1/24 dev {bridge}")
        _ip(f"link set {bridge} up")
        for number, one in enumerate(machines):
            outer, inner = one.link, f"w{mark}{number}"
            _ip(f"netns add {one.space}")
            _ip(f"link add {outer} type veth peer name {inner}")
            _ip(f"link set {outer} master {bridge} up")
            _ip(f"link set {inner} netns {one.space}")
            _ip(f"-n {one.space} addr add {one.address}/24 dev {inner}")
            _ip(f"-n {one.space} link set {inner} up")
            _ip(f"-n {one.space} link set lo up")
        yield f"{part}.1", machines
    finally:
        for one in machines:
            one.cut_power()
            subprocess.run(["ip", "netns", "del", one.space], capture_output=True)
        subprocess.run(["ip", "link", "del", bridge], capture_output=True)


def _ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True, text=True)
