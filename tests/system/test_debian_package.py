"""The Debian package under a real systemd: installed, started, upgraded, removed, purged."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamgenre import __version__
from tests.support.packages import (
    BUILD_SECONDS,
    INSTALL_SECONDS,
    ROOT,
    distributions,
    run,
    skip_without_index,
)
from tests.support.systemd import Machine, booted
from tests.support.venue import UNIT, WITHOUT_BROKER, start_feeder

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(2400)]

INSTANCE = "streamgenre@second.service"
HOME = Path("/usr/lib/streamgenre")
UNUSED = r"(omp|tbb)pool"
"""Numba's ways of sharing a loop among threads, which want libraries that no kernel of ours needs."""
PURGED = (
    HOME,
    "/usr/bin/streamgenre",
    "/usr/share/doc/streamgenre",
    "/usr/lib/systemd/system/streamgenre.service",
    "/etc/streamgenre",
    "/etc/systemd/system/multi-user.target.wants/streamgenre.service",
    "/var/lib/streamgenre",
    "/var/lib/private/streamgenre",
    "/var/lib/private/streamgenre-second",
    "/var/cache/private/streamgenre",
    "/etc/credstore/streamgenre.mqtt-password",
)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package for this machine, compressed in a hurry."""
    folder = tmp_path_factory.mktemp("deb")
    skip_without_debian()
    skip_without_index(folder)
    words: list[str | Path] = [ROOT / "packaging" / "build-deb", "--quick", distributions(folder).wheel]
    return Path(run(words, INSTALL_SECONDS, folder).strip())


@pytest.fixture
def machine(package: Path) -> Iterator[Machine]:
    needed = [name for name in depends(package) if not is_installed(name)]
    if needed:
        pytest.skip(f"{', '.join(needed)} is not installed here, and so not in a copy of this machine")
    with booted() as machine:
        shutil.copy(package, machine.files / "srv" / "streamgenre.deb")
        machine.run(
            "rm", "--force", "/usr/sbin/policy-rc.d"
        )  # forbids a container to start and stop services
        yield machine


def skip_without_debian() -> None:
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not installed: a Debian package is built on Debian or Ubuntu")
    words = ["/usr/bin/python3", "-c", "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"]
    if not Path(words[0]).exists() or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("Debian's python3 (3.11 or later) with python3-venv is not installed")


def depends(package: Path) -> list[str]:
    told = run(["dpkg-deb", "--field", package, "Depends"], BUILD_SECONDS, ROOT)
    return sorted({re.split(r"[ (]", name.strip())[0] for name in told.split(",")})


def is_installed(name: str) -> bool:
    words = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", name]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout == "installed"


def dpkg(machine: Machine, *words: str) -> str:
    return machine.run("dpkg", *words, seconds=INSTALL_SECONDS).stdout


def left(machine: Machine) -> list[str]:
    return [str(path) for path in PURGED if os.path.lexists(machine.files / str(path).lstrip("/"))]


def history(machine: Machine) -> str:
    """Return what the machine's service kept; somebody without a history of his own asks."""
    return machine.ask("env", "HOME=/srv/nobody", "streamgenre", "history", "list", seconds=INSTALL_SECONDS)


