from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from streamgenre.decide.calibration import calibrated
from streamgenre.decide.decider import Decider
from streamgenre.decide.verdict import file_verdict
from streamgenre.settings import DecideSettings
from tests.unit.decide.observed import KINDS, LABELS, Clock

beliefs = arrays.arrays(np.float64, 6, elements=st.floats(0.0, 1.0)).filter(lambda row: row.sum() > 1e-3)
sharpnesses = st.floats(0.05, 20.0)


@given(belief=beliefs, sharpness=sharpnesses)
def test_a_calibrated_belief_is_a_distribution_in_the_same_order(belief, sharpness: float) -> None:
    belief = belief / belief.sum()
    found = calibrated(belief, sharpness)
    assert found.sum() == pytest.approx(1.0)
    assert (found >= 0.0).all()
    order = np.argsort(-belief, kind="stable")
    assert (np.diff(found[order]) <= 1e-15).all()


@given(belief=beliefs, sharpness=sharpnesses)
def test_more_sharpness_is_more_confidence(belief, sharpness: float) -> None:
    belief = belief / belief.sum()
    assert calibrated(belief, 1.1 * sharpness).max() >= calibrated(belief, sharpness).max() - 1e-12


def test_sharpness_one_changes_nothing() -> None:
    belief = np.array([0.0, 0.25, 0.75])
    assert calibrated(belief, 1.0) == pytest.approx(belief, abs=1e-11)
    assert calibrated(np.stack([belief, belief]), 1.0) == pytest.approx(np.stack([belief, belief]), abs=1e-11)


def test_what_is_published_is_calibrated_stream_and_file_alike() -> None:
    def told(sharpness: float) -> tuple[float, float]:
        clock = Clock()
        observations = [clock.window("jazz", 0.7) for _ in range(10)]
        decider = Decider(LABELS, DecideSettings(), gate_labels=KINDS, sharpness=sharpness)
        belief = [decider.process(observation) for observation in observations][-1]
        verdict = file_verdict(observations, LABELS, DecideSettings(), gate_labels=KINDS, sharpness=sharpness)
        assert belief.genre == verdict.genre == "jazz"
        assert belief.confidence == belief.top[0].p
        return belief.confidence, verdict.top[0].p

    flat, plain = told(0.8), told(1.0)
    assert flat[0] < plain[0]
    assert flat[1] < plain[1]
