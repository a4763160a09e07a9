"""Installing and removing, in a folder of the test's own, with a systemctl that notes what it is asked."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.service import service_manager
from streamgenre.service.actions import Action, Run, WriteExample
from streamgenre.service.installation import installing, removing
from streamgenre.service.layout import SERVICE, SYSTEM, Layout, user_layout
from streamgenre.service.program import Program
from streamgenre.service.service_manager import require_rights, version_of

PROGRAM = Program(("/usr/bin/streamgenre",), (Path("/usr"),))
NOTING = '#!/bin/sh\necho "$(basename "$0") $*" >>"{log}"\n'


@pytest.fixture
def asked(tmp_path, monkeypatch) -> Path:
    """What the programs of systemd were asked, a line each."""
    tools, log = tmp_path / "tools", tmp_path / "asked"
    tools.mkdir()
    log.touch()
    for name in ("systemctl", "systemd-sysusers"):
        (tools / name).write_text(NOTING.format(log=log))
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return log


@pytest.fixture
def layout(tmp_path) -> Layout:
    folder = tmp_path / "etc"
    return replace(
        SYSTEM,
        units=folder / "systemd",
        config_file=folder / "streamgenre" / "streamgenre.toml",
        sysusers=folder / "sysusers" / "streamgenre.conf",
    )


def steps(layout: Layout, version: int = 252) -> list[Action]:
    """What installing is, less giving a file to a group that this machine has not."""
    return [
        replace(step, group=None) if isinstance(step, WriteExample) else step
        for step in installing(layout, PROGRAM, version, "[node]\n")
    ]


def perform(actions: list[Action]) -> list[str]:
    told = [action.told() for action in actions]
    for action in actions:
        action.perform()
    return [line for line in told if line]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_everything_is_put_in_place_and_nothing_started(layout, asked, tmp_path):
    told = perform(steps(layout))
    assert files(tmp_path / "etc") == {
        "systemd/streamgenre.service", "systemd/streamgenre@.service", "systemd/run-streamgenre.mount",
        "streamgenre/streamgenre.toml", "sysusers/streamgenre.conf",
    }  # fmt: skip
    assert asked.read_text().splitlines() == [
        f"systemd-sysusers {layout.sysusers}",
        "systemctl daemon-reload",
    ]
    assert len(told) == 7
    assert stat.S_IMODE(layout.config_file.stat().st_mode) == 0o640
    assert stat.S_IMODE((layout.units / SERVICE).stat().st_mode) == 0o644


@pytest.mark.usefixtures("asked")
def test_a_second_time_changes_nothing_and_keeps_what_was_edited(layout):
    perform(steps(layout))
    layout.config_file.write_text("mine")
    before = (layout.units / SERVICE).stat().st_mtime_ns
    told = perform(steps(layout))
    assert told == [
        f"run   systemd-sysusers {layout.sysusers}",
        f"keep  {layout.config_file}",
        "run   systemctl daemon-reload",
    ]
    assert layout.config_file.read_text() == "mine"
    assert (layout.units / SERVICE).stat().st_mtime_ns == before


def test_telling_does_nothing(layout, asked, tmp_path):
    told = [action.told() for action in steps(layout, 257)]
    assert f"write {layout.units / SERVICE}.d/notify-reload.conf" in told
    assert not (tmp_path / "etc").exists()
    assert asked.read_text() == ""


@pytest.mark.usefixtures("asked")
def test_what_an_older_systemd_could_not_read_is_taken_away(layout):
    perform(steps(layout, 257))
    assert (layout.units / f"{SERVICE}.d" / "restart-steps.conf").exists()
    perform(steps(layout, 252))
    assert not (layout.units / f"{SERVICE}.d").exists()


def test_units_of_others_are_left_alone(layout, asked):
    layout.units.mkdir(parents=True)
    (layout.units / SERVICE).write_text("[Service]\nExecStart=/opt/other\n")
    with pytest.raises(UsageError, match=f"{SERVICE} was not written by streamgenre"):
        perform(steps(layout))
    assert asked.read_text() == ""
    assert not layout.config_file.exists()


def test_removing_ends_it_and_keeps_configuration_and_what_others_wrote(layout, asked, tmp_path):
    perform(steps(layout, 257))
    own = layout.units / f"{SERVICE}.d" / "override.conf"
    own.write_text("[Service]\nNice=5\n")
    asked.write_text("")
    perform(removing(layout))
    assert files(tmp_path / "etc") == {"streamgenre/streamgenre.toml", f"systemd/{SERVICE}.d/override.conf"}
    done = asked.read_text().splitlines()
    assert done[0] == f"systemctl disable --now {SERVICE}"
    assert done[-1] == "systemctl daemon-reload"
    assert removing(layout) == []


def test_a_user_s_own_goes_where_his_manager_looks(tmp_path, monkeypatch, asked):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    layout = user_layout()
    perform(steps(layout))
    assert files(tmp_path / "config") == {"streamgenre/streamgenre.toml", f"systemd/user/{SERVICE}"}
    assert asked.read_text().splitlines() == ["systemctl --user daemon-reload"]
    assert stat.S_IMODE(layout.config_file.stat().st_mode) == 0o600
    perform(removing(layout))
    assert files(tmp_path / "config") == {"streamgenre/streamgenre.toml"}


@pytest.mark.usefixtures("asked")
def test_a_folder_that_cannot_be_written_is_told(layout):
    layout.units.parent.mkdir(parents=True)
    layout.units.write_text("a file where a folder should be")
    with pytest.raises(StreamgenreError, match=rf"cannot write {layout.units}/{SERVICE}"):
        perform(steps(layout))


@pytest.mark.parametrize(
    ("script", "expected"), [("echo no >&2; exit 4", "failed: no"), ("exit 4", "with 4")]
)
def test_a_systemctl_that_fails_is_told_unless_it_may(tmp_path, script, expected):
    tool = tmp_path / "tool"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    with pytest.raises(StreamgenreError, match=expected):
        Run((str(tool),)).perform()
    Run((str(tool),), may_fail=True).perform()


def test_where_no_systemd_runs_it_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(service_manager, "BOOTED", tmp_path / "nowhere")
    with pytest.raises(UsageError, match="systemd does not run here"):
        version_of(SYSTEM)


@pytest.mark.parametrize(
    ("answer", "version"), [("252.38-1~deb12u1", 252), ("257", 257), ("v254.5-1.fc39", 254)]
)
def test_the_version_is_that_of_the_manager_that_answers(monkeypatch, tmp_path, answer, version):
    monkeypatch.setattr(service_manager, "BOOTED", tmp_path)
    tool = tmp_path / "systemctl"
    tool.write_text(f"#!/bin/sh\necho {answer}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert version_of(SYSTEM) == version


def test_a_manager_that_cannot_be_reached_is_told_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(service_manager, "BOOTED", tmp_path)
    tool = tmp_path / "systemctl"
    tool.write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2; exit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(UsageError, match=r"Failed to connect to bus\. Log in as yourself"):
        version_of(user_layout())


def test_the_right_one_must_ask(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UsageError, match="sudo streamgenre service install"):
        require_rights(SYSTEM, "install")
    require_rights(user_layout(), "install")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_USER", "dj")
    require_rights(SYSTEM, "install")
    with pytest.raises(UsageError, match="without sudo"):
        require_rights(user_layout(), "install")