def test_it_runs_as_a_service_and_goes_without_a_trace(machine):
    dpkg(machine, "--install", "/srv/streamgenre.deb")
    assert machine.show(UNIT, "ActiveState") == "inactive"
    assert machine.ask("systemctl", "is-enabled", UNIT) == "disabled"
    configuration = machine.files / "etc/streamgenre/streamgenre.toml"
    shown = machine.ask("stat", "--format=%a %U %G", "/etc/streamgenre/streamgenre.toml")
    assert shown == "640 root streamgenre-history"
    configuration.write_text(WITHOUT_BROKER)
    start_feeder(machine, "main")
    machine.run("systemctl", "enable", "--now", UNIT, seconds=INSTALL_SECONDS)
    machine.write("/etc/streamgenre/second.toml", WITHOUT_BROKER.replace("bar", "second"))
    machine.run("systemctl", "start", INSTANCE, seconds=INSTALL_SECONDS)
    machine.write("/etc/credstore/streamgenre.mqtt-password", "let-me-in\n", 0o600)
    machine.run("streamgenre", "demo", "--fast", seconds=INSTALL_SECONDS)  # by root, who keeps kernels there
    assert machine.show(UNIT, "ActiveState") == "active"
    machine.wait(lambda: "bar/main" in history(machine), "the history", UNIT)

    before = [machine.show(unit, "MainPID") for unit in (UNIT, INSTANCE)]
    dpkg(machine, "--install", "/srv/streamgenre.deb")
    after = [machine.show(unit, "MainPID") for unit in (UNIT, INSTANCE)]
    assert "0" not in after
    assert set(after).isdisjoint(before)
    assert configuration.read_text() == WITHOUT_BROKER

    dpkg(machine, "--remove", "streamgenre")
    assert machine.show(UNIT, "LoadState") == "not-found"
    assert machine.ask("systemctl", "--failed", "--plain", "--no-legend") == ""
    assert machine.ask("pgrep", "--full", str(HOME)) == ""
    assert configuration.read_text() == WITHOUT_BROKER
    assert (machine.files / "var/lib/private/streamgenre/history.sqlite").exists()
    assert set(left(machine)).isdisjoint(map(str, PURGED[:4]))

    dpkg(machine, "--purge", "streamgenre")
    assert left(machine) == []
    assert (
        machine.ask("dpkg-query", "--show", "--showformat=${db:Status-Status}", "streamgenre") != "installed"
    )


def test_an_ordinary_user_runs_it_and_nothing_else_of_python_reaches_it(machine):
    dpkg(machine, "--install", "/srv/streamgenre.deb")
    machine.add_user("listener")
    machine.write("/srv/misleading/streamgenre/__init__.py", "raise SystemExit('misled')\n")
    said = machine.as_user("listener", "env", "PYTHONPATH=/srv/misleading", "streamgenre", "--version")
    assert said.stdout == f"streamgenre {__version__}\n"
    heard = machine.as_user("listener", "streamgenre", "demo", "--fast")
    assert "jazz" in heard.stdout, heard.stderr
    assert machine.ask("find", HOME, "-newer", "/usr/bin/streamgenre", "-type", "f") == ""


def test_its_libraries_need_nothing_that_it_does_not_depend_on(package, tmp_path):
    run(["dpkg-deb", "--extract", package, tmp_path], INSTALL_SECONDS, tmp_path)
    libraries = [
        path for path in tmp_path.rglob("*.so*") if "omppool" not in path.name
    ]  # numba's other pools,
    libraries = [path for path in tmp_path.rglob("*.so*") if not re.match(UNUSED, path.name)]
    told = subprocess.run(["ldd", *libraries], capture_output=True, text=True, check=False).stdout
    assert "not found" not in told
    system = {line.split()[2] for line in told.splitlines() if "=> /" in line and str(tmp_path) not in line}
    assert system
    assert {owner(Path(path)) for path in system} <= set(depends(package))


def owner(library: Path) -> str:
    """Return the package whose library it is; the folders /lib and /usr/lib are one."""
    for path in (library, library.resolve(), Path("/usr", *library.parts[1:])):
        words = ["dpkg-query", "--search", str(path)]
        found = subprocess.run(words, capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    return str(library)


def test_its_manual_is_found_and_read(package, tmp_path):
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    run(["dpkg-deb", "--extract", package, tmp_path], INSTALL_SECONDS, tmp_path)
    manual = tmp_path / "usr" / "share" / "man"
    said = run(["man", "--warnings", "--manpath", manual, "streamgenre-listen"], BUILD_SECONDS, tmp_path)
    assert "SYNOPSIS" in said
    assert {path.name for path in (manual / "man1").iterdir()} == {
        f"{path.name}.gz" for path in (ROOT / "packaging" / "man").iterdir()
    }


def test_lintian_has_nothing_to_say(package):
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not installed")
    said = subprocess.run(["lintian", package], capture_output=True, text=True, check=False).stdout
    assert said.splitlines() == []
