"""The two facts of health, in one place: whether a source is alive, and whether the engine is.

Watchdog, readiness, availability and metrics are all derived from these. Times are seconds of the clock
that the vitals were taken by. What is wrong is told in words; None: nothing, it is alive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from streamgenre.messages import SourceState

SAMPLES_SECONDS = 3.0
"""A live source without samples for longer is not alive."""
DECISION_HOPS = 3.0
DECISION_SECONDS = 5.0
"""Nor is one whose last decision is older than both this and DECISION_HOPS hops."""
STUCK_SECONDS = 20.0
"""So long without a turn, or within one, and the engine is stuck: the slowest decision takes a second."""

_OVER: tuple[SourceState | None, ...] = ("ended", "failed", "disabled")


@dataclass(frozen=True, slots=True)
class SourceVitals:
    """What is known of one source, at one instant."""

    name: str
    state: SourceState | None
    """None: no sample has come yet, and it is being opened."""
    state_at: float
    """When it came into this state."""
    turned_at: float
    """When it was last given a turn."""
    audio_at: float
    """When its last samples came, or it was begun with."""
    decided_at: float | None
    """When its last decision about samples was made; None: never."""
    hop_seconds: float
    """In force."""


def source_trouble(vitals: SourceVitals, now: float) -> str | None:
    """Tell why samples do not come or decisions are not made of them."""
    if vitals.state != "online":
        return vitals.state or "no audio has come yet"
    if (age_seconds := now - vitals.audio_at) > SAMPLES_SECONDS:
        return f"no samples for {age_seconds:.0f} s"
    decided_at = max(vitals.state_at, vitals.decided_at or vitals.state_at)
    if (age_seconds := now - decided_at) > max(DECISION_HOPS * vitals.hop_seconds, DECISION_SECONDS):
        return f"no decision for {age_seconds:.0f} s"
    return None


def engine_trouble(sources: Iterable[SourceVitals], busy_seconds: Iterable[float], now: float) -> str | None:
    """Tell why the loop does not turn: a source that neither advances nor is in a named state of recovery.

    `busy_seconds`: for each worker how long its turn in progress has lasted, 0.0 between turns.
    """
    longest_seconds = max(busy_seconds, default=0.0)
    if longest_seconds > STUCK_SECONDS:
        return f"a turn has lasted {longest_seconds:.0f} s"
    for vitals in sources:
        if vitals.state not in _OVER and (trouble := _stuck(vitals, now)):
            return f"source {vitals.name}: {trouble}"
    return None


def _stuck(vitals: SourceVitals, now: float) -> str | None:
    if (age_seconds := now - vitals.turned_at) > STUCK_SECONDS:
        return f"no turn for {age_seconds:.0f} s"
    # What is said to be online and is not must be called otherwise within seconds; else its loop is blind.
    if vitals.state == "online" and now - vitals.state_at > STUCK_SECONDS:
        return source_trouble(vitals, now - STUCK_SECONDS)
    return None
