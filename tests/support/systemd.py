"""A real systemd: process 1 of a container over a throw-away copy of this machine's file system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120.0
OWN = (Path("/tmp"), Path("/var/tmp"), Path("/dev"), Path("/run"))
"""What a container does not see of the machine."""
PROGRAMS = ("systemd-nspawn", "systemctl", "nsenter", "unshare", "setpriv")
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# All mounts are made in a namespace of their own and go with the last process in it.
START = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
cd "$1"
mkdir upper work root
mount -t overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" overlay root
echo "$2" >root/etc/machine-id
echo "$3" >root/etc/systemd/system/test.target
for group in $4; do echo $$ >"$group/cgroup.procs"; done
shift 4
exec systemd-nspawn "$@"
"""
# Nothing of the machine's own runs inside; what a test needs it starts.
TARGET = """\
[Unit]
Description=no more than tests need
Requires=basic.target
After=basic.target
AllowIsolate=yes
"""
MASKED = (
    "systemd-networkd.service",
    "systemd-resolved.service",
    "systemd-timesyncd.service",
    "systemd-update-utmp.service",
    "timers.target",
    "paths.target",
)


@dataclass(slots=True)
class Machine:
    """A booted container, without a network but its own loopback."""

    process: subprocess.Popen[bytes]
    """The last of the programs that became one another: systemd-nspawn."""
    log: Path

    @property
    def files(self) -> Path:
        """The root of its file system, as seen from here."""
        return Path(f"/proc/{self._first_process()}/root")

    def run(
        self, *words: str | Path, check: bool = True, seconds: float = 60, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside, as root, with an environment as bare as that of a service."""
        inside = ["nsenter", f"--target={self._first_process()}", *(f"-{kind}" for kind in "muinpC"), "--"]
        bare = ["env", "-i", f"PATH={SEARCH_PATH}", "LANG=C.UTF-8"]
        done = subprocess.run(
            [*inside, *bare, *map(str, words)],
            capture_output=True, text=True, timeout=seconds, check=False, **options,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def ask(self, *words: str | Path, **options: Any) -> str:
        """Return what a program prints, whether it is content or not."""
        done = self.run(*words, check=False, **options)
        return (done.stdout or done.stderr).strip()

    def write(self, path: str | Path, text: str, mode: int = 0o644) -> Path:
        """Write a file inside; returns its path there."""
        file = self.files / str(path).lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return Path(path)

    def show(self, unit: str, what: str) -> str:
        """Return a property of a unit."""
        return self.ask("systemctl", "show", "--property", what, "--value", unit)

    def journal(self, unit: str) -> str:
        return self.ask("journalctl", "--no-pager", "--output=short-precise", "--unit", unit)

    def as_user(self, name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program inside as somebody else, who need not succeed."""
        home = ("env", f"HOME=/home/{name}", f"XDG_RUNTIME_DIR=/run/user/{name}")
        return self.run("runuser", "-u", name, "--", *home, *words, check=False, cwd="/")

    def add_user(self, name: str, *groups: str) -> None:
        self.run("useradd", "--create-home", *(f"--groups={group}" for group in groups), name)

    def open_folders(self) -> None:
        """Let everybody inside reach this checkout and the interpreter, as an installed program can be."""
        for place in (ROOT, Path(sys.prefix), Path(sys.base_prefix)):
            for folder in (place, *place.parents):
                if elsewhere(folder) == []:
                    self.run("chmod", "a+x", folder)

    def wait(self, found: Callable[[], Any], what: str, unit: str = "") -> Any:
        """Wait until something holds, and return it; on failure tell what the unit had to say."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            if result := found():
                return result
            time.sleep(0.1)
        told = self.ask("systemctl", "status", "--no-pager", unit) + self.journal(unit) if unit else ""
        raise AssertionError(f"{what} did not come\n{told}")

    def stop(self) -> None:
        """End it by its process id, politely first."""
        if self.process.poll() is None and self._children():
            self.run("systemctl", "poweroff", "--force", "--force", check=False)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)

    def wait_until_booted(self) -> str | None:
        """Return None once it runs, else what it said."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None and time.monotonic() < give_up:
            if self._children() and self.ask("systemctl", "is-active", "test.target") == "active":
                return None
            time.sleep(0.1)
        return self.log.read_text(errors="replace")[-1500:] or "it did not start in time"

    def _first_process(self) -> int:
        return self._children()[-1]

    def _children(self) -> list[int]:
        parent = self.process.pid
        try:
            return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
        except FileNotFoundError:
            return []


def skip_without_systemd() -> None:
    """Skip the test, with the reason, where no systemd can be booted."""
    if os.geteuid() != 0:
        pytest.skip("booting a systemd needs root")
    missing = [program for program in PROGRAMS if shutil.which(program, path=SEARCH_PATH) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed (Debian: systemd systemd-container)")
    if hidden := next((path for path in (ROOT, Path(sys.prefix)) if lies_in(path.resolve(), OWN)), None):
        pytest.skip(f"a container has a folder of its own where {hidden} is: check out elsewhere")
    if "overlay" not in Path("/proc/filesystems").read_text() and not has_module("overlay"):
        pytest.skip("booting a systemd needs the file system overlay, which this kernel has not")


def lies_in(path: Path, folders: Iterable[Path]) -> bool:
    return any(folder in path.parents for folder in folders)


@contextmanager
def own_control_groups(name: str) -> Iterator[list[Path]]:
    """Make groups below ours in the hierarchies by which a systemd knows its services: two must not share."""
    made: list[Path] = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, hierarchy, path = line.split(":", 2)
        if hierarchy in ("", "name=systemd"):
            kind = "systemd" if hierarchy else "unified"
            mount = Path("/sys/fs/cgroup") / kind
            group = (mount if mount.exists() else mount.parent) / path.lstrip("/") / name
            with suppress(OSError):  # a container that may not: it shares, and is alone there
                group.mkdir()
                made.append(group)
    try:
        yield made
    finally:
        for group in made:
            for folder, _, _ in os.walk(group, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()


def has_module(name: str) -> bool:
    loader = shutil.which("modprobe", path=SEARCH_PATH)
    return loader is not None and subprocess.run([loader, "-q", name], check=False).returncode == 0


def elsewhere(*paths: Path) -> list[Path]:
    """Return those that are not on the file system of `/`, and so not in a copy of it."""
    return [path for path in paths if path.stat().st_dev != Path("/").stat().st_dev]


@contextmanager
def booted() -> Iterator[Machine]:
    """Boot; all it wrote is gone afterwards."""
    skip_without_systemd()
    with (
        tempfile.TemporaryDirectory(prefix="streamgenre-systemd-") as name,
        own_control_groups(Path(name).name) as groups,
    ):
        folder = Path(name)
        log, mounted = folder / "log", folder / "machine"
        mounted.mkdir()
        binds = [f"--bind-ro={path}" for path in elsewhere(ROOT, Path(sys.prefix), Path(sys.base_prefix))]
        boot = [
            "--quiet", f"--directory={mounted}/root", "--register=no", "--keep-unit", "--link-journal=no",
            "--private-network", "--resolv-conf=off", "--timezone=off", "--console=pipe",
            "--machine=streamgenre-test", *binds,
            "--boot", "systemd.unit=test.target", *(f"systemd.mask={unit}" for unit in MASKED),
        ]  # fmt: skip
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["unshare", "--mount", "--propagation=private", "setpriv", "--pdeathsig=KILL",
                 "sh", "-c", START, "sh", str(mounted), uuid.uuid4().hex, TARGET,
                 " ".join(map(str, groups)), *boot],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        machine = Machine(process, log)
        try:
            if (trouble := machine.wait_until_booted()) is not None:
                pytest.skip(f"a systemd can not be booted here, which needs root with all rights: {trouble}")
            yield machine
        finally:
            machine.stop()
