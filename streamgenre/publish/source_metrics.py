"""The metrics of one source: names, meanings, and where their values come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from streamgenre.messages import AlarmKind, SourceState, Status
from streamgenre.publish.health_report import SourceHealth
from streamgenre.publish.metric_family import MetricFamily, Sample, one_hot, single
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.publish.source_tally import SourceTally

STATES: tuple[str, ...] = get_args(SourceState)
STATUSES: tuple[str, ...] = get_args(Status)
ALARMS: tuple[str, ...] = get_args(AlarmKind)
OTHER = "other"
"""Stands for a genre that the model does not name."""

LATENCY = "streamgenre_source_decision_latency_seconds"
LATENCY_MEANING = (
    "Time from the arrival of the audio that completed a decision to the decision, of the states published"
)


@dataclass(frozen=True, slots=True)
class SourceView:
    """One source at the instant of a scrape."""

    tally: SourceTally
    identity: SourceIdentity
    health: SourceHealth | None
    """None: nobody told."""
    now: float
    """Of the clock the tally goes by."""


def _info(view: SourceView) -> list[Sample]:
    model, sha256 = view.tally.model or (view.identity.model, "")
    return [((view.identity.name, model, sha256[:12]), 1.0)]


def _genre(view: SourceView) -> list[Sample]:
    genre = _belief(view, "genre")
    if genre is None:
        return []
    named = not view.identity.labels or genre in view.identity.labels
    return [((genre if named else OTHER,), 1.0)]


def _belief(view: SourceView, key: str) -> Any:  # noqa: ANN401  # a payload's fields are of many types
    belief = view.tally.belief(view.now)
    return None if belief is None else belief[key]


def _stable(view: SourceView) -> list[Sample]:
    stability = _belief(view, "stability")
    return single(None if stability is None else stability == "stable")


def _decision_age(view: SourceView) -> list[Sample]:
    at = view.tally.decided_at
    return single(None if at is None else max(0.0, view.now - at))


def _alarm_active(view: SourceView) -> list[Sample]:
    return [((kind,), float(kind in view.tally.active)) for kind in ALARMS]


def _alarms(view: SourceView) -> list[Sample]:
    return [((kind,), view.tally.alarms[kind]) for kind in ALARMS]


def _skipped(view: SourceView) -> list[Sample]:
    return [((reason,), samples) for reason, samples in view.tally.skipped.items()]


def _pending(view: SourceView) -> list[Sample]:
    account = view.tally.account
    return single(None if account is None else account["accounts"]["pending"])


def _told(key: str) -> Callable[[SourceView], list[Sample]]:
    """Return the reader of a field of the last account."""
    return lambda view: single(None if view.tally.account is None else view.tally.account[key])


def _count(key: str) -> Callable[[SourceView], list[Sample]]:
    return lambda view: single(view.tally.counters[key])


def _gauge(
    name: str, meaning: str, read: Callable[[SourceView], list[Sample]], *labels: str
) -> MetricFamily[SourceView]:
    return MetricFamily(f"streamgenre_source_{name}", "gauge", meaning, read, labels)


def _counter(
    name: str, meaning: str, read: Callable[[SourceView], list[Sample]], *labels: str
) -> MetricFamily[SourceView]:
    return MetricFamily(f"streamgenre_source_{name}_total", "counter", meaning, read, labels)


SOURCE_METRICS = (
    _gauge("info", "Always 1; tells the source's name and its model", _info, "name", "model", "sha256"),
    _gauge(
        "enabled",
        "1 while the source is to be followed",
        lambda view: single(None if view.health is None else view.health.enabled),
    ),
    _gauge(
        "alive",
        "1 while samples come and decisions are made of them",
        lambda view: single(None if view.health is None else view.health.alive),
    ),
    _gauge(
        "state",
        "1 for the state the source is in, 0 for the others",
        lambda view: one_hot(STATES, view.tally.online_state),
        "state",
    ),
    _gauge(
        "status",
        "1 for what is heard, 0 for the others; absent once it is older than 90 s",
        lambda view: one_hot(STATUSES, _belief(view, "status")),
        "status",
    ),
    _gauge("genre", "1 for the genre that is believed; absent while there is none", _genre, "genre"),
    _gauge(
        "confidence_ratio",
        "Of the genre when there is one, else of the status, 0 to 1",
        lambda view: single(_belief(view, "confidence")),
    ),
    _gauge("stable", "1 once the evidence for status and genre suffices", _stable),
    _gauge(
        "level_dbfs",
        "RMS of the last 0.4 s in dB below full scale",
        lambda view: single(_belief(view, "level_dbfs")),
    ),
    _gauge("last_decision_age_seconds", "Time since the last decision about samples, now", _decision_age),
    _gauge(
        "last_audio_age_seconds",
        "Time since samples are known to have come, now",
        lambda view: single(view.tally.audio_age_seconds(view.now)),
    ),
    _gauge("hop_seconds", "Time between two decisions, in force", _told("hop_seconds")),
    _gauge("lag_seconds", "Audio received and not yet analysed", _told("lag_seconds")),
    _gauge("samples_pending", "Samples received of which nothing is decided yet", _pending),
    _gauge("dc_offset_ratio", "Mean of the channel where it is greatest, -1 to 1", _told("dc_offset")),
    _gauge("alarm_active", "1 while an alarm of this kind is active", _alarm_active, "kind"),
    _counter("alarms", "Alarms that have begun", _alarms, "kind"),
    _counter("changes", "Changes of status or genre", _count("change")),
    _counter("segments", "Stretches of one status and genre that have ended", _count("segment")),
    _counter("titles", "Changes of the title that the source announces", _count("title")),
    _counter("reconnects", "Times the source was opened again", _count("reconnects")),
    _counter("samples_captured", "Samples received, whatever became of them", _count("captured")),
    _counter("samples_analysed", "Samples covered by at least one decision", _count("analysed")),
    _counter("samples_skipped", "Samples left out on purpose, by the reason", _skipped, "reason"),
    _counter("samples_lost", "Samples received and dropped", _count("lost")),
    _counter("samples_not_finite", "NaN or infinite values set to zero", _count("not_finite_samples")),
    _counter("samples_clipped", "Values at full scale in runs of three or more", _count("clipped_samples")),
    _counter(
        "upstream_gap_seconds",
        "Audio that device or server lost before it came here, by the clocks",
        _count("upstream_gap_seconds"),
    ),
)
