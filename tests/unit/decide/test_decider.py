from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.decide.decider import Decider
from streamgenre.messages import Belief, Observation, Scores
from streamgenre.settings import DecideSettings, SmoothingName
from tests.unit.decide.observed import KINDS, LABELS, QUIET, SOUND, ZERO, Clock, leaning

NAMES: tuple[SmoothingName, ...] = ("hmm", "ema", "vote", "none")


def _decider(**settings) -> Decider:
    return Decider(LABELS, DecideSettings(**settings), gate_labels=KINDS)


def _feed(decider: Decider, observations: list[Observation]) -> Belief:
    return [decider.process(o) for o in observations][-1]


def test_before_the_first_window_nothing_is_claimed() -> None:
    belief = _decider().process(Clock().nothing("filling"))
    assert belief == Belief("unknown", None, None, "provisional", 0.0, reason="filling")


@pytest.mark.parametrize("hold_seconds", [0.0, 2.0])
def test_too_short_is_unknown_and_says_why(hold_seconds: float) -> None:
    belief = _decider(hold_seconds=hold_seconds).process(Observation(0.4, SOUND, None, reason="too short"))
    assert (belief.status, belief.confidence, belief.reason) == ("unknown", None, "too short")
    assert belief.stability == "provisional"


def test_the_first_window_is_believed_at_once() -> None:
    belief = _decider().process(Clock().window("jazz"))
    assert (belief.status, belief.genre, belief.since_seconds) == ("music", "jazz", 3.0)
    assert belief.stability == "provisional"
    assert belief.confidence == belief.top[0].p


@pytest.mark.parametrize("name", NAMES)
def test_a_genre_is_stable_once_the_evidence_meets_the_hold(name: SmoothingName) -> None:
    decider, clock = _decider(smoothing=name), Clock()
    beliefs = [decider.process(clock.window("jazz")) for _ in range(8)]
    assert [b.stability for b in beliefs] == ["provisional"] * 4 + ["stable"] * 4
    assert {b.since_seconds for b in beliefs} == {3.0}


def test_no_hold_no_waiting() -> None:
    assert _decider(hold_seconds=0.0).process(Clock().window()).stability == "stable"


def test_top_carries_every_label_best_first_and_ties_in_order() -> None:
    belief = _decider().process(Clock().window("rock"))
    assert [row.label for row in belief.top] == ["rock", "blues", "jazz", "pop"]
    assert sum(row.p for row in belief.top) == pytest.approx(1.0)


@pytest.mark.parametrize(("level", "reason"), [(QUIET, None), (ZERO, "digital zero")])
def test_silence_rules_at_once(level, reason: str | None) -> None:
    decider, clock = _decider(), Clock()
    _feed(decider, [clock.window() for _ in range(10)])
    belief = decider.process(clock.nothing("silence", level))
    assert (belief.status, belief.genre, belief.confidence, belief.reason) == ("silence", None, 1.0, reason)
    assert (belief.top, belief.tags) == ((), ())
    assert belief.since_seconds == clock.now_seconds
    assert belief.stability == "provisional"
    assert _feed(decider, [clock.nothing("silence", level) for _ in range(2)]).stability == "stable"


def test_sound_after_silence_is_unknown_until_there_is_evidence() -> None:
    decider, clock = _decider(), Clock()
    _feed(decider, [clock.window("jazz") for _ in range(10)])
    _feed(decider, [clock.nothing("silence", QUIET) for _ in range(40)])
    belief = decider.process(clock.nothing("too little sound"))
    assert (belief.status, belief.confidence, belief.reason) == ("unknown", None, "too little sound")
    belief = decider.process(clock.window("rock"))
    assert (belief.status, belief.confidence, belief.reason) == ("unknown", None, "filling")
    belief = decider.process(clock.window("rock"))
    assert (belief.status, belief.genre) == ("music", "rock")


def test_a_gap_carries_the_belief_until_it_has_faded() -> None:
    decider, clock = _decider(), Clock()
    before = _feed(decider, [clock.window("jazz", 0.9) for _ in range(20)])
    assert before.stability == "stable"
    after = decider.process(clock.nothing("gap", None))
    assert (after.status, after.genre, after.since_seconds) == ("music", "jazz", before.since_seconds)
    assert (after.stability, after.top, after.reason) == ("stable", (), "gap")
    assert after.confidence < before.confidence
    belief = _feed(decider, [clock.nothing("gap", None) for _ in range(60)])
    assert (belief.status, belief.genre, belief.confidence, belief.reason) == ("unknown", None, None, "gap")


