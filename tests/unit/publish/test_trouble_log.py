"""What is wrong is told when it begins, changes and ends, whatever takes turns meanwhile."""

from __future__ import annotations

import logging

import pytest

from streamgenre.publish.broker_address import BrokerAddress
from streamgenre.publish.broker_trouble import BrokerTrouble
from streamgenre.publish.outbox_trouble import OutboxTrouble
from streamgenre.publish.trouble_log import TroubleLog

ADDRESS = BrokerAddress("mqtt", "bar", 1883, None, None)
LOST = BrokerTrouble("lost", "the connection was lost", "it is tried again")
UNKNOWN = BrokerTrouble("unknown host", "the host is not known", "check DNS")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_troubles_that_take_turns_are_told_once_each_until_all_is_well(
    lines: pytest.LogCaptureFixture,
) -> None:
    trouble = OutboxTrouble("outbox.db")
    for _ in range(2):
        for text in ("locked", "full") * 50:
            trouble.begin(text, "wait")
            assert trouble.text == text
        trouble.end("written again")
        trouble.end("written again")
    told = ["outbox.db: locked; wait", "outbox.db: full; wait", "outbox.db: written again, after 0 s"]
    assert lines.messages == 2 * told


def test_an_outage_is_a_line_for_each_of_its_reasons_and_one_for_its_end(
    lines: pytest.LogCaptureFixture,
) -> None:
    log = TroubleLog()
    log.connected(ADDRESS)
    log.holds()
    for trouble in (LOST, UNKNOWN, LOST, UNKNOWN, UNKNOWN):
        log.away(trouble)
        assert log.current == trouble
    log.connected(ADDRESS)
    log.holds()
    assert lines.messages == [
        "connected to the broker at mqtt://bar:1883",
        "the connection was lost: it is tried again",
        "the host is not known: check DNS",
        "connected to the broker at mqtt://bar:1883 again, after 5 failures in 0 s",
    ]
    log.away(LOST)
    assert lines.messages[4:] == ["the connection was lost: it is tried again"]


def test_a_connection_that_comes_and_goes_is_told_once_and_counted_when_it_holds(
    lines: pytest.LogCaptureFixture,
) -> None:
    log = TroubleLog()
    for _ in range(100):
        log.connected(ADDRESS)
        log.away(LOST)
    log.connected(ADDRESS)
    assert log.current is None
    log.holds()
    assert lines.messages == [
        "connected to the broker at mqtt://bar:1883",
        "the connection was lost: it is tried again",
        "the connection to the broker holds, after 100 more failures in 0 s",
    ]


def test_an_unforeseen_error_is_told_with_its_traceback_once(lines: pytest.LogCaptureFixture) -> None:
    log = TroubleLog()
    for _ in range(3):
        log.away(BrokerTrouble("broken", "KeyError()", "report this"), unforeseen=KeyError())
    assert [record.exc_info is None for record in lines.records] == [False]


def test_of_the_topics_of_many_sources_one_is_told(lines: pytest.LogCaptureFixture) -> None:
    log = TroubleLog()
    refused = BrokerTrouble("not allowed", "the broker does not let us", "allow it")
    for source in range(20):
        log.topic_refused(f"streamgenre/bar/{source}/state", refused)
    assert lines.messages == ["the broker does not let us: allow it"]
    assert log.refused == refused
    for source in range(20):
        log.topic_taken(f"streamgenre/bar/{source}/state")
    assert log.refused is None
