"""What systemctl says of the units, in words; answers as systemd 252 gives them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamgenre.doctor import units
from streamgenre.doctor.check import Check
from streamgenre.doctor.units import check_units

UNIT = {
    "Id": "streamgenre.service",
    "LoadState": "loaded",
    "ActiveState": "active",
    "Result": "success",
    "UnitFileState": "enabled",
    "WatchdogUSec": "30s",
    "NRestarts": "0",
    "StatusText": "bar: music jazz 87 %",
}
OFF = UNIT | {"ActiveState": "inactive", "UnitFileState": "disabled", "StatusText": ""}
ABSENT = UNIT | {"LoadState": "not-found", "ActiveState": "inactive", "StatusText": ""}


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """Give what systemctl answers, for the system and for the user, and loginctl's word on lingering."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(units, "BOOTED_WITH_SYSTEMD", tmp_path)
    program(tmp_path / "systemctl", 'case "$1" in --user) cat "$0.user";; *) cat "$0.system";; esac')

    def give(
        system: list[dict[str, str]], user: list[dict[str, str]] | None = None, linger: str = "no"
    ) -> None:
        program(tmp_path / "loginctl", f"echo {linger}")
        for name, blocks in (("system", system), ("user", user)):
            path = tmp_path / f"systemctl.{name}"
            path.unlink(missing_ok=True)
            if blocks is not None:
                path.write_text(
                    "\n".join("".join(f"{k}={v}\n" for k, v in block.items()) for block in blocks)
                )

    return give


def program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def told() -> list[tuple[str, str, str]]:
    return [(check.name, check.verdict, check.found) for check in check_units()]


def only() -> Check:
    (check,) = check_units()
    return check


def test_a_unit_that_runs(answers):
    answers([UNIT])
    assert told() == [
        ("streamgenre.service", "ok", "running, watchdog 30s, never restarted: bar: music jazz 87 %")
    ]


def test_several_instances_and_those_not_installed(answers):
    bar = UNIT | {"Id": "streamgenre@bar.service", "NRestarts": "1", "WatchdogUSec": "infinity"}
    answers([ABSENT, bar])
    assert told() == [
        (
            "streamgenre@bar.service",
            "ok",
            "running, no watchdog, restarted once: bar: music jazz 87 %",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "verdict", "found", "remedy"),
    [
        ({"ActiveState": "failed", "Result": "watchdog"}, "failed", "failed (watchdog)", "journalctl -u"),
        ({"ActiveState": "activating", "NRestarts": "7"}, "warning", "restarted 7 times", "journalctl -u"),
        ({"ActiveState": "inactive"}, "warning", "not running", "systemctl enable --now"),
        ({"NRestarts": "12"}, "warning", "restarted 12 times", "journalctl -u"),
        ({"UnitFileState": "disabled"}, "warning", "not at the next start", "systemctl enable"),
        ({"LoadState": "bad-setting"}, "failed", "bad-setting", "systemd-analyze verify"),
    ],
)
def test_what_is_wrong_with_a_unit_has_a_remedy(answers, changes, verdict, found, remedy):
    answers([UNIT | changes])
    check = only()
    assert (check.verdict, found in check.found, remedy in str(check.remedy)) == (verdict, True, True)


def test_a_unit_of_the_user_needs_lingering(answers):
    answers([ABSENT], [UNIT])
    assert [line[:2] for line in told()] == [("streamgenre.service", "ok"), ("linger", "warning")]
    answers([ABSENT], [UNIT | {"ActiveState": "failed"}], linger="yes")
    assert "systemctl --user restart" in str(only().remedy)


def test_a_unit_of_the_user_is_told_from_that_of_the_system(answers):
    answers([UNIT | {"StatusText": "hall: silence"}], [UNIT | {"UnitFileState": "disabled"}], linger="yes")
    system, own = check_units()
    assert (system.verdict, own.verdict) == ("ok", "warning")
    assert (system.found.startswith("running"), own.found.startswith("your own: running")) == (True, True)
    assert own.remedy == "systemctl --user enable streamgenre.service"


def test_one_of_the_two_may_be_off_where_the_other_runs(answers):
    answers([OFF], [UNIT], linger="yes")
    assert told()[0] == ("streamgenre.service", "ok", "the system's is off; your own runs")
    answers([UNIT], [OFF])
    assert told()[1:] == [("streamgenre.service", "ok", "your own is off; the system's runs")]
    answers([OFF | {"UnitFileState": "enabled"}], [UNIT], linger="yes")
    assert told()[0][1] == "warning"
    answers([OFF], [OFF])
    assert [verdict for _, verdict, _ in told()] == ["warning", "warning"]


def test_no_unit_is_no_failure(answers):
    answers([ABSENT], [ABSENT])
    assert (only().verdict, "service install" in str(only().remedy)) == ("ok", True)


def test_without_systemd_nothing_is_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(units, "BOOTED_WITH_SYSTEMD", tmp_path / "none")
    assert (only().verdict, "does not run here" in only().found) == ("ok", True)


def test_a_systemctl_that_is_missing_or_fails_is_no_crash(answers, tmp_path, monkeypatch):
    answers([UNIT])
    program(tmp_path / "systemctl", "exit 1")
    assert only().verdict == "ok"
    (tmp_path / "systemctl").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert only().verdict == "ok"
