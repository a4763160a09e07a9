"""What is counted and last known of one source, from its payloads: what its metrics are read from."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from streamgenre.publish.payload import Payload

LATENCY_SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper edges of the buckets of latencies; one more holds what is above."""
STALE_SECONDS = 90.0
"""An older belief is no longer shown: three heartbeats, as on MQTT."""
ORDER_SECONDS = 5.0
"""A state may overtake the account of the same moment by less than this."""
OVER = ("ended", "failed", "disabled")


class SourceTally:
    """Times are seconds of a monotonic clock. Counters only grow, whatever restarts within the process."""

    def __init__(self) -> None:
        self.counters: defaultdict[str, float] = defaultdict(float)
        """By field of the account, of all runs of the source together."""
        self.skipped: defaultdict[str, float] = defaultdict(float)
        """Samples by reason, likewise."""
        self.alarms: defaultdict[str, float] = defaultdict(float)
        """Begun, by kind."""
        self.active: set[str] = set()
        """Kinds of the alarms that are active."""
        self.latencies = [0] * (len(LATENCY_SECONDS) + 1)
        """Decisions by bucket."""
        self.latency_sum_seconds = 0.0
        self.online_state: str | None = None
        """As the last `source` event said."""
        self.account: Payload | None = None
        """The last diagnostics."""
        self.model: tuple[str, str] | None = None
        """Name and SHA-256 of the one that spoke last."""
        self.decided_at: float | None = None
        """When the last state about samples came."""
        self._state: Payload | None = None
        self._state_at = 0.0
        self._audio_at: float | None = None
        self._before: dict[str, float] = {}
        self._restarted = False

    def belief(self, now: float) -> Payload | None:
        """Return the last state, unless it is too old or its source is over."""
        fresh = now - self._state_at <= STALE_SECONDS and self.online_state not in OVER
        return self._state if fresh else None

    def audio_age_seconds(self, now: float) -> float | None:
        """Return how long ago the last samples came; None: none did."""
        return None if self._audio_at is None else max(0.0, now - self._audio_at)

    def hear(self, payload: Payload, now: float) -> None:
        """Take the next message of the source."""
        match payload["type"]:
            case "state":
                self._hear_state(payload, now)
            case "diagnostics":
                self._hear_account(payload, now)
            case "alarm":
                self._hear_alarm(payload)
            case "source":
                self._hear_source(payload["state"])
            case "change" | "title" | "segment" as kind:
                self.counters[kind] += 1
            case _:
                pass

    def _hear_state(self, state: Payload, now: float) -> None:
        before = self._state["audio_seconds"] if self._state else -1.0
        self._restarted |= state["audio_seconds"] < before
        self.model = (state["model"]["name"], state["model"]["sha256"])
        if state["status"] != "no_signal":
            self.decided_at = now
            if state["audio_seconds"] != before:
                self._audio_at = now
        if (latency_ms := state["latency_ms"]) is not None:
            self.latencies[bisect_left(LATENCY_SECONDS, latency_ms / 1000)] += 1
            self.latency_sum_seconds += latency_ms / 1000
        self._state, self._state_at = state, now

    def _hear_account(self, told: Payload, now: float) -> None:
        if self.account is None or self._begins_anew(told, self.account):
            self._before, self._restarted = {}, False
        self.account = told
        accounts = told["accounts"]
        for name in ("captured", "analysed", "lost"):
            self.counters[name] += self._grown(name, accounts[name])
        for name in ("not_finite_samples", "clipped_samples", "reconnects", "upstream_gap_seconds"):
            self.counters[name] += self._grown(name, told[name])
        for reason, samples in accounts["skipped"].items():
            self.skipped[reason] += self._grown(f"skipped {reason}", samples)
        if (ago_seconds := told["last_audio_seconds_ago"]) is not None:
            self._audio_at = max(self._audio_at or 0.0, now - ago_seconds)

    def _begins_anew(self, told: Payload, before: Payload) -> bool:
        """Whether this account is of another run than the one before."""
        if told["audio_seconds"] < before["audio_seconds"]:
            return True
        # A new run may already be longer than the old one was; the old one's last account may also be late.
        state_seconds = self._state["audio_seconds"] if self._state else 0.0
        return self._restarted and told["audio_seconds"] <= state_seconds + ORDER_SECONDS

    def _grown(self, name: str, value: float) -> float:
        """Return by how much a field of the account has grown; an estimate that shrinks adds nothing."""
        before = self._before.get(name, 0.0)
        self._before[name] = max(before, value)
        return max(0.0, value - before)

    def _hear_alarm(self, alarm: Payload) -> None:
        kind = alarm["kind"]
        if not alarm["active"]:
            self.active.discard(kind)
        elif kind not in self.active:
            self.active.add(kind)
            self.alarms[kind] += 1

    def _hear_source(self, state: str) -> None:
        self.online_state = state
        if state in OVER:
            self.active.clear()
