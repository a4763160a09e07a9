"""The daemon under a real systemd, as `service install` sets it up: started, reloaded, killed, stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.systemd import booted
from tests.support.venue import CONFIGURATION, UNIT, Venue, open_venue

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

STATUS = "streamgenre/bar/status"
SECOND_SOURCE = """\
[[sources]]
id = "second"
source = "pcm:/srv/second?rate=22050&channels=1&format=s16le"
"""


@pytest.fixture(scope="module")
def installed() -> Iterator[Venue]:
    with booted() as machine:
        yield open_venue(machine)


@pytest.fixture
def venue(installed: Venue) -> Venue:
    """The service runs with the usual configuration, and has said so."""
    installed.configure(CONFIGURATION)
    if installed.show("ActiveState") == "active":
        installed.machine.run("systemctl", "reload", UNIT)
    else:
        installed.start()
    return installed


def process_facts(venue: Venue) -> dict[str, str]:
    text = venue.machine.ask("cat", f"/proc/{venue.show('MainPID')}/status")
    return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}


def test_it_says_what_plays_tells_the_broker_and_stops_in_order(venue):
    """READY is what `systemctl start` waited for; a stop that takes longer than allowed is no success."""
    assert venue.show("ActiveState") == "active"
    machine = venue.machine
    machine.wait(lambda: "main: " in venue.show("StatusText"), "a status line", UNIT)
    machine.wait(lambda: venue.heard(STATUS)[-1:] == ["online"], "`online` with the password", UNIT)
    machine.wait(venue.events, "an event", UNIT)
    state = machine.files / "var/lib/private/streamgenre"
    assert {"history.sqlite", "outbox.sqlite"} <= {path.name for path in state.iterdir()}
    assert state.stat().st_uid not in (0, 65534)
    machine.write(f"/run/systemd/system/{UNIT}.d/five.conf", "[Service]\nTimeoutStopSec=5\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "stop", UNIT)
    assert venue.show("Result") == "success"
    assert venue.show("ExecMainStatus") == "0"
    machine.wait(lambda: venue.heard(STATUS)[-1:] == ["offline"], "`offline`", UNIT)
    assert "Traceback" not in machine.journal(UNIT)


def test_it_has_no_rights_but_those_it_needs(venue):
    facts = process_facts(venue)
    assert facts["NoNewPrivs"] == "1"
    assert {int(facts[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == {0}
    assert facts["Seccomp"] == "2"
    assert "0" not in facts["Uid"].split()
    audio = venue.machine.ask("getent", "group", "audio").split(":")[2]
    assert audio in facts["Groups"].split()
    inside = ("nsenter", f"--target={venue.show('MainPID')}", "--mount")
    assert venue.machine.ask(*inside, "ls", "/home") == ""
    assert "Read-only" in venue.machine.ask(*inside, "touch", "/usr/x", "/etc/x", "/srv/x")


@pytest.mark.slow
def test_a_reload_takes_what_is_good_and_refuses_what_is_not(venue):
    before, machine = venue.show("MainPID"), venue.machine
    venue.configure(CONFIGURATION + '[metrics]\nlisten = "nowhere"\n')
    machine.run("systemctl", "reload", UNIT)
    machine.wait(lambda: "metrics.listen" in machine.journal(UNIT), "the refusal in the log", UNIT)
    machine.wait(lambda: "main: " in venue.show("StatusText"), "the old configuration", UNIT)
    venue.configure(CONFIGURATION + SECOND_SOURCE)
    machine.run("systemctl", "reload", UNIT)
    machine.wait(lambda: venue.heard("streamgenre/bar/second/availability"), "the new source", UNIT)
    assert venue.show("ActiveState") == "active"
    assert venue.show("MainPID") == before


def test_a_member_of_the_group_reads_the_history_and_nobody_else_does(venue):
    machine = venue.machine
    machine.add_user("reader", "streamgenre-history")
    machine.add_user("other")
    machine.wait(lambda: machine.show("run-streamgenre.mount", "ActiveState") == "active", "the mount", UNIT)
    machine.wait(venue.events, "an event", UNIT)
    machine.wait(lambda: "bar/main" in venue.history(user="reader").stdout, "the history", UNIT)
    refused = venue.history(user="other")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Permission denied" in refused.stderr
    assert "bar/main" in venue.history().stdout
    assert "Read-only" in machine.as_user("reader", "touch", "/run/streamgenre/x").stderr
    venue.stop()
    assert "bar/main" in venue.history(user="reader").stdout
    assert "bar/main" in venue.history().stdout
    state = machine.files / "var/lib/private/streamgenre"
    assert {path.stat().st_uid for path in state.iterdir()} == {state.stat().st_uid}


@pytest.mark.slow
def test_a_bad_configuration_ends_it_with_the_reason_and_is_not_tried_again(installed):
    installed.stop()
    installed.configure(CONFIGURATION + "[mqttt]\n")
    machine = installed.machine
    machine.run("systemctl", "start", UNIT, check=False)
    machine.wait(lambda: installed.show("ActiveState") == "failed", "the end", UNIT)
    assert (installed.show("ExecMainStatus"), installed.show("NRestarts")) == ("3", "0")
    assert "mqttt" in machine.journal(UNIT)
    installed.stop()


@pytest.mark.slow
def test_numbers_of_events_go_on_after_a_kill(venue):
    machine = venue.machine
    for _ in range(2):
        known = len(machine.wait(venue.events, "an event", UNIT))
        killed = venue.wait_until_runs()
        machine.run("systemctl", "kill", "--signal=KILL", "--kill-who=main", UNIT)
        venue.wait_until_runs(but=killed)
        machine.wait(lambda: len(venue.events()) > known, "further events", UNIT)  # noqa: B023  # asked at once
    assert [event["seq"] for event in venue.events()] == list(range(1, len(venue.events()) + 1))
    assert int(venue.show("NRestarts")) >= 2
    machine.wait(lambda: venue.heard(STATUS)[-1:] == ["online"], "`online` again", UNIT)


@pytest.mark.slow
def test_a_process_that_stalls_is_killed_by_the_watchdog_and_started_again(venue):
    machine, stalled = venue.machine, venue.show("MainPID")
    machine.run("systemctl", "kill", "--signal=STOP", "--kill-who=main", UNIT)
    machine.wait(lambda: "Watchdog timeout" in machine.journal(UNIT), "the watchdog", UNIT)
    venue.wait_until_runs(but=stalled)
    assert venue.show("MainPID") != stalled
    machine.wait(lambda: "main: " in venue.show("StatusText"), "a status line", UNIT)
