from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from streamgenre.decide.smoothing import Smoother, make_smoother
from streamgenre.settings import SmootherSettings, SmoothingName
from tests.unit.decide.observed import leaning

NAMES: tuple[SmoothingName, ...] = ("hmm", "ema", "vote", "none")
LABELS = 5
UNIFORM = np.full(LABELS, 1.0 / LABELS)


def _smoother(name: SmoothingName, **settings: float) -> Smoother:
    return make_smoother(name, LABELS, SmootherSettings(**settings))


@st.composite
def posteriors(draw) -> np.ndarray:
    """Any distribution: certain ones, with exact zeros, and everything between."""
    if draw(st.booleans()):
        return np.eye(LABELS)[draw(st.integers(0, LABELS - 1))]
    weights = draw(arrays.arrays(np.float64, LABELS, elements=st.floats(0.0, 1.0)))
    return weights / weights.sum() if weights.sum() > 1e-3 else UNIFORM


steps = st.lists(
    st.tuples(
        posteriors(), st.sampled_from([0.0, 1e-9, 0.1, 0.5, 2.0, 3.0]), st.sampled_from([0.0, 0.1, 3.0, 1e5])
    ),
    max_size=30,
)


@given(name=st.sampled_from(NAMES), steps=steps)
def test_a_belief_is_a_finite_distribution(name: SmoothingName, steps) -> None:
    smoother = _smoother(name)
    assert smoother.belief == pytest.approx(UNIFORM)
    for step in steps:
        belief = smoother.process(*step)
        assert np.isfinite(belief).all()
        assert (belief >= 0.0).all()
        assert belief.sum() == pytest.approx(1.0)
        assert np.array_equal(belief, smoother.belief)


@given(name=st.sampled_from(NAMES), steps=steps, order=st.permutations(range(LABELS)))
def test_labels_in_another_order_are_believed_the_same(name: SmoothingName, steps, order) -> None:
    one, other = _smoother(name), _smoother(name)
    for posterior, evidence, elapsed in steps:
        belief = one.process(posterior, evidence, elapsed)
        assert other.process(posterior[order], evidence, elapsed) == pytest.approx(belief[order])


@pytest.mark.parametrize("name", NAMES)
def test_a_silent_minute_leaves_only_the_prior(name: SmoothingName) -> None:
    smoother = _smoother(name)
    for _ in range(40):
        smoother.process(leaning(LABELS, 2, 0.9), 0.5, 0.5)
    sure = smoother.belief[2]
    smoother.process(UNIFORM, 0.0, 3.0)
    assert 0.2 < smoother.belief[2] < sure
    smoother.process(UNIFORM, 0.0, 90.0)
    assert smoother.belief == pytest.approx(UNIFORM, abs=1e-3)


@pytest.mark.parametrize("name", ["hmm", "ema", "vote"])
def test_overlapping_windows_share_their_evidence(name: SmoothingName) -> None:
    beliefs = []
    for hop_seconds in (0.25, 0.5, 1.0, 3.0):
        smoother = _smoother(name)
        for _ in range(round(3.0 / hop_seconds)):
            smoother.process(leaning(LABELS, 2, 0.6), hop_seconds, hop_seconds)
        beliefs.append(smoother.belief[2])
    assert beliefs == pytest.approx([beliefs[0]] * 4, abs=0.03)


@pytest.mark.parametrize("name", NAMES)
def test_evidence_of_nothing_new_is_no_evidence(name: SmoothingName) -> None:
    heard, deaf = _smoother(name), _smoother(name)
    for smoother in (heard, deaf):
        smoother.process(leaning(LABELS, 1, 0.7), 3.0, 3.0)
    heard.process(leaning(LABELS, 4, 1.0), 0.0, 0.5)
    deaf.process(UNIFORM, 0.0, 0.5)
    assert np.array_equal(heard.belief, deaf.belief)


