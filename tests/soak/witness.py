"""One who hears everything a session says, and holds it to what is true."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from streamgenre.messages import (
    Alarm,
    Change,
    Diagnostics,
    Message,
    Segment,
    SourceChange,
    Stamped,
    State,
    TitleChange,
)
from streamgenre.publish.payload import Encoder, to_json
from tests.soak.faults import FAULTS, Fault
from tests.soak.station import Station

MOST_DRIFT_SECONDS = 0.005
MOST_NOTICE_SECONDS = 5.5
"""Five, and the look at the source that notices it."""
MOST_RETURN_HOPS = 2
_ROUNDING_SECONDS = 0.0011
_MOST_WRONGS_KEPT = 50


@dataclass(slots=True)
class Reaction:
    """How the faults of a kind were met."""

    count: int = 0
    sequences: Counter[str] = field(default_factory=Counter[str])
    """By first letters of the states."""
    most_notice_seconds: float = 0.0
    """From the beginning of the fault to the first state that tells of it."""
    most_away_seconds: float = 0.0
    """From the end of the fault to online, pauses between two tries and all."""
    most_return_seconds: float = 0.0
    """From when there was sound to be heard again to online."""


class Witness:
    """Of one source. `wrong` holds what was not true, the first fifty of it."""

    def __init__(self, name: str, station: Station, hop_seconds: float) -> None:
        self.name = name
        self.wrong: list[str] = []
        self.counts: Counter[str] = Counter()
        self.reactions: dict[str, Reaction] = {}
        self.most_drift_seconds = 0.0
        self.diagnostics: Diagnostics | None = None
        self._station = station
        self._hop_milliseconds = round(hop_seconds * 1000)
        self._encoder = Encoder("soak", name)
        self._seq = 0
        self._segment_end = 0.0
        self._told: dict[str, object] = {}
        self._lines: dict[str, float] = {}
        self._missing = {"samples": 0, "lost": 0, "not finite": 0}
        self._drift_told_seconds = 0.0
        self._fault: Fault | None = None
        self._states: list[tuple[float, str]] = []
        self._sound_at = 0.0

    @property
    def true_gap_seconds(self) -> float:
        """Time that passed without its audio ever coming."""
        return self._station.elapsed_seconds - self._station.audio_seconds

    def take(self, stamped: Stamped) -> None:
        """Hear the next message; this is a session's sink."""
        message = stamped.message
        payload = self._encoder.encode(stamped)
        self.counts[payload["type"]] += 1
        self.counts["bytes"] += len(to_json(payload))
        self._hold_to_order(message, payload["seq"])
        match message:
            case State():
                self._state(message)
            case Segment():
                self._continues("segment", self._segment_end, message.start_seconds)
                self._segment_end = message.end_seconds
            case Change():
                self._continues("change", self._told.get("change", message.from_), message.from_)
                self._told["change"] = message.to
            case TitleChange():
                self._continues("title", self._told.get("title", message.previous), message.previous)
                self._told["title"] = message.title
            case Alarm():
                self._continues(message.kind, not self._told.get(message.kind, False), message.active)
                self._told[message.kind] = message.active
            case SourceChange():
                self._source_change(message)
            case Diagnostics():
                self._hold_to_accounts(message)

    def finish(self) -> None:
        """Settle what the last fault has to be told."""
        self._station.look()
        self._judge()
        if self.counts["segment"] != self.counts["change"] + 1:
            self.blame(f"{self.counts['segment']} segments and {self.counts['change']} changes")

    def blame(self, words: str) -> None:
        self.counts["wrong"] += 1
        if len(self.wrong) < _MOST_WRONGS_KEPT:
            self.wrong.append(f"{self.name} at {self._station.clock.awake_seconds:.1f} s: {words}")

    def _hold_to_order(self, message: Message, seq: int) -> None:
        is_event = not isinstance(message, State | Diagnostics)
        if seq != self._seq + is_event:
            self.blame(f"seq {seq} after {self._seq}")
        self._seq = seq
        line = "event" if is_event else "state"
        if isinstance(message, Segment | Change | Alarm | Diagnostics):
            return  # these belong to the decision that follows them, or to none
        if message.audio_seconds < self._lines.get(line, 0.0) - _ROUNDING_SECONDS:
            self.blame(f"{type(message).__name__} at {message.audio_seconds} after {self._lines[line]}")
        self._lines[line] = message.audio_seconds

    def _state(self, state: State) -> None:
        self.counts[state.status] += 1
        off_grid = round(state.audio_seconds * 1000) % self._hop_milliseconds
        if off_grid and state.status != "no_signal":
            self.blame(f"a decision at {state.audio_seconds}")
        if state.lost_samples > self._station.lost:
            self.blame(f"{state.lost_samples} samples called lost, not {self._station.lost}")

    def _continues(self, what: str, expected: object, found: object) -> None:
        if expected != found:
            self.blame(f"{what}: {found} where {expected} was to be continued")

    def _source_change(self, message: SourceChange) -> None:
        if message.state == self._told.get("source"):
            self.blame(f"{message.state} twice")
        self._told["source"] = message.state
        if message.state in {"ended", "failed"}:
            return
        self._settle_fault()
        self._states.append((self._station.clock.awake_seconds, message.state[0]))
        self._sound_at = self._station.opened_at

    def _settle_fault(self) -> None:
        """When another fault has begun, judge what was told of the one before."""
        self._station.look()
        if self._station.fault is not self._fault:
            self._judge()
            self._fault, self._states = self._station.fault, []

    def _judge(self) -> None:
        fault, states = self._fault, self._states
        if fault is None:
            return
        reaction = self.reactions.setdefault(fault.kind, Reaction())
        sequence = "".join(letter for _, letter in states)
        reaction.count += 1
        reaction.sequences[sequence] += 1
        if not re.fullmatch(FAULTS[fault.kind].states, sequence):
            self.blame(f"{fault} produced {sequence!r}")
        if not states:
            return
        notice_seconds = states[0][0] - fault.start
        return_seconds = states[-1][0] - max(fault.end, self._sound_at)
        reaction.most_notice_seconds = max(reaction.most_notice_seconds, notice_seconds)
        reaction.most_away_seconds = max(reaction.most_away_seconds, states[-1][0] - fault.end)
        reaction.most_return_seconds = max(reaction.most_return_seconds, return_seconds)
        if fault.kind not in {"trickle", "suspend"} and notice_seconds > MOST_NOTICE_SECONDS:
            self.blame(f"{fault} was noticed after {notice_seconds:.2f} s")
        if return_seconds > MOST_RETURN_HOPS * self._hop_milliseconds / 1000:
            self.blame(f"{fault}: online {return_seconds:.2f} s after there was sound again")

    def _hold_to_accounts(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self._settle_fault()
        station, accounts = self._station, diagnostics.accounts
        settled = accounts.analysed + sum(accounts.skipped.values()) + accounts.lost + accounts.pending
        if settled != accounts.captured:
            self.blame(f"accounts that do not add up: {accounts}")
        missing = {
            "samples": station.captured - accounts.captured,
            "lost": station.lost - accounts.lost,
            "not finite": station.not_finite - accounts.not_finite,
        }
        if missing != self._missing:
            self.blame(f"missing in the accounts: {missing}, after {self._missing}; {accounts}")
            self._missing = missing  # each is told once
        drift_seconds = abs(diagnostics.audio_seconds - station.audio_seconds)
        self.most_drift_seconds = max(self.most_drift_seconds, drift_seconds)
        if drift_seconds > self._drift_told_seconds + MOST_DRIFT_SECONDS:
            self.blame(f"{diagnostics.audio_seconds} s told of {station.audio_seconds} s of sound")
            self._drift_told_seconds = drift_seconds