def test_a_lost_moment_is_no_change_and_makes_nothing_provisional() -> None:
    decider, clock = _decider(), Clock()
    _feed(decider, [clock.window("jazz") for _ in range(20)])
    decider.process(clock.nothing("gap", None))
    assert [decider.process(clock.window("jazz")).stability for _ in range(4)] == ["stable"] * 4


def test_speech_is_carried_through_a_gap_too() -> None:
    decider, clock = _decider(), Clock()
    _feed(decider, [clock.window(kind="speech") for _ in range(10)])
    belief = decider.process(clock.nothing("gap", None))
    assert (belief.status, belief.genre, belief.stability) == ("speech", None, "stable")


@pytest.mark.parametrize("kind", ["speech", "noise"])
def test_speech_and_noise_have_no_genre(kind: str) -> None:
    decider, clock = _decider(), Clock()
    belief = _feed(decider, [clock.window("jazz", 0.99, kind=kind) for _ in range(10)])
    assert (belief.status, belief.genre, belief.stability) == (kind, None, "stable")
    assert belief.confidence > 0.8
    assert len(belief.top) == len(LABELS)


def test_windows_of_speech_tell_nothing_about_the_genre() -> None:
    decider, clock = _decider(), Clock()
    _feed(decider, [clock.window("jazz") for _ in range(20)])
    speech = [clock.window("rock", 0.99, kind="speech", gate_p=1.0) for _ in range(6)]
    assert _feed(decider, speech).top[0].label == "jazz"


def test_the_gate_does_not_flicker() -> None:
    decider, clock = _decider(smoothing="none"), Clock(0.25)
    _feed(decider, [clock.window() for _ in range(8)])
    kinds = ["speech", "music"] * 6
    assert {decider.process(clock.window(kind=kind)).status for kind in kinds} == {"music"}


def test_two_labels_that_alternate_do_not_flicker() -> None:
    decider, clock = _decider(smoothing="none"), Clock(0.25)
    _feed(decider, [clock.window("jazz", 0.4) for _ in range(8)])
    genres = []
    for p in [0.35, 0.37] * 6:
        posterior = np.array([0.1, 0.36, p, 0.54 - p])
        observation = replace(clock.window(), scores=Scores(posterior, leaning(3, 0, 0.96)))
        genres.append(decider.process(observation).genre)
    assert set(genres) == {"jazz"}


def test_a_switch_of_genre_is_provisional_and_dated() -> None:
    decider, clock = _decider(), Clock()
    _feed(decider, [clock.window("jazz") for _ in range(20)])
    beliefs = [(clock.now_seconds + 0.5, decider.process(clock.window("rock"))) for _ in range(16)]
    switched = [(now, b) for now, b in beliefs if b.genre == "rock"]
    assert switched[0][1].stability == "provisional"
    assert switched[0][1].since_seconds == switched[0][0]
    assert switched[-1][1].stability == "stable"
    assert {b.genre for _, b in beliefs} <= {"jazz", "rock", None}


def test_music_without_a_genre_is_undecided_before_it_is_unknown() -> None:
    decider, clock = _decider(min_confidence=0.5), Clock()
    belief = decider.process(clock.window("jazz", 0.3))
    assert (belief.status, belief.genre, belief.reason) == ("music", None, "undecided")
    assert belief.confidence == pytest.approx(0.938, abs=1e-3)  # of its being music
    belief = _feed(decider, [clock.window("jazz", 0.3) for _ in range(20)])
    assert (belief.status, belief.genre, belief.reason) == ("unknown", None, "no label fits")
    assert belief.confidence == pytest.approx(1.0 - belief.top[0].p)
    assert belief.stability == "stable"


def test_a_genre_that_sinks_below_the_least_confidence_is_withdrawn() -> None:
    decider, clock = _decider(min_confidence=0.5, smoothing="none"), Clock()
    assert decider.process(clock.window("jazz", 0.8)).genre == "jazz"
    withdrawn = decider.process(clock.window("jazz", 0.4))
    assert (withdrawn.status, withdrawn.genre) == ("music", None)


@pytest.mark.parametrize("gate_labels", [None, ()])
def test_without_a_gate_all_sound_is_music(gate_labels) -> None:
    decider = Decider(LABELS, DecideSettings(), gate_labels=gate_labels)
    belief = decider.process(Clock().window("pop", kind="speech"))
    assert (belief.status, belief.genre) == ("music", "pop")


def test_a_gate_in_another_order_is_understood() -> None:
    decider = Decider(LABELS, DecideSettings(), gate_labels=("noise", "music", "speech"))
    scores = Scores(leaning(4, 0, 0.9), np.array([0.05, 0.05, 0.9]))
    assert decider.process(Observation(3.0, SOUND, scores, 3.0)).status == "speech"


