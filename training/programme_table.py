"""One row a smoother: times, false changes and agreement over spliced programmes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamgenre.messages import Observation
from training.heard import Deciding
from training.programme_measures import (
    Told,
    agreement,
    changes,
    known_items,
    right_genre,
    right_status,
    seconds_to_stable,
    settled_seconds,
    told,
)
from training.programmes import Item

Float64 = NDArray[np.float64]
_SURE = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class ProgrammeHeard:
    """One programme, judged at several hops."""

    items: Sequence[Item]
    edges: Float64
    hops: Mapping[float, Sequence[Observation]]


def smoother_row(heard: Sequence[ProgrammeHeard], deciding: Deciding, hop_seconds: float) -> dict[str, Any]:
    """Measure one smoother over all programmes, at one hop but for the agreement between them."""
    followed = [_told(one, deciding) for one in heard]
    default = [hops[hop_seconds] for hops in followed]
    known = np.array(
        [k for one in heard for k in known_items(one.items, one.edges, one.hops[hop_seconds], deciding)]
    )
    status, genre = (
        np.array([s for one in default for s in seconds_to_stable(one, right)])
        for right in (right_status, right_genre)
    )
    agreed, compared = np.sum([agreement(hops) for hops in followed], axis=0)
    false, needless = np.sum([changes(one) for one in default], axis=0)
    minutes = sum(one.minutes for one in default)
    return {
        "items": len(status),
        "minutes": round(minutes, 1),
        "stable_status": _times(status),
        "stable_genre": _times(genre),
        "stable_genre_known": _times(genre[known]),
        "stable_genre_ever_right": _times(genre[np.isfinite(genre)]),
        "false_changes_a_minute": round(float(false) / minutes, 2),
        "other_changes_a_minute": round(float(needless) / minutes, 2),
        "hops_agree": round(float(agreed) / max(int(compared), 1), 4),
        "hops_compared_seconds": int(compared),
        "seconds": _seconds(default),
    }


def _told(one: ProgrammeHeard, deciding: Deciding) -> dict[float, Told]:
    return {hop: told(one.items, one.edges, heard, deciding) for hop, heard in one.hops.items()}


def _times(seconds: Float64) -> dict[str, Any]:
    """Median and 95th percentile, None where that many were never right."""
    if not len(seconds):
        return {"n": 0, "never": 0, "median": None, "p95": None}
    middle, late = np.percentile(seconds, [50, 95], method="higher")
    return {
        "n": len(seconds),
        "never": int(np.isinf(seconds).sum()),
        "median": round(float(middle), 2) if np.isfinite(middle) else None,
        "p95": round(float(late), 2) if np.isfinite(late) else None,
    }


def _seconds(followed: Sequence[Told]) -> dict[str, float]:
    """Shares of the settled seconds of music: genre right, wrong, wrong and sure, and none named."""
    right = wrong = sure = total = 0
    for one in followed:
        for second in settled_seconds(one.edges):
            belief, item = one.at(second), one.item_at(second)
            if item.status != "music":
                continue
            total += 1
            right += belief.genre == item.genre
            wrong += belief.genre not in (None, item.genre)
            sure += belief.genre not in (None, item.genre) and (belief.confidence or 0.0) >= _SURE
    shares = {"right": right, "wrong": wrong, "wrong_and_sure": sure, "none": total - right - wrong}
    return {name: round(count / max(total, 1), 4) for name, count in shares.items()}
