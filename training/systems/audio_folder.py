"""Clips as material, through the pipeline that listens; windows are kept, so that a stop costs little."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamgenre.errors import StreamgenreError
from streamgenre.settings import FrontEndSettings
from training.clip_windows import clip_windows
from training.datasets import Clip
from training.systems.layouts import Listing
from training.systems.material import Material
from training.systems.progress import progress_bar

Float32 = NDArray[np.float32]

CACHE = Path(__file__).parents[2] / "data" / "windows"
GREATEST_HOP_SECONDS = 3.0


def audio_material(
    listing: Listing, front_end: FrontEndSettings, title: str, cache: Path = CACHE
) -> Material:
    """Window every clip, one window after another; a file that cannot be read is named and left out."""
    skipped = dict(listing.skipped)
    kept: list[tuple[Clip, Float32]] = []
    with progress_bar(f"{title}: windows") as progress:
        for done, clip in enumerate(listing.clips, start=1):
            windows = _windows_or_reason(clip, front_end, cache)
            if isinstance(windows, str):
                skipped[str(clip.path)] = windows
            else:
                kept.append((clip, windows))
            progress(done, len(listing.clips))
    if not kept:
        raise StreamgenreError(
            f"{title}: none of {len(listing.clips) + len(listing.skipped)} files can be used"
        )
    return _material(kept, listing, front_end, skipped)


def _material(
    kept: Sequence[tuple[Clip, Float32]],
    listing: Listing,
    front_end: FrontEndSettings,
    skipped: dict[str, str],
) -> Material:
    label_names = tuple(sorted({clip.label for clip, _ in kept}))
    track_of = np.repeat(np.arange(len(kept)), [len(windows) for _, windows in kept])
    labels = np.array([label_names.index(clip.label) for clip, _ in kept], np.int64)
    return Material(
        np.concatenate([windows for _, windows in kept]),
        labels[track_of],
        label_names,
        track_of,
        tuple(clip.track for clip, _ in kept),
        tuple(clip.credit for clip, _ in kept),
        tuple(listing.splits.get(clip.key, "") for clip, _ in kept),
        front_end,
        skipped,
    )


def _windows_or_reason(clip: Clip, front_end: FrontEndSettings, cache: Path) -> Float32 | str:
    try:
        status = clip.path.stat()
        told = repr((str(clip.path.resolve()), status.st_size, status.st_mtime_ns, front_end))
        path = cache / f"{hashlib.sha256(told.encode()).hexdigest()[:32]}.npy"
        windows = np.load(path) if path.is_file() else _computed(clip, front_end, path)
    except (StreamgenreError, OSError) as error:
        return str(error)
    return windows if len(windows) else "nothing in it can be classified: too short, or silent"


def _computed(clip: Clip, front_end: FrontEndSettings, path: Path) -> Float32:
    """Windows at the end of the last one; a last one that overlaps it by a half or more is not taken."""
    hop_seconds = min(GREATEST_HOP_SECONDS, round(front_end.window_seconds, 3))
    windows = clip_windows(clip, "plain", front_end, hop_seconds)
    stride = max(1, round(front_end.window_seconds / hop_seconds))
    chosen = windows[:-1][::stride] if len(windows) > 1 else windows
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part.npy")
    np.save(partial, chosen)
    partial.replace(path)
    return chosen
