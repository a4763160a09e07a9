"""The metrics of the whole node: the engine, and what its publishers hold back or lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streamgenre.publish.health_report import HealthReport
from streamgenre.publish.metric_family import MetricFamily, Sample, single

Count = Callable[[], int]
Trouble = Callable[[], object | None]
"""Returns what is wrong, None: nothing."""


@dataclass(frozen=True, slots=True)
class NodeProbes:
    """What is asked at each scrape, by any thread; None: there is no such part, and no metric of it."""

    configuration_refusal: Trouble | None = None
    """Why the newest configuration is not in force."""
    dispatcher_queue: Count | None = None
    """Messages offered and not handed on."""
    events_lost: Count | None = None
    """By the dispatcher and the outbox together."""
    outbox_depth: Count | None = None
    outbox_trouble: Trouble | None = None
    mqtt_connected: Callable[[], bool] | None = None
    history_depth: Count | None = None
    history_lost: Count | None = None
    history_trouble: Trouble | None = None
    json_lines_depth: Count | None = None
    json_lines_states_dropped: Count | None = None
    json_lines_events_lost: Count | None = None
    json_lines_trouble: Trouble | None = None


def _number(name: str) -> Callable[[NodeProbes], list[Sample]]:
    def read(probes: NodeProbes) -> list[Sample]:
        probe: Count | None = getattr(probes, name)
        return single(None if probe is None else probe())

    return read


def _well(name: str) -> Callable[[NodeProbes], list[Sample]]:
    def read(probes: NodeProbes) -> list[Sample]:
        probe: Trouble | None = getattr(probes, name)
        return single(None if probe is None else probe() is None)

    return read


def _gauge(name: str, meaning: str, read: Callable[[NodeProbes], list[Sample]]) -> MetricFamily[NodeProbes]:
    return MetricFamily(f"streamgenre_{name}", "gauge", meaning, read)


def _counter(name: str, meaning: str, probe: str) -> MetricFamily[NodeProbes]:
    return MetricFamily(f"streamgenre_{name}_total", "counter", meaning, _number(probe))


def _engine_alive(report: HealthReport) -> list[Sample]:
    return single(report.engine_trouble is None)


ENGINE_ALIVE = MetricFamily(
    "streamgenre_engine_alive", "gauge", "1 while every enabled source gets its turns", _engine_alive
)
NODE_METRICS = (
    _gauge(
        "configuration_current",
        "1 while the newest configuration is in force, 0 where it was refused",
        _well("configuration_refusal"),
    ),
    _gauge(
        "dispatcher_queue_depth",
        "Messages that wait to be committed and handed on",
        _number("dispatcher_queue"),
    ),
    _counter("events_lost", "Events that will never reach the broker", "events_lost"),
    _gauge("outbox_depth", "Events that wait for the broker", _number("outbox_depth")),
    _gauge("outbox_writable", "1 while the disk takes events", _well("outbox_trouble")),
    _gauge("mqtt_connected", "1 while the broker takes messages", _number("mqtt_connected")),
    _gauge("history_depth", "Events that wait to be written to the history", _number("history_depth")),
    _gauge("history_writable", "1 while the history can be written", _well("history_trouble")),
    _counter("history_events_lost", "Events that the history will never hold", "history_lost"),
    _gauge("json_lines_depth", "Messages that wait to be written as lines", _number("json_lines_depth")),
    _gauge("json_lines_writable", "1 while lines can be written", _well("json_lines_trouble")),
    _counter(
        "json_lines_states_dropped",
        "States and accounts left out because the lines are read or written too slowly",
        "json_lines_states_dropped",
    ),
    _counter("json_lines_events_lost", "Events left out likewise", "json_lines_events_lost"),
)
