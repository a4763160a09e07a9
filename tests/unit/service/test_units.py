"""The shipped units: systemd reads them without a word, and finds little to be exposed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streamgenre.service.installation import SINCE, units
from streamgenre.service.layout import SERVICE, SYSTEM, TEMPLATE, user_layout
from streamgenre.service.program import Program
from streamgenre.service.shipped_units import unit_text

ANALYZE = shutil.which("systemd-analyze")
needs_analyze = pytest.mark.skipif(
    ANALYZE is None, reason="systemd-analyze is not installed (Debian: systemd)"
)
HERE = Program((sys.executable,), (Path(sys.prefix),))
OLDEST = 252


def analyze(*words: str | Path, **variables: str) -> str:
    assert ANALYZE is not None
    done = subprocess.run(
        [ANALYZE, *words],
        capture_output=True, text=True, timeout=60, check=False, env=os.environ | variables,
    )  # fmt: skip
    return done.stdout + done.stderr


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def exposure(folder: Path, unit: str) -> float:
    told = analyze("security", "--offline=true", "--no-pager", folder / unit)
    return float(re.findall(r"exposure level for \S+: ([\d.]+)", told)[0])


@needs_analyze
def test_systemd_has_nothing_to_say_of_them(tmp_path):
    folder = written(tmp_path, units(SYSTEM, HERE, OLDEST))
    paths = [folder / name for name in (SERVICE, TEMPLATE, "run-streamgenre.mount")]
    assert analyze("verify", "--man=no", *paths) == ""
    folder = written(tmp_path / "user", units(user_layout(), HERE, OLDEST))
    assert analyze("verify", "--user", "--man=no", folder / SERVICE, XDG_RUNTIME_DIR=str(tmp_path)) == ""


@needs_analyze
@pytest.mark.parametrize("unit", [SERVICE, TEMPLATE])
def test_the_machine_is_hardly_exposed(tmp_path, unit):
    folder = written(tmp_path, units(SYSTEM, HERE, OLDEST))
    assert exposure(folder, unit) <= 1.5


@needs_analyze
@pytest.mark.parametrize("addresses", ["", "IPAddressAllow=192.0.2.10 2001:db8::/32\n"])
def test_without_cards_it_is_still_less(tmp_path, addresses):
    files = units(SYSTEM, HERE, OLDEST)
    files[f"{SERVICE}.d/stream-only.conf"] = unit_text("stream-only.conf") + addresses
    folder = written(tmp_path, files)
    assert exposure(folder, SERVICE) <= 1.2
    assert analyze("verify", "--man=no", folder / SERVICE) == ""


def test_one_of_several_differs_only_in_what_is_its_own():
    def settings(name: str) -> set[str]:
        lines = unit_text(name).splitlines()
        return {line for line in lines if line and not line.startswith(("#", "["))}

    single, several = settings(SERVICE), settings(TEMPLATE)
    assert {line.partition("=")[0] for line in single ^ several} == {
        "Description", "ExecStart", "LoadCredential", "StateDirectory", "Wants",
    }  # fmt: skip
    assert all("%i" in line for line in several - single)


@pytest.mark.parametrize(("version", "expected"), [(252, set()), (253, {"notify-reload"}), (257, set(SINCE))])
def test_what_a_version_cannot_read_it_is_not_given(version, expected):
    names = {Path(name).name for name in units(SYSTEM, HERE, version) if ".d/" in name}
    assert names == {f"{Path(name).stem}.conf" for name in expected}


def test_a_user_needs_neither_group_nor_mount():
    assert set(units(user_layout(), HERE, OLDEST)) == {SERVICE}
    text = unit_text("streamgenre-user.service")
    for system_only in ("DynamicUser", "ProtectSystem", "PrivateTmp", "CapabilityBoundingSet", "User="):
        assert system_only not in text
