"""The columns of the widely used GTZAN tables, and which of them a stream can have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_NAMES = ("chroma_stft", "rms", "spectral_centroid", "spectral_bandwidth", "rolloff", "zero_crossing_rate")
_STATISTICS = ("mean", "var")

WHOLE_CLIP_COLUMNS = ("harmony_mean", "harmony_var", "perceptr_mean", "perceptr_var", "tempo")
"""They need the whole clip, the future, or more than 3 s: no stream has them in time."""

LIVE_COLUMNS = tuple(
    f"{name}_{statistic}"
    for name in (*_NAMES, *(f"mfcc{number}" for number in range(1, 21)))
    for statistic in _STATISTICS
)


def chosen_columns(patterns: Iterable[str]) -> tuple[str, ...]:
    """Give the columns that match any pattern (`mfcc*_mean`), in the table's order.

    Raises ValueError for a pattern that matches nothing.
    """
    known, wanted = (*LIVE_COLUMNS, *WHOLE_CLIP_COLUMNS), tuple(patterns)
    for pattern in wanted:
        if not any(fnmatchcase(column, pattern) for column in known):
            raise ValueError(f"no column is called {pattern!r}")
    return tuple(column for column in known if any(fnmatchcase(column, pattern) for pattern in wanted))


def live_columns(patterns: Iterable[str]) -> tuple[str, ...]:
    """Give the columns that match, all of which a stream must have; raises ValueError."""
    chosen = chosen_columns(patterns)
    lost = [column for column in chosen if column not in LIVE_COLUMNS]
    if lost:
        raise ValueError(f"no stream has {', '.join(lost)}: name them in paper_columns alone")
    return chosen


def natural_name(column: str) -> str:
    """Name a column for a reader: `mfcc3_var` → `MFCC 3, variance`."""
    feature, _, statistic = column.rpartition("_")
    if not feature:
        return column
    spaced = re.sub(r"^mfcc(\d+)$", r"MFCC \1", feature.removesuffix("_stft")).replace("_", " ")
    return f"{spaced}, {'mean' if statistic == 'mean' else 'variance'}"
