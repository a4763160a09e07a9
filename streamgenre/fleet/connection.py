"""The connection to Ray: to a cluster that runs, or to one started here that ends with the command."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.fleet.cluster_address import (
    answers,
    cluster_at,
    not_a_member,
    require_membership,
    temporary,
)
from streamgenre.fleet.ray_chatter import chatter_turned_away, hush_printing, log_level

NAMESPACE = "streamgenre"
KEPT_FROM_RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # A thread of Ray's that is still at work would else start another cluster after the shutdown.
    "RAY_ENABLE_AUTO_CONNECT": "0",
}
LOOPBACK = "127.0.0.1"
INSTALL = "fleet needs Ray: pip install 'streamgenre[fleet]'"
OBJECT_STORE_BYTES = 80 << 20
"""Ray's least is 75 MiB; what goes through it here is small."""
MOST_LETTERS_OF_A_FOLDER = 20
"""Ray's sockets lie 80 letters deeper, and a socket's path has 107 at most."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A cluster this process is connected to."""

    address: str
    """HOST:PORT of its head."""
    is_own: bool
    """Whether it was started here and ends with the command."""
    remark: str | None = None
    """Why it is not the cluster one might expect."""

    def answers(self) -> bool:
        """Whether its head takes connections now."""
        return answers(self.address)

    def cpus(self) -> float:
        """Give the processors it has by Ray's count, on all its machines."""
        import ray  # noqa: PLC0415  # an extra

        return float(ray.cluster_resources().get("CPU", 0.0))

    def free_cpus(self) -> float:
        """Give those of them that nobody holds."""
        import ray  # noqa: PLC0415  # an extra

        return float(ray.available_resources().get("CPU", 0.0))

    def machines(self) -> int:
        """Count the machines that are alive."""
        import ray  # noqa: PLC0415  # an extra

        return sum(bool(node["Alive"]) for node in ray.nodes())

    def size(self) -> str:
        """Say how many machines and processors it has now."""
        machines, cpus = self.machines(), self.cpus()
        return f"{machines} machine{'s' * (machines != 1)}, {cpus:g} CPU{'s' * (cpus != 1)}"


def require_ray() -> None:
    """Raise UsageError where Ray is not installed, or not with what is needed of it.

    To be called before anything imports Ray: it looks at the environment then.
    """
    os.environ |= KEPT_FROM_RAY
    if not all(importlib.util.find_spec(name) for name in ("ray", "pyarrow")):
        raise UsageError(INSTALL)
    _show_token()
    try:
        importlib.import_module("ray")
    except ImportError as error:
        raise UsageError(f"Ray is installed but cannot be imported ({error}); {INSTALL}") from error


@contextmanager
def connected(address: str, *, cpus: int | None = None, start: bool = True) -> Generator[Connection]:
    """Connect to a cluster for the time of the block; one that was started for it ends with it.

    address: `auto` is the cluster that runs on this machine (`ray start`, or RAY_ADDRESS), else one that
    is started here; `local` is one started here; else HOST:PORT. cpus: of one that is started here;
    None is all of this machine's. start: whether one may be started. Raises StreamgenreError.
    """
    found, remark = cluster_at(address)
    if not (found or start):
        raise StreamgenreError(
            remark or "no Ray cluster runs on this machine; name one with --address HOST:PORT"
        )
    if found:
        _show_token()
    with chatter_turned_away():
        require_ray()
        hush_printing()
        with _joined(found) if found else _started(cpus, remark) as connection:
            yield connection


def _show_token() -> None:
    """A cluster may ask for a token; Ray shows one only if it is told to before it is imported."""
    named = os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH")
    if named or (Path.home() / ".ray" / "auth_token").is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


@contextmanager
def _joined(address: str) -> Generator[Connection]:
    import ray  # noqa: PLC0415  # an extra

    require_membership(address)
    try:
        with _signals_kept():
            ray.init(address, namespace=NAMESPACE, log_to_driver=False, logging_level=log_level())
    except Exception as error:
        raise StreamgenreError(_refusal(address, error)) from error
    try:
        yield Connection(address, is_own=False)
    finally:
        ray.shutdown()


def _refusal(address: str, error: BaseException) -> str:
    """Say in our words why Ray does not let us in."""
    told = " ".join(str(one) for one in (error, error.__cause__, error.__context__) if one)
    if versions := re.findall(r"(?:Ray|Python): ([\d.]+\S*)", told):
        there, here = "Ray {}, Python {}".format(*versions[:2]), "Ray {}, Python {}".format(*versions[-2:])
        return f"the cluster at {address} runs {there}, and this machine {here}: every machine needs the same"
    if "oken" in told and "authenticat" in told.lower():
        return (
            f"the cluster at {address} asks for a token: copy ~/.ray/auth_token of its head to this machine"
        )
    if "IP address" in told or "aylet" in told:
        return not_a_member(address)
    return f"Ray refuses the connection to {address}: {' '.join(told.split())[:300]}"


@contextmanager
def _started(cpus: int | None, remark: str | None) -> Generator[Connection]:
    """Start one on loopback alone, with a folder of its own that goes with it."""
    import ray  # noqa: PLC0415  # an extra

    folder = _own_folder()
    try:
        # Ray opens its folder to everybody; the one above it is ours alone.
        address = _start(cpus or os.cpu_count() or 1, f"{folder}/ray")
        yield Connection(address, is_own=True, remark=remark)
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


def _own_folder() -> str:
    parent = temporary()
    if len(parent) > MOST_LETTERS_OF_A_FOLDER:
        parent = "/tmp"  # noqa: S108  # mkdtemp makes it private
    try:
        return tempfile.mkdtemp(prefix="streamgenre-", dir=parent)
    except OSError as error:
        raise StreamgenreError(f"Ray cannot be started: {parent}: {error.strerror}") from error


def _start(cpus: int, folder: str) -> str:
    """Start Ray's processes; return the address of the head."""
    import ray  # noqa: PLC0415  # an extra

    try:
        with _on_loopback(), _signals_kept(), _private_files():
            context: Any = ray.init(
                "local",
                num_cpus=cpus,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                namespace=NAMESPACE,
                log_to_driver=False,
                logging_level=log_level(),
                _node_ip_address=LOOPBACK,
                _temp_dir=folder,
            )
    except Exception as error:
        words = " ".join(str(error).split())[:300]
        raise StreamgenreError(f"Ray cannot be started on this machine: {words}") from error
    return str(context.address_info["gcs_address"])


@contextmanager
def _on_loopback() -> Generator[None]:
    """Without this, Ray turns 127.0.0.1 into the address the network sees, and listens there."""
    from ray._private import ray_constants  # noqa: PLC0415  # an extra

    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = True


@contextmanager
def _private_files() -> Generator[None]:
    """Ray would write the token that opens the cluster for everybody to read."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _signals_kept() -> Generator[None]:
    """Ray's answer to SIGTERM is to exit with 15."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
