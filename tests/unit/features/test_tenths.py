"""Tenths of a second: the kernel's sums are NumPy's."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamgenre.features.clipping import ClipCounter
from streamgenre.features.tenth import TenthGauge
from tests.support.sounds import hiss

SCRIPT = """
import sys
import numpy as np
from tests.unit.features.test_tenths import sums_of
np.save(sys.argv[1], [sums_of(channels) for channels in (1, 2)])
"""


def sums_of(channels: int) -> float:
    sound = np.hstack([hiss(0.02, 8000, seed=seed) for seed in range(channels)])
    return TenthGauge(-60.0).measure(sound, [0, 100, 160], 0, ClipCounter())[1].mixed


@settings(deadline=None)
@given(
    st.integers(1, 5),
    st.lists(st.integers(1, 700), min_size=1, max_size=4),
    st.integers(0, 300),
    st.integers(0, 2**31 - 1),
)
def test_sums_are_those_of_numpy(channels, sizes, before, seed):
    sound = np.random.default_rng(seed).normal(0, 0.1, (before + sum(sizes), channels)).astype(np.float32)
    bounds = [before, *(before + np.cumsum(sizes)).tolist()]
    tenths = TenthGauge(-60.0).measure(sound, bounds, 1000, ClipCounter())
    assert len(tenths) == len(sizes)
    for tenth in tenths:
        piece = sound[tenth.first_sample - 1000 : tenth.end_sample - 1000].astype(np.float64)
        assert tenth.peak == np.abs(piece).max()
        assert tenth.power == pytest.approx((piece**2).mean(), rel=1e-12)
        assert tenth.sums == pytest.approx(piece.sum(axis=0), abs=1e-10)
        assert tenth.squares == pytest.approx((piece**2).sum(axis=0), rel=1e-12)
        assert tenth.mixed == pytest.approx((piece.sum(axis=1) ** 2).sum(), rel=1e-9, abs=1e-12)
        product = (piece[:, 0] * piece[:, 1]).sum() if channels > 1 else 0.0
        assert tenth.product == pytest.approx(product, abs=1e-10)


def test_several_at_a_time_are_those_alone():
    sound = np.hstack([hiss(1.0, 11025), hiss(1.0, 11025, seed=1)])
    bounds = [k * 11025 // 10 for k in range(11)]
    together = TenthGauge(-60.0).measure(sound, bounds, 0, ClipCounter())
    alone = [
        TenthGauge(-60.0).measure(sound[a:b].copy(), [0, b - a], a, ClipCounter())[0]
        for a, b in itertools.pairwise(bounds)
    ]
    assert together == alone


def test_interpreted_it_says_the_same(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "sums.npy")],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "sums.npy") == pytest.approx([sums_of(1), sums_of(2)], rel=1e-12)
