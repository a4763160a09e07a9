"""Pictures of results: one palette, one size of letters, no more ink than needed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from training.systems.estimator import Epoch

mpl.use("Agg")
from matplotlib import pyplot as plt  # the backend is chosen first
from matplotlib.axes import Axes
from matplotlib.figure import Figure

TRAINING, VALIDATION = "#4c6a92", "#d1743c"
_INK, _FAINT = "#2b2b2b", "#d9d9d9"
_GENRE_COLOURS = (
    *("#4c6a92", "#d1743c", "#5f9e6e", "#b5544f", "#8573a9", "#8c6d54"),
    *("#d68bb3", "#7f7f7f", "#b8a23c", "#4fa6b8", "#2f3e6b"),
)
_STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.edgecolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": _INK,
    "figure.dpi": 110,
    "savefig.dpi": 110,
}


def draw_confusions(path: Path, title: str, trials: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw the track confusion of each trial side by side, in shares of the truth."""
    with mpl.rc_context(_STYLE):
        figure, axes = plt.subplots(1, len(trials), figsize=(5.1 * len(trials), 4.9), squeeze=False)
        for axis, (name, trial) in zip(axes[0], trials.items(), strict=True):
            level = trial["track"]
            accuracy, low, high, count = level["accuracy"]
            _confusion(axis, np.array(level["confusion"]), trial["labels"])
            axis.set_title(
                f"{name}: {100 * accuracy:.1f} % of {count} tracks ({100 * low:.0f}–{100 * high:.0f})"
            )
        _save(figure, path, f"{title}: truth down, answer across, per cent of the truth")


def draw_curves(path: Path, title: str, histories: Mapping[str, Sequence[Epoch]]) -> None:
    """Draw accuracy and loss by epoch, a row a trial."""
    with mpl.rc_context(_STYLE):
        shown = {name: epochs for name, epochs in histories.items() if epochs}
        figure, axes = plt.subplots(len(shown), 2, figsize=(9.0, 2.9 * len(shown)), squeeze=False)
        for row, (name, epochs) in zip(axes, shown.items(), strict=True):
            numbers = range(1, len(epochs) + 1)
            for axis, what in zip(row, ("accuracy", "loss"), strict=True):
                axis.plot(numbers, [getattr(e, what) for e in epochs], color=TRAINING, label="training")
                watched = [getattr(e, f"validation_{what}") for e in epochs]
                if not np.isnan(watched).all():
                    axis.plot(numbers, watched, color=VALIDATION, label="validation")
                axis.set(title=f"{name}: {what}", xlabel="epoch")
                axis.grid(color=_FAINT, linewidth=0.6)
            row[0].set_ylim(0, 1.02)
            row[1].set_ylim(bottom=0)
            row[0].legend(frameon=False, loc="lower right")
        _save(figure, path, title)


def draw_importances(path: Path, title: str, importances: Mapping[str, float]) -> None:
    """Draw a bar a feature, greatest on top."""
    with mpl.rc_context(_STYLE):
        figure, axis = plt.subplots(figsize=(7.0, 0.24 * len(importances) + 1.0))
        names = list(importances)[::-1]
        axis.barh(names, [100 * importances[name] for name in names], color=TRAINING, height=0.7)
        axis.set(xlabel="share of the decrease in impurity, per cent")
        axis.grid(axis="x", color=_FAINT, linewidth=0.6)
        axis.set_axisbelow(True)
        axis.margins(y=0.01)
        _save(figure, path, f"{title}: importance in the honest trial")


def draw_map(
    path: Path,
    title: str,
    embedding: NDArray[np.float32],
    labels: NDArray[np.int64],
    names: Sequence[str],
    seed: int,
) -> None:
    """Draw the last layer but one in two dimensions (t-SNE, van der Maaten and Hinton 2008)."""
    from sklearn.manifold import TSNE  # noqa: PLC0415  # slow to import, needed here alone

    perplexity = min(30.0, (len(embedding) - 1) / 3)
    points = TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(embedding)
    with mpl.rc_context(_STYLE):
        figure, axis = plt.subplots(figsize=(7.6, 5.8))
        for number, name in enumerate(names):
            chosen = labels == number
            colour = _GENRE_COLOURS[number % len(_GENRE_COLOURS)]
            axis.scatter(*points[chosen].T, s=11, color=colour, label=name, linewidths=0, alpha=0.85)
        axis.set(xticks=[], yticks=[])
        axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=2)
        _save(figure, path, f"{title}: windows of unheard artists, last layer but one, t-SNE")


def _confusion(axis: Axes, matrix: NDArray[np.int64], labels: Sequence[str]) -> None:
    shares = 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    places = np.arange(len(labels))
    axis.set_xticks(places, labels, rotation=50, ha="right", rotation_mode="anchor")
    axis.set_yticks(places, labels)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    for row, column in np.argwhere(shares >= 0.5):
        value = shares[row, column]
        axis.text(
            column, row, f"{value:.0f}", ha="center", va="center", color="white" if value > 55 else _INK
        )


def _save(figure: Figure, path: Path, title: str) -> None:
    """Write without a date, so that the same figures give the same file."""
    figure.suptitle(re.sub(r"\s+", " ", title), fontsize=10.5)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None}, pil_kwargs={"optimize": True})
    plt.close(figure)