@pytest.mark.parametrize("name", ["hmm", "ema", "vote"])
def test_one_strange_second_does_not_overturn_a_minute(name: SmoothingName) -> None:
    smoother = _smoother(name)
    for _ in range(60):
        smoother.process(leaning(LABELS, 0, 0.8), 1.0, 1.0)
    smoother.process(leaning(LABELS, 3, 1.0), 1.0, 1.0)
    assert smoother.belief.argmax() == 0


@pytest.mark.parametrize("name", NAMES)
def test_ten_other_seconds_do(name: SmoothingName) -> None:
    smoother = _smoother(name)
    for index in (0, 3):
        for _ in range(10):
            smoother.process(leaning(LABELS, index, 0.7), 1.0, 1.0)
    assert smoother.belief.argmax() == 3


@pytest.mark.parametrize("name", NAMES)
def test_reset_forgets_everything(name: SmoothingName) -> None:
    smoother = _smoother(name)
    smoother.process(leaning(LABELS, 0, 1.0), 3.0, 3.0)
    smoother.reset()
    assert smoother.belief == pytest.approx(UNIFORM)


def test_none_is_the_posterior_itself() -> None:
    posterior = leaning(LABELS, 1, 0.42)
    assert np.array_equal(_smoother("none").process(posterior, 0.1, 0.1), posterior)


def test_hmm_weighs_every_beginning_of_the_stretch() -> None:
    """Against the sum over all beginnings, each with the plain average of the log posteriors since."""
    settings = {"dwell_seconds": 8.0, "temper": 1.5, "doubt": 0.1, "memory_seconds": 3600.0}
    smoother, rng = _smoother("hmm", **settings), np.random.default_rng(1)
    posteriors = 0.9 * rng.dirichlet(np.ones(LABELS), 10) + 0.1 / LABELS
    stay = np.exp(-0.5 / 8.0)

    def pool(begin: int, end: int) -> np.ndarray:
        logs = 0.5 * np.log(posteriors[begin:end]).sum(axis=0) / (0.5 * (end - begin) + 0.25)
        return np.exp(logs) / np.exp(logs).sum()

    totals = [1.0]  # how well all before each beginning was foretold
    for end in range(1, 11):
        doubted = (posteriors[end - 1] - 0.1 / LABELS) / 0.9
        belief = smoother.process(doubted, 0.5, 0.5)
        shares = []
        for begin in range(-1, end):
            share = (totals[begin] * (1.0 - stay) if begin >= 0 else 1.0) * stay ** (end - 1 - begin)
            for now in range(max(begin, 0), end):
                share *= (pool(max(begin, 0), now) @ posteriors[now]) ** (1.5 * 0.5 / 3.0)
            shares.append(share)
        totals.append(sum(shares))
        expected = sum(s * pool(max(b, 0), end) for b, s in zip(range(-1, end), shares, strict=True))
        assert belief == pytest.approx(expected / totals[-1], rel=1e-3)


def test_a_steady_stretch_does_not_grow_surer_than_its_windows() -> None:
    smoother, posterior = _smoother("hmm"), leaning(LABELS, 2, 0.7)
    for _ in range(240):
        belief = smoother.process(posterior, 0.5, 0.5)
    assert 0.6 < belief[2] <= 0.7


def test_a_longer_dwell_is_slower_to_leave() -> None:
    left = []
    for dwell_seconds in (5.0, 20.0, 80.0, 320.0):
        smoother = _smoother("hmm", dwell_seconds=dwell_seconds)
        for _ in range(60):
            smoother.process(leaning(LABELS, 0, 0.7), 0.5, 0.5)
        seconds = 0.0
        while smoother.belief.argmax() == 0:
            smoother.process(leaning(LABELS, 1, 0.7), 0.5, 0.5)
            seconds += 0.5
        left.append(seconds)
    assert all(quick < slow for quick, slow in pairwise(left))


def test_an_unclear_window_shares_its_vote() -> None:
    smoother = make_smoother("vote", 2, SmootherSettings())
    assert smoother.process(np.array([0.5, 0.5]), 3.0, 3.0) == pytest.approx([0.5, 0.5])
    assert smoother.process(np.array([1.0, 0.0]), 1.0, 1.0)[0] == pytest.approx((1.5 + 1.0 + 0.125) / 4.25)
