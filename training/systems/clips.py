"""Random windows of the real clips, through the very pipeline that listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.settings import FrontEndSettings, LogMelSettings
from training.clip_windows import clip_windows
from training.datasets import Clip, read_clips
from training.systems.material import Material
from training.systems.progress import progress_bar

Float32 = NDArray[np.float32]
_DRAWN = ("windows_per_track", "windows_per_label", "seed")
_HOP_SECONDS = 0.1
"""Windows are drawn from those that fall due this often."""


def clip_front_end(table: Mapping[str, Any]) -> FrontEndSettings:
    """Read the front end from the keys of LogMelSettings and `window_frames`; loudness stays as it is.

    Raises UsageError for a key that is neither.
    """
    given = {key: value for key, value in table.items() if key not in _DRAWN}
    window_frames = given.pop("window_frames", 128)
    unknown = given.keys() - {field.name for field in fields(LogMelSettings)}
    if unknown:
        raise UsageError(f"data: {', '.join(sorted(unknown))}: neither window_frames nor a log-mel setting")
    return FrontEndSettings(frames=LogMelSettings(**given), window_frames=window_frames, loudness=None)


def clip_material(
    data: Path, *, windows_per_track: int, windows_per_label: int, seed: int = 0, **front_end: object
) -> Material:
    """Draw windows from each GTZAN clip; one shorter than a window has just one, tiled.

    A label with more than `windows_per_label` gets fewer a track. Raises StreamgenreError where the clips
    are not.
    """
    clips = read_clips(data, ["gtzan"])
    return draw_windows(clips, clip_front_end(front_end), windows_per_track, windows_per_label, seed)


def draw_windows(
    clips: Sequence[Clip],
    front_end: FrontEndSettings,
    windows_per_track: int,
    windows_per_label: int,
    seed: int,
) -> Material:
    """Draw from each clip, in order; a clip that cannot be read is told among the skipped."""
    drawn: list[Float32] = []
    skipped: dict[str, str] = {}
    with progress_bar("clips: windows") as progress:
        for number, clip in enumerate(clips):
            try:
                windows = clip_windows(clip, "plain", front_end, _HOP_SECONDS)
            except StreamgenreError as error:
                windows, skipped[clip.key] = np.empty((0, 0, 0), np.float32), str(error)
            generator = np.random.default_rng([seed, number])
            drawn.append(generator.permutation(windows)[:windows_per_track])
            progress(number + 1, len(clips))
    return _material(clips, _balanced(clips, drawn, windows_per_label), front_end, skipped)


def _balanced(clips: Sequence[Clip], drawn: Sequence[Float32], windows_per_label: int) -> list[Float32]:
    """Give every clip of a label at most as many as keep the label within its number, but one at least."""
    counts: dict[str, list[int]] = {}
    for clip, windows in zip(clips, drawn, strict=True):
        counts.setdefault(clip.label, []).append(len(windows))
    most = {label: _most(each, windows_per_label) for label, each in counts.items()}
    return [windows[: most[clip.label]] for clip, windows in zip(clips, drawn, strict=True)]


def _most(counts: Sequence[int], together: int) -> int:
    fitting = (
        most for most in range(max(counts), 0, -1) if sum(min(count, most) for count in counts) <= together
    )
    return next(fitting, 1)


def _material(
    clips: Sequence[Clip], drawn: Sequence[Float32], front_end: FrontEndSettings, skipped: dict[str, str]
) -> Material:
    label_names = tuple(sorted({clip.label for clip in clips}))
    track_of = np.repeat(np.arange(len(clips)), [len(windows) for windows in drawn])
    labels = np.array([label_names.index(clip.label) for clip in clips], np.int64)
    return Material(
        inputs=np.concatenate([windows for windows in drawn if len(windows)]),
        labels=labels[track_of],
        label_names=label_names,
        track_of=track_of,
        tracks=tuple(clip.track for clip in clips),
        credits=tuple(clip.credit for clip in clips),
        splits=("",) * len(clips),
        front_end=front_end,
        skipped=skipped,
    )
