"""Law 6: votes are in seconds of evidence, so the hop does not change what is believed."""

from __future__ import annotations

import numpy as np
import pytest

from streamgenre.settings import SmoothingName
from tests.unit.decide.measures import HOPS_SECONDS, agreement, false_changes, follow, seconds_to_stable
from tests.unit.decide.spliced import Difficulty, SplicedProgramme, Stretch, random_stretches

PLAIN = Difficulty(genre_gain=4.0, genre_noise=1.0)
HARD = Difficulty(genre_gain=3.0, genre_noise=1.2, track_bias=0.7)


def _programmes(difficulty: Difficulty, count: int) -> list[SplicedProgramme]:
    return [
        SplicedProgramme(random_stretches(np.random.default_rng([7, i]), 14), 100 + i, difficulty)
        for i in range(count)
    ]


@pytest.mark.parametrize("difficulty", [PLAIN, HARD], ids=["plain", "hard"])
@pytest.mark.parametrize("name", ["hmm", "ema", "vote", "none"])
def test_stable_beliefs_of_four_hops_agree(name: SmoothingName, difficulty: Difficulty) -> None:
    agreed = compared = 0
    for programme in _programmes(difficulty, 2):
        hops = {hop: follow(programme, hop, name) for hop in HOPS_SECONDS}
        one = agreement(programme, hops)
        agreed, compared = agreed + one[0], compared + one[1]
    assert compared > 200
    assert agreed / compared >= 0.98


@pytest.mark.parametrize("hop_seconds", HOPS_SECONDS)
def test_the_default_is_quick_and_steady_where_the_model_is_good(hop_seconds: float) -> None:
    times: list[float] = []
    minutes = wrong = 0.0
    for programme in _programmes(PLAIN, 5):
        followed = follow(programme, hop_seconds, "hmm")
        times += seconds_to_stable(programme, followed)
        wrong += false_changes(programme, followed)
        minutes += programme.seconds / 60.0
    assert np.median(times) <= 6.0
    assert np.percentile(times, 95) <= 10.0
    assert wrong / minutes <= 1.0


@pytest.mark.parametrize("hop_seconds", HOPS_SECONDS)
@pytest.mark.parametrize("status", ["speech", "noise"])
def test_eleven_seconds_between_songs_are_noticed_and_settled(hop_seconds: float, status: str) -> None:
    stretches = [Stretch(20.0, "music", "rock"), Stretch(11.0, status), Stretch(20.0, "music", "jazz")]
    programme = SplicedProgramme(stretches, 3, PLAIN)
    followed = follow(programme, hop_seconds, "hmm")
    assert followed.at(26.0).status == status
    assert followed.at(28.0).stability == "stable"
    assert followed.at(49.0).genre == "jazz"


def test_one_process_gives_one_answer() -> None:
    programme = _programmes(HARD, 1)[0]
    assert follow(programme, 0.5, "hmm").beliefs == follow(programme, 0.5, "hmm").beliefs
