"""The fleet's status: counts, states, and what does not count."""

from __future__ import annotations

from datetime import UTC, datetime

from streamgenre.fleet.crossing import GroupReport, StationReport
from streamgenre.fleet.doors import Machine
from streamgenre.fleet.fleet_picture import FAILING_SECONDS, FleetPicture, status_of
from streamgenre.fleet.known_group import KnownGroup
from streamgenre.fleet.ledger import Grant
from streamgenre.publish.payload import Payload
from streamgenre.settings import SourceSettings
from streamgenre.version import __version__

NOW = 1000.0
PUBLISHER = {"machine": "head", "up_seconds": 9.0, "trouble": None, "events_waiting": 0}


def told(
    epoch: int = 5, *, heard: bool = True, enabled: bool = True, seconds: float = FAILING_SECONDS
) -> StationReport:
    state, reason = ("online", None) if heard else ("reconnecting", "HTTP 404")
    return StationReport(epoch, enabled, heard, state, reason, seconds, 0.02, "mp3float")


def group(name: str, machine: str, stations: dict[str, StationReport], **how: object) -> KnownGroup:
    report = GroupReport(name, machine, "i", 1, 42, __version__, stations, 0.4, 0.25)
    values = {"heard_at": NOW - 0.5, "report": report} | how
    return KnownGroup(name, machine, 0.0, **values)


def status(groups: list[KnownGroup], grants: dict[str, Grant], *stations: str, **how: object) -> Payload:
    picture = FleetPicture(
        now=NOW,
        up_seconds=12.34,
        stations=tuple(SourceSettings(one, "http://radio.example/") for one in stations),
        grants=grants,
        groups=tuple(groups),
        machines=(Machine("a", 4.0), Machine("b", 2.0)),
        problems=("stations.csv:2: …",) * 3,
        trouble=None,
    )
    noon = datetime(2026, 3, 28, 12, tzinfo=UTC)
    return status_of(picture, "radio", noon, machine="head", publisher=PUBLISHER, **how)


def grants(**groups: str) -> dict[str, Grant]:
    return {station: Grant(name.replace("_", "-"), "i", 5) for station, name in groups.items()}


def test_stations_are_counted_by_how_they_are():
    reports = {
        "jazz": told(),
        "rock": told(heard=False),
        "late": told(heard=False, seconds=FAILING_SECONDS - 0.1),
        "mute": told(heard=False, enabled=False),
    }
    found = status(
        [group("a-0", "a", reports)],
        grants(jazz="a_0", rock="a_0", late="a_0", mute="a_0"),
        *reports,
        "new",
    )
    assert found["stations"] == {"total": 5, "heard": 1, "waiting": 1, "failing": 1, "disabled": 1}
    assert [row["station"] for row in found["failing"]] == ["rock"]
    row = found["failing"][0]
    assert (row["group"], row["epoch"], row["state"], row["reason"]) == ("a-0", 5, "reconnecting", "HTTP 404")
    assert found["groups"][0]["failing"] == 1
    assert [row["failing"] for row in found["groups"]] == [1]


def test_what_a_group_says_of_another_epoch_or_of_anothers_station_does_not_count():
    found = status(
        [group("a-0", "a", {"jazz": told(4), "rock": told()})], grants(jazz="a_0", rock="b_0"), "jazz", "rock"
    )
    assert found["stations"]["heard"] == 0
    assert found["stations"]["waiting"] == 2


def test_what_a_lost_group_said_last_does_not_count():
    lost = group("a-0", "a", {"jazz": told()}, lost_at=NOW, heard_at=NOW - 10, trouble="silent")
    found = status([lost], {}, "jazz")
    assert found["stations"]["waiting"] == 1
    assert (
        found["groups"][0] | {"state": "lost", "stations": 0, "seen_seconds_ago": 10.0} == found["groups"][0]
    )


def test_groups_are_in_one_of_the_known_states():
    groups = [
        group("a-0", "a", {}),
        group("a-1", "a", {}, heard_at=None, report=None),
        group("a-2", "a", {}, heard_at=NOW - 3.0),
        group("a-3", "a", {}, heard_at=None, report=None, again_at=NOW + 1),
        group("a-4", "a", {}, leaving=True),
        group("a-5", "a", {}, told_to_end=True),
        group("a-6", "a", {}, heard_at=NOW, report=None),
    ]
    states = {row["id"]: row["state"] for row in status(groups, {})["groups"]}
    assert list(dict(sorted(states.items())).values()) == [
        "serving", "starting", "silent", "lost", "leaving", "leaving", "serving",
    ]  # fmt: skip


def test_a_machine_is_the_sum_of_its_groups_and_one_that_is_gone_is_named_while_it_has_any():
    groups = [
        group("a-0", "a", {"jazz": told()}),
        group("a-1", "a", {"rock": told(), "news": told()}),
        group("gone-0", "gone", {}),
    ]
    machines = {row["id"]: row for row in status(groups, {})["machines"]}
    assert machines["a"] == {
        "id": "a", "alive": True, "cores": 4.0, "groups": 2, "stations": 3, "load": 0.8, "lag_seconds": 0.25,
    }  # fmt: skip
    assert (machines["b"]["groups"], machines["b"]["alive"]) == (0, True)
    assert (machines["gone"]["alive"], machines["gone"]["cores"]) == (False, 0.0)


def test_long_lists_are_cut_but_not_the_counts():
    names = [f"s{number}" for number in range(9)]
    reports = {name: told(heard=False) for name in names}
    found = status([group("a-0", "a", reports)], grants(**dict.fromkeys(names, "a_0")), *names, most=2)
    assert [len(found[part]) for part in ("failing", "machines", "groups", "problems")] == [2, 2, 1, 2]
    assert found["stations"]["failing"] == 9
