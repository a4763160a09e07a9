"""What a soak found, as figures and as a table."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tests.soak.day import Day, Soak
from tests.soak.holdings import Holdings
from tests.soak.witness import Reaction, Witness

MOST_GROWTH = 0.02
_MOST_SHOWN = 20

Figures = dict[str, Any]


def figures(soak: Soak, model: str, day: Day, held: list[Holdings], real_seconds: float) -> Figures:
    """Return everything measured, ready for JSON."""
    after_an_hour, end = held[0], held[-1]
    return {
        **asdict(soak),
        "model": model,
        "real_seconds": round(real_seconds, 1),
        "times_real_time": round(soak.hours * 3600 / real_seconds),
        "turns": day.turns,
        "held": [asdict(now) for now in held],
        "growth": round(end.resident_bytes / after_an_hour.resident_bytes - 1, 4),
        "sources": [_source(witness) for witness in day.witnesses],
        "reactions": _reactions(day.witnesses),
    }


def wrongs(found: Figures) -> list[str]:
    """Return whatever was not as it must be."""
    first, last = found["held"][0], found["held"][-1]
    told = [words for source in found["sources"] for words in source["wrong"]]
    if found["growth"] > MOST_GROWTH:
        told.append(f"memory grew by {found['growth']:.1%} after {first['at_hours']:g} h")
    told += [
        f"{what}: {first[what]} after {first['at_hours']:g} h, {last[what]} in the end"
        for what in ("descriptors", "threads")
        if last[what] > first[what]
    ]
    return told


def table(found: Figures) -> str:
    """Return the figures for people."""
    first, last = found["held"][0], found["held"][-1]
    soak = f"model {found['model']}, hop {found['hop_seconds']:g} s, seed {found['seed']}"
    speed = f"in {found['real_seconds']:g} s, {found['times_real_time']} times real time"
    memory = " → ".join(f"{now['resident_bytes'] / 2**20:.1f} MiB" for now in (first, last))
    rest = "; ".join(f"{what} {first[what]} → {last[what]}" for what in ("descriptors", "threads"))
    heading = "source         samples      lost  not finite  states  events  reconnects     drift"
    lines = [
        f"{found['hours']:g} h of three sources {speed}; {soak}",
        f"from {first['at_hours']:g} h to the end: {memory} ({found['growth']:+.2%}); {rest}",
        "",
        heading + "  gap told  true gap",
    ]
    lines += [_source_line(source) for source in found["sources"]]
    lines += ["", "fault      count   noticed     away    return  states told: stalled, reconnecting, online"]
    lines += [_reaction_line(kind, reaction) for kind, reaction in sorted(found["reactions"].items())]
    told = wrongs(found)
    if len(told) > _MOST_SHOWN:
        told[_MOST_SHOWN:] = [f"and {len(told) - _MOST_SHOWN} more"]
    return "\n".join([*lines, "", *(told or ["Nothing was lost, nothing drifted, nothing grew."])])


def _source(witness: Witness) -> Figures:
    diagnostics, counts = witness.diagnostics, witness.counts
    assert diagnostics is not None
    return {
        "name": witness.name,
        "accounts": asdict(diagnostics.accounts),
        "audio_seconds": round(diagnostics.audio_seconds, 3),
        "reconnects": diagnostics.reconnects,
        "most_drift_seconds": round(witness.most_drift_seconds, 6),
        "upstream_gap_seconds": round(diagnostics.upstream_gap_seconds, 3),
        "true_upstream_gap_seconds": round(witness.true_gap_seconds, 3),
        "events": sum(counts[kind] for kind in ("change", "segment", "title", "alarm", "source")),
        "counts": dict(sorted(counts.items())),
        "wrong": witness.wrong,
    }


def _reactions(witnesses: list[Witness]) -> dict[str, Figures]:
    together: dict[str, Reaction] = {}
    for witness in witnesses:
        for kind, reaction in witness.reactions.items():
            known = together.setdefault(kind, Reaction())
            known.count += reaction.count
            known.sequences += reaction.sequences
            known.most_notice_seconds = max(known.most_notice_seconds, reaction.most_notice_seconds)
            known.most_away_seconds = max(known.most_away_seconds, reaction.most_away_seconds)
            known.most_return_seconds = max(known.most_return_seconds, reaction.most_return_seconds)
    return {kind: _told(reaction) for kind, reaction in together.items()}


def _told(reaction: Reaction) -> Figures:
    return {
        "count": reaction.count,
        "most_notice_seconds": round(reaction.most_notice_seconds, 3),
        "most_away_seconds": round(reaction.most_away_seconds, 3),
        "most_return_seconds": round(reaction.most_return_seconds, 3),
        "states": dict(reaction.sequences),
    }


def _source_line(source: Figures) -> str:
    accounts = source["accounts"]
    return (
        f"{source['name']:8}{accounts['captured']:>15,}{accounts['lost']:>10,}{accounts['not_finite']:>12,}"
        f"{source['counts']['state']:>8,}{source['events']:>8,}{source['reconnects']:>12,}"
        f"{source['most_drift_seconds'] * 1000:>7.2f} ms{source['upstream_gap_seconds']:>8.0f} s"
        f"{source['true_upstream_gap_seconds']:>8.0f} s"
    )


def _reaction_line(kind: str, reaction: Figures) -> str:
    common = sorted(reaction["states"].items(), key=lambda item: -item[1])[:4]
    told = ", ".join(f"{sequence or 'none'} {count}" for sequence, count in common)
    return (
        f"{kind:10}{reaction['count']:>6}{reaction['most_notice_seconds']:>8.1f} s"
        f"{reaction['most_away_seconds']:>8.1f} s{reaction['most_return_seconds']:>8.1f} s  {told}"
    )