def test_no_signal_measures_nothing_and_starts_anew() -> None:
    decider, clock = _decider(), Clock()
    _feed(decider, [clock.window("jazz") for _ in range(20)])
    belief = decider.no_signal(13.1)
    assert belief == Belief("no_signal", None, None, "stable", 13.1, reason="no samples")
    assert decider.no_signal(13.1) == belief
    back = decider.process(Observation(13.5, SOUND, None, reason="filling"))
    assert (back.status, back.confidence, back.since_seconds) == ("unknown", None, 13.5)
    fresh = _decider().process(Clock().window("rock"))
    assert decider.process(Observation(16.5, SOUND, Clock().window("rock").scores, 3.0)).genre == fresh.genre


def test_reset_is_a_new_decider() -> None:
    used, clock = _decider(), Clock()
    _feed(used, [clock.window("rock") for _ in range(9)])
    used.reset()
    one, other = Clock(), Clock()
    fresh = _decider()
    assert [used.process(one.window()) for _ in range(5)] == [fresh.process(other.window()) for _ in range(5)]


def test_five_strongest_tags_are_smoothed() -> None:
    tag_labels = tuple("abcdefg")
    decider, clock = Decider(LABELS, DecideSettings(), tag_labels=tag_labels), Clock()
    first = np.linspace(0.1, 0.7, 7)
    belief = decider.process(clock.window(tags=first))
    assert [row.label for row in belief.tags] == list("gfedc")
    assert belief.tags[0].p == pytest.approx(0.7)
    belief = decider.process(clock.window(tags=first[::-1].copy()))
    assert belief.tags[0].label == "g"
    assert belief.tags[0].p < 0.7
    assert decider.process(clock.nothing("gap")).tags == ()


@st.composite
def histories(draw) -> list[Observation]:
    """Whatever a pipeline may say, in any order, at one hop."""
    hop_seconds, now, found = draw(st.sampled_from([0.1, 0.25, 0.5, 1.0, 2.0, 3.0])), 0.0, []
    for _ in range(draw(st.integers(1, 25))):
        now = round(now + hop_seconds, 6)
        what = draw(st.sampled_from(["window", "window", "window", "silence", "zero", "gap"]))
        if what != "window":
            level = {"silence": QUIET, "zero": ZERO, "gap": None}[what]
            found.append(Observation(now, level, None, reason=what))
            continue
        genre = leaning(4, draw(st.integers(0, 3)), draw(st.sampled_from([0.25, 0.3, 0.6, 1.0])))
        gate = leaning(3, draw(st.integers(0, 2)), draw(st.sampled_from([0.4, 0.9, 1.0])))
        evidence = draw(st.sampled_from([0.0, hop_seconds, hop_seconds, 3.0]))
        found.append(Observation(now, SOUND, Scores(genre, gate), evidence))
    return found


@given(name=st.sampled_from(NAMES), history=histories())
def test_every_belief_keeps_the_contract(name: SmoothingName, history: list[Observation]) -> None:
    decider = _decider(smoothing=name)
    before = Belief("unknown", None, None, "provisional", 0.0)
    for observation in history:
        belief = decider.process(observation)
        silent = observation.level is not None and observation.level.silent
        assert silent == (belief.status == "silence")
        assert belief.genre is None or belief.status == "music"
        assert belief.confidence is None or 0.0 <= belief.confidence <= 1.0
        assert belief.genre is None or belief.confidence >= DecideSettings().min_confidence
        assert len(belief.top) == (0 if observation.scores is None else len(LABELS))
        switched = (belief.status, belief.genre) != (before.status, before.genre)
        assert belief.since_seconds == (observation.audio_seconds if switched else before.since_seconds)
        assert not (switched and belief.stability == "stable")
        before = belief


@given(name=st.sampled_from(NAMES), history=histories(), order=st.permutations(range(4)))
def test_the_order_of_the_labels_does_not_matter(name: SmoothingName, history, order) -> None:
    one = _decider(smoothing=name)
    other = Decider(tuple(LABELS[i] for i in order), DecideSettings(smoothing=name), gate_labels=KINDS)
    for observation in history:
        scores = observation.scores
        turned = Scores(scores.genre[order], scores.gate) if scores else None
        here, there = one.process(observation), other.process(replace(observation, scores=turned))
        if here.top and here.top[0].p - here.top[1].p < 1e-9:
            return
        assert here.status == there.status
        assert here.genre == there.genre
        assert {row.label: row.p for row in here.top} == pytest.approx(
            {row.label: row.p for row in there.top}
        )
