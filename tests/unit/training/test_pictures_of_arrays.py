"""Spectrograms as pictures: what a plotting program would have saved."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: networks cannot be trained here")

import matplotlib as mpl  # noqa: E402  # after the skip

from training.systems.rendering import Picture, colour_table  # noqa: E402

SHAPE = (496, 128)


def _sound(seed: int = 0) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)
    return np.cumsum(steps, axis=0, dtype=np.float32)


def _picture(windows) -> np.ndarray:
    return Picture(SHAPE, 288, 432, "magma")(torch.from_numpy(windows)).numpy()


def _saved(values) -> np.ndarray:
    """(288, 432, 4) as matplotlib draws it."""
    mpl.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415  # after the choice of the canvas

    figure = plt.figure(figsize=(6, 4), dpi=72)
    axes = figure.add_subplot()
    axes.pcolormesh(values.T, cmap="magma")
    axes.axis("off")
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba()) / 255.0
    plt.close(figure)
    return picture


def test_a_picture_is_what_matplotlib_draws():
    values = _sound()
    ours, theirs = _picture(values[None])[0].transpose(1, 2, 0), _saved(values)
    assert ours.shape == theirs.shape == (288, 432, 4)
    assert (np.abs(ours - theirs).max(axis=2) < 0.01).mean() > 0.85
    assert np.abs(ours - theirs).mean() < 0.01
    painted = [(picture[..., :3] < 0.99).any(axis=2) for picture in (ours, theirs)]
    for axis in (0, 1):
        edges = [np.flatnonzero(part.any(axis=axis))[[0, -1]] for part in painted]
        assert np.abs(edges[0] - edges[1]).max() <= 1


def test_loudness_and_range_do_not_show_and_each_picture_stands_alone():
    values = _sound(1)
    one, moved = _picture(values[None]), _picture((values * 4.0 - 64.0)[None])
    assert np.abs(one - moved).max(axis=1).mean() < 1e-3
    both = _picture(np.stack([values, _sound(2)]))
    assert np.array_equal(both[:1], one)


def test_silence_is_a_picture_too():
    picture = _picture(np.full((1, *SHAPE), -23.0, np.float32))
    assert np.array_equal(picture[0, :, 144, 216], colour_table("magma")[0])
    assert np.array_equal(picture[0, :, 0, 0], np.ones(4, np.float32))
