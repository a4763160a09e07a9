from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.decide.verdict import file_verdict, pooled_belief
from streamgenre.messages import Observation, Scores, Verdict
from streamgenre.settings import DecideSettings
from tests.unit.decide.observed import KINDS, LABELS, QUIET, SOUND, ZERO, Clock, leaning


def _verdict(observations: list[Observation], **settings) -> Verdict:
    return file_verdict(observations, LABELS, DecideSettings(**settings), gate_labels=KINDS)


def test_a_song_has_its_genre() -> None:
    clock = Clock()
    verdict = _verdict([clock.nothing("filling")] + [clock.window("rock", 0.6) for _ in range(20)])
    assert (verdict.status, verdict.genre, verdict.seconds) == ("music", "rock", clock.now_seconds)
    assert verdict.confidence == verdict.top[0].p == pytest.approx(0.6)
    assert len(verdict.top) == len(LABELS)


def test_more_seconds_outweigh_fewer_whatever_came_last() -> None:
    clock = Clock()
    verdict = _verdict([clock.window("rock") for _ in range(30)] + [clock.window("jazz") for _ in range(10)])
    assert verdict.genre == "rock"


def test_windows_of_speech_do_not_vote_on_the_genre() -> None:
    clock = Clock()
    music = [clock.window("rock") for _ in range(20)]
    speech = [clock.window("jazz", 0.99, kind="speech", gate_p=1.0) for _ in range(15)]
    verdict = _verdict(music + speech)
    assert (verdict.status, verdict.genre) == ("music", "rock")
    assert verdict.confidence == pytest.approx(0.8)


def test_mostly_speech_is_speech() -> None:
    clock = Clock()
    verdict = _verdict([clock.window() for _ in range(5)] + [clock.window(kind="speech") for _ in range(30)])
    assert (verdict.status, verdict.genre) == ("speech", None)
    assert 0.5 < verdict.confidence < 1.0


def test_no_label_suffices() -> None:
    verdict = _verdict([Clock().window("rock", 0.4)], min_confidence=0.5)
    assert (verdict.status, verdict.genre) == ("unknown", None)
    assert verdict.confidence == pytest.approx(0.6)


@pytest.mark.parametrize(("level", "reason"), [(QUIET, None), (ZERO, "digital zero")])
def test_nothing_but_silence(level, reason: str | None) -> None:
    clock = Clock()
    verdict = _verdict([clock.nothing("silence", level) for _ in range(10)])
    assert verdict == Verdict(5.0, "silence", None, 1.0, (), (), short=False, reason=reason)


def test_a_second_of_sound_in_a_minute_of_silence_is_silence() -> None:
    clock = Clock()
    quiet = [clock.nothing("silence", QUIET) for _ in range(120)]
    sound = Observation(61.0, SOUND, Scores(leaning(4, 0, 0.9), leaning(3, 0, 0.9)), 1.0)
    verdict = _verdict([*quiet, sound])
    assert (verdict.status, verdict.genre) == ("silence", None)
    assert verdict.confidence == pytest.approx(60 / 61)
    assert verdict.top


def test_too_short_says_so() -> None:
    verdict = _verdict([Observation(0.4, SOUND, None, reason="too short")])
    assert verdict == Verdict(0.4, "unknown", None, None, (), (), short=False, reason="too short")


def test_an_empty_file_is_too_short() -> None:
    assert _verdict([]) == Verdict(0.0, "unknown", None, None, (), (), short=False, reason="too short")


def test_short_is_passed_on() -> None:
    one = Observation(1.2, SOUND, Scores(leaning(4, 2, 0.9)), 1.2)
    verdict = file_verdict([one], LABELS, DecideSettings(), gate_labels=None, short=True)
    assert (verdict.status, verdict.genre, verdict.short) == ("music", "rock", True)


def test_tags_are_averaged_over_the_evidence() -> None:
    scores = Scores(leaning(4, 0, 0.9), tags=np.array([0.2, 0.8]))
    other = Scores(leaning(4, 0, 0.9), tags=np.array([0.6, 0.0]))
    observations = [Observation(3.0, SOUND, scores, 3.0), Observation(4.0, SOUND, other, 1.0)]
    verdict = file_verdict(observations, LABELS, DecideSettings(), gate_labels=None, tag_labels=("a", "b"))
    assert [(row.label, row.p) for row in verdict.tags] == [
        ("b", pytest.approx(0.6)),
        ("a", pytest.approx(0.3)),
    ]


def test_pooling_averages_logits() -> None:
    posteriors = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]])
    logits = np.log(posteriors).mean(axis=0)
    assert pooled_belief(logits) == pytest.approx(np.exp(logits) / np.exp(logits).sum())


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from([0.0, 0.3, 1.0]),
            st.integers(0, 2),
            st.sampled_from([0.0, 0.5, 1.0]),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_posteriors_give_a_verdict_within_the_contract(windows) -> None:
    observations = [
        Observation(3.0 + 0.5 * i, SOUND, Scores(leaning(4, g, p), leaning(3, k, q)), 0.5)
        for i, (g, p, k, q) in enumerate(windows)
    ]
    verdict = _verdict(observations)
    assert (verdict.genre is not None) == (verdict.status == "music")
    assert sum(row.p for row in verdict.top) == pytest.approx(1.0)
    assert 0.0 <= verdict.confidence <= 1.0
