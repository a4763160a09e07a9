"""The line that `systemctl status` shows."""

from __future__ import annotations

from typing import Any

from streamgenre.daemon.latest_states import MOST_SHOWN, LatestStates
from streamgenre.publish.health_report import HealthReport, SourceHealth


def state(source: str, **fields: Any) -> dict[str, Any]:
    plain = {"status": "music", "genre": "jazz", "confidence": 0.871, "top": [{}], "reason": None}
    return {"type": "state", "source": source} | plain | fields


def report(*sources: tuple[str, bool, str | None]) -> HealthReport:
    return HealthReport(None, tuple(SourceHealth(*one) for one in sources))


def test_a_few_sources_are_told_one_by_one():
    states = LatestStates()
    states.publish(state("bar"))
    states.publish(state("hall", status="no_signal", genre=None, confidence=None, top=[]))
    health = report(
        ("bar", True, None), ("hall", True, None), ("off", False, "disabled"), ("new", True, None)
    )
    names = [("bar", "The bar"), ("hall", "hall"), ("off", "off"), ("new", "new")]
    told = states.line(names, health, 0.2)
    assert told == "The bar: jazz 87%; hall: no signal; off: disabled; new: nothing heard yet"
    assert states.line(names[:1], health, 3.21).endswith("; 3.2 s behind")
    assert states.classified


def test_of_many_only_those_that_are_not_heard_are_named():
    names = [(f"s{number}", f"s{number}") for number in range(40)]
    health = report(
        *((name, True, "stalled" if number < 7 else None) for number, (name, _) in enumerate(names))
    )
    told = LatestStates().line(names, health, 0.0)
    assert told.startswith("33 of 40 sources heard; not: s0 (stalled), ")
    assert told.endswith(f"and {7 - MOST_SHOWN} more")


def test_what_was_heard_under_a_name_is_no_news_of_what_is_followed_under_it_now():
    states = LatestStates()
    states.publish(state("bar"))
    states.forget("bar")
    assert states.line([("bar", "bar")], report(("bar", True, None)), 0.0) == "bar: nothing heard yet"


def test_without_sources_that_is_said():
    assert LatestStates().line([], report(), 0.0) == "no sources are configured"
