"""Payloads, and a publisher of metrics that shows every one it has."""

from __future__ import annotations

from typing import Any

from streamgenre.publish.health_report import HealthReport, SourceHealth
from streamgenre.publish.metrics import MetricsPublisher
from streamgenre.publish.node_metrics import NodeProbes
from streamgenre.publish.publisher import SourceIdentity

MAIN = SourceIdentity("main", "The bar", "genre", ("blues", "jazz", "rock"))


class Ticks:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def utc_now(self) -> Any:
        raise AssertionError("metrics have no time of day")


def event(kind: str, /, **fields: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "type": kind,
        "node": "bar",
        "source": "main",
        "seq": 1,
        "audio_seconds": 1.0,
    } | fields


def state(audio_seconds: float, **fields: Any) -> dict[str, Any]:
    told = {
        "audio_seconds": audio_seconds,
        "status": "music",
        "genre": "jazz",
        "confidence": 0.9,
        "stability": "stable",
        "level_dbfs": -18.3,
        "latency_ms": 41.0,
        "model": {"name": "genre", "sha256": "ab" * 32},
    }
    return event("state", **(told | fields))


def account(audio_seconds: float, **fields: Any) -> dict[str, Any]:
    counted = {"captured": 0, "analysed": 0, "skipped": {}, "lost": 0, "pending": 0}
    accounts = {key: fields.pop(key, value) for key, value in counted.items()}
    told = {
        "audio_seconds": audio_seconds,
        "accounts": accounts,
        "not_finite_samples": 0,
        "clipped_samples": 0,
        "hop_seconds": 0.5,
        "reconnects": 0,
        "latency_ms": 40.0,
        "dc_offset": 0.0,
        "lag_seconds": 0.0,
        "upstream_gap_seconds": 0.0,
        "last_audio_seconds_ago": None,
    }
    return event("diagnostics", **(told | fields))


def full_metrics(*sources: str) -> MetricsPublisher:
    """Return a publisher whose every metric has a value."""
    names = sources or ("main",)
    metrics = MetricsPublisher("0.1.0", [SourceIdentity(name, name, "genre", MAIN.labels) for name in names])
    for source in names:
        for payload in (
            event("source", state="online", reason=None),
            state(60.0),
            event("change"),
            event("alarm", kind="clipping", active=True),
            account(60.0, captured=600, skipped={"gap": 5, "overload": 3}, last_audio_seconds_ago=0.1),
        ):
            metrics.publish(payload | {"source": source})
    report = HealthReport(None, tuple(SourceHealth(name, enabled=True, trouble=None) for name in names))
    metrics.watch(
        NodeProbes(
            configuration_refusal=lambda: None,
            dispatcher_queue=lambda: 0,
            events_lost=lambda: 0,
            outbox_depth=lambda: 0,
            outbox_trouble=lambda: None,
            mqtt_connected=lambda: True,
            history_depth=lambda: 0,
            history_lost=lambda: 0,
            history_trouble=lambda: None,
            json_lines_depth=lambda: 0,
            json_lines_states_dropped=lambda: 0,
            json_lines_events_lost=lambda: 0,
            json_lines_trouble=lambda: None,
        ),
        lambda: report,
    )
    return metrics
