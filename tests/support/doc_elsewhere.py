"""Commands of the documentation that the snippet runner leaves alone, why, and what checks them instead."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.doc_sandbox import Sandbox
from tests.support.doc_snippets import ROOT, is_whole

NAME_PACKAGES = ("Makefile", "Dockerfile", "packaging/debian/control")
Check = Callable[[Sandbox, str], None]


def is_a_verb(_: Sandbox, words: str) -> None:
    """Have make say what it would do."""
    call = words.replace("make", "make --dry-run", 1)
    done = subprocess.run(["bash", "-c", call], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def is_collected(_: Sandbox, words: str) -> None:
    """Have pytest say what it would run."""
    call = words.replace(".venv/bin/python", sys.executable) + " --collect-only -q"
    done = subprocess.run(["bash", "-c", call], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def is_offered(_: Sandbox, words: str) -> None:
    """Have `python -m training` read it, and say what it is for."""
    call = _uncommented(words).replace(".venv/bin/python", sys.executable) + " --help"
    done = subprocess.run(["bash", "-c", call], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def is_spelled(_: Sandbox, words: str) -> None:
    """Have the shell read it; tests/contract/test_docs.py parses what it calls of the program."""
    assert is_whole(words)
    assert shlex.split(words, comments=True)


def names_packages(_: Sandbox, words: str) -> None:
    """Find each package among those that the project itself installs or is."""
    known = "".join(
        (ROOT / file).read_text() for file in ("Makefile", "Dockerfile", "packaging/debian/control")
    )
    called = shlex.split(words, comments=True)
    wanted = [word for word in called[called.index("install") + 1 :] if word[0] not in "-./"]
    assert [word for word in wanted if not re.search(rf"\b{re.escape(word)}\b", known)] == []


def names_a_unit(_: Sandbox, words: str) -> None:
    """Find the units it names among those that are installed, ours or mosquitto's."""
    is_spelled(_, words)
    units = {path.name.partition(".")[0] for path in (ROOT / "systemd").rglob("*.service")} | {"mosquitto"}
    for call in re.findall(r"systemctl ([^&|#\n]*)", words):
        verb, *named = [word for word in call.split() if not word.startswith("-")]
        assert verb == verb.lower()
        assert {name.removesuffix(".service").partition("@")[0] for name in named} <= units, words
    for name in re.findall(r"journalctl .*?(?:-u|--unit|--user-unit) (\S+)", words):
        assert name.partition("@")[0] in units, words


def prints_units(sandbox: Sandbox, words: str) -> None:
    """Have the units printed that it would install or remove."""
    user = " --user" if "--user" in words else ""
    sandbox.install()
    done = sandbox.run(f"streamgenre service print{user}")
    assert "[Service]" in done.stdout, done.stderr


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Commands that cannot be run in a sandbox."""

    pattern: str
    """Found in the command, without its comment."""
    why: str
    instead: Check
    where: str = ""
    """The test that runs what they do, with the means it takes."""


PACKAGES = "tests/system/test_packages.py"
SERVICE = "tests/system/test_systemd_service.py"
LIVE_FLEET = "tests/system/test_fleet_live.py"
SIMULATION = "tests/unit/fleet/test_simulation.py"
ARCHIVE = "tests/system/test_fleet_archive.py"
ELSEWHERE = (
    Elsewhere(r"^make\b", "installs, builds or tests the whole repository", is_a_verb),
    Elsewhere(r"-m pytest ", "tests are no part of a test", is_collected),
    Elsewhere(r"-m training ", "needs the research clips, and takes long", is_offered),
    Elsewhere(r"\bapt install [^.]", "changes the machine", names_packages),
    Elsewhere(r"\bapt install \./", "changes the machine", is_spelled, "tests/system/test_debian_package.py"),
    Elsewhere(r"^docker ", "needs docker and its registry", is_spelled, "tests/system/test_container.py"),
    Elsewhere(r"\bpipx? |-m venv|venv-bench|/opt/", "needs packages", is_spelled, PACKAGES),
    Elsewhere(r"\bstreamgenre bench\b", "takes minutes", is_spelled, "tests/contract/test_bench_cli.py"),
    Elsewhere(r"\b(systemctl|journalctl)\b", "needs a systemd", names_a_unit, SERVICE),
    Elsewhere(r"\bservice (un)?install\b", "changes the machine", prints_units, SERVICE),
    Elsewhere(r"\b(loginctl|usermod|chown|install -[dm]|sudo -iu)\b", "is about users", is_spelled, SERVICE),
    Elsewhere(r"-m tests\.fleet_simulation", "takes minutes", is_spelled, SIMULATION),
    Elsewhere(r"^ray ", "needs a cluster, in a network of its own", is_spelled, LIVE_FLEET),
    Elsewhere(r"\bfleet classify\b", "starts Ray, in a network of its own", is_spelled, ARCHIVE),
    Elsewhere(r"\bfleet (run|status|stop)\b", "needs a cluster likewise", is_spelled, LIVE_FLEET),
    Elsewhere(r"\b(sudoedit|nano)\b", "waits for a person", is_spelled),
)  # fmt: skip


def elsewhere(words: str) -> Elsewhere | None:
    """Return the entry for a command, if it is not to be run."""
    told = _uncommented(words)
    return next((entry for entry in ELSEWHERE if re.search(entry.pattern, told)), None)


def _uncommented(words: str) -> str:
    return re.sub(r"(^|\s)#.*", "", words)
