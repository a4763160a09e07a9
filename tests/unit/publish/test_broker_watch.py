"""What a watcher may not see: all but fleets is trouble."""

from __future__ import annotations

import pytest

from streamgenre.publish.broker_trouble import BrokerRefusalError
from streamgenre.publish.broker_watch import BrokerWatch
from streamgenre.publish.mqtt_message import Answer
from streamgenre.settings import MqttSettings

NOT_AUTHORIZED = 135


class Broker:
    """A connection whose broker refuses some filters."""

    address = "broker.example:1883"

    def __init__(self, refused: str) -> None:
        self.asked: list[str] = []
        self._refused = refused

    def subscribe(self, topic: str) -> int:
        self.asked.append(topic)
        return len(self.asked)

    def step(self, _seconds: float) -> list[Answer]:
        return [
            Answer(number, NOT_AUTHORIZED if topic.endswith(self._refused) else None)
            for number, topic in enumerate(self.asked, 1)
        ]


def subscribed(refused: str) -> Broker:
    broker = Broker(refused)
    BrokerWatch(MqttSettings("mqtt://broker.example"), None)._subscribe(broker)
    return broker


def test_rules_that_know_of_no_fleets_do_not_end_the_dashboard():
    assert "streamgenre/+/fleet" in subscribed("/fleet").asked


@pytest.mark.parametrize("topic", ["/status", "/state", "/diagnostics"])
def test_any_other_refusal_does(topic):
    with pytest.raises(BrokerRefusalError, match=topic):
        subscribed(topic)
