"""The line that sums a fleet up."""

from __future__ import annotations

from typing import Any

import pytest

from streamgenre.fleet.summary import summary

WELL = {"total": 60, "heard": 60, "waiting": 0, "failing": 0, "disabled": 0}


def group(name: str, state: str = "serving") -> dict[str, Any]:
    return {"id": name, "state": state}


def status(stations: dict[str, int], *groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "stations": WELL | stations,
        "failing": [{"station": f"s{number}"} for number in range(stations.get("failing", 0))],
        "machines": [{"alive": True}, {"alive": True}, {"alive": False}],
        "groups": list(groups),
        "publisher": {"trouble": None},
        "supervisor": {"trouble": None},
    } | more


def test_a_fleet_that_is_well():
    assert summary(status({}, group("a-0"))) == "60 of 60 stations heard; 2 machines, 1 group"


def test_everything_that_is_wrong_is_named_a_few_by_name():
    stations = {"heard": 40, "waiting": 1, "failing": 5, "disabled": 2}
    groups = [group("a-0"), group("a-1", "starting"), group("b-0", "lost"), group("c-0", "silent")]
    found = summary(status(stations, *groups, publisher={"trouble": "the broker is gone"}))
    assert found == (
        "40 of 60 stations heard; 2 switched off; 1 waiting for a group; not heard: s0, s1, s2 and 2 more; "
        "2 machines, 1 group; lost: b-0, c-0; the broker is gone"
    )


@pytest.mark.parametrize(("failing", "words"), [(1, "not heard: s0;"), (3, "not heard: s0, s1, s2;")])
def test_a_few_that_fail_are_all_named(failing, words):
    assert words in summary(status({"failing": failing}))


def test_a_ledger_that_cannot_be_written_is_told():
    found = summary(status({}, supervisor={"trouble": "ledger.sqlite cannot be written"}))
    assert found.endswith("0 groups; ledger.sqlite cannot be written")
