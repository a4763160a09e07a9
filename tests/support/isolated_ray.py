"""Ray in a network and process namespace of its own: it sees loopback alone, and ends with the test.

A test decorated with `isolated_ray` is run once more by a pytest inside; `run_isolated` runs any command.
"""

from __future__ import annotations

import fcntl
import functools
import importlib.util
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSIDE = "STREAMGENRE_TEST_INSIDE"
NAMESPACES = ("--net", "--pid", "--mount", "--uts", "--fork", "--kill-child", "--mount-proc")
AS_THE_SAME_USER = ("--user", "--map-current-user", "--keep-caps")
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
INTERFACE = "16sh14x"


@functools.cache
def unshare_call() -> tuple[str, ...] | None:
    """Return the call that makes the namespaces here, None where that is not permitted."""
    for more in ((), AS_THE_SAME_USER):
        call = ("unshare", *more, *NAMESPACES)
        done = subprocess.run([*call, "true"], capture_output=True, check=False)
        if done.returncode == 0:
            return call
    return None


def require_isolated_ray() -> tuple[str, ...]:
    """Return the call; skip the test where Ray or the permission is missing."""
    if not importlib.util.find_spec("ray"):
        pytest.skip("Ray is not installed")
    if not shutil.which("unshare"):
        pytest.skip("unshare is not installed")
    call = unshare_call()
    if call is None:
        pytest.skip("namespaces are not permitted here: needs root")
    return call


@contextmanager
def ray_environment(**more: str) -> Iterator[dict[str, str]]:
    """Give an environment in which Ray finds no cluster and no home of others; its files go at the end."""
    folder = tempfile.mkdtemp(prefix="sg", dir="/tmp")  # its sockets' paths may have 107 letters
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    ours = {"RAY_TMPDIR": folder, "HOME": folder, "RAY_USAGE_STATS_ENABLED": "0"}
    caches = {"NUMBA_CACHE_DIR": os.environ["NUMBA_CACHE_DIR"]} if "NUMBA_CACHE_DIR" in os.environ else {}
    try:
        yield kept | ours | caches | more
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_isolated(
    *command: str | Path, seconds: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command inside to its end; whatever it started ends with it."""
    call = require_isolated_ray()
    with ray_environment(**environment) as variables:
        return subprocess.run(
            [*call, sys.executable, "-m", __name__, *map(str, command)],
            env=variables,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )


def isolated_ray(seconds: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run the decorated test inside, by a pytest of its own; fixtures are made there."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        if INSIDE in os.environ:
            return test

        @functools.wraps(test)
        def outside(request: pytest.FixtureRequest) -> None:
            run_inside(request.node.nodeid, seconds)

        del outside.__wrapped__  # type: ignore[attr-defined]  # whose fixtures pytest would make out here
        return outside

    return decorate


def run_inside(nodeid: str, seconds: float) -> None:
    pytest_call = (sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-p", "no:randomly")
    done = run_isolated(*pytest_call, nodeid, seconds=seconds, **{INSIDE: "1"})
    if skipped := re.search(r"^SKIPPED \[\d+\] \S+ (.*)$", done.stdout, re.MULTILINE):
        pytest.skip(skipped[1])
    assert done.returncode == 0, done.stdout + done.stderr


def _raise_loopback() -> None:
    with socket.socket() as any_socket:
        asked = struct.pack(INTERFACE, b"lo", 0)
        _, flags = struct.unpack(INTERFACE, fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack(INTERFACE, b"lo", flags | IFF_UP))


def main() -> None:
    """Be the first process inside: run the command, bury the dead, end as it ends."""
    _raise_loopback()
    child = subprocess.Popen(sys.argv[1:])
    while True:
        pid, status = os.wait()
        if pid == child.pid:
            code = os.waitstatus_to_exitcode(status)
            sys.stdout.flush()
            os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
