"""Hosts of a network of their own: network namespaces joined by a bridge, where Linux permits."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = f"w{os.getpid():x}"  # of this process alone, and short: an interface has 15 letters
BRIDGE, NETWORK = f"{NAMES}-bridge", f"10.{128 + os.getpid() // 256 % 64}.{os.getpid() % 256}"
HERE = f"{NETWORK}.1"


def _ip(*arguments: str) -> bool:
    return subprocess.run(["ip", *arguments], capture_output=True).returncode == 0


@contextmanager
def hosts(count: int) -> Iterator[list[str] | None]:
    """Names of so many namespaces, which reach each other and this one at `HERE`; None where the
    system does not let us make them."""
    names = [f"{NAMES}{number}" for number in range(count)]
    try:
        yield names if _made(names) else None
    finally:
        for name in names:
            _ip("netns", "del", name)
            _ip("link", "del", f"{name}-here")
        _ip("link", "del", BRIDGE)


def _made(names: list[str]) -> bool:
    if os.name != "posix" or not shutil.which("ip"):
        return False
    made = (_ip("link", "add", BRIDGE, "type", "bridge")
            and _ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
            and _ip("link", "set", BRIDGE, "up"))
    for number, name in enumerate(names, start=2):
        made = made and all(_ip(*command.split()) for command in (
            f"netns add {name}",
            f"link add {name}-here type veth peer name {name}-there",
            f"link set {name}-there netns {name}",
            f"link set {name}-here master {BRIDGE} up",
            f"-n {name} addr add {NETWORK}.{number}/24 dev {name}-there",
            f"-n {name} link set {name}-there up",
            f"-n {name} link set lo up"))
    return made


def within(name: str) -> tuple[str, ...]:
    """The command by which another runs on a host."""
    return ("ip", "netns", "exec", name)


def cut(name: str) -> None:
    """Take a host's cable out."""
    _ip("link", "set", f"{name}-here", "down")


def join(name: str) -> None:
    """Put it back."""
    _ip("link", "set", f"{name}-here", "up")
