from __future__ import annotations

import re

import pytest

from streamgenre.classify.model_card import read_card
from streamgenre.errors import ModelError
from streamgenre.settings import CalibrationSettings
from tests.support.tiny_model import write_tiny_model


@pytest.fixture
def folder(tmp_path):
    return write_tiny_model(tmp_path / "tiny")


def add(folder, text: str) -> None:
    card = folder / "card.toml"
    card.write_text(card.read_text() + text)


def test_a_card_without_calibration_takes_beliefs_as_they_are(folder):
    assert read_card(folder).calibration == CalibrationSettings()


def test_calibration_is_read_by_way_of_gathering(folder):
    add(folder, "\n[calibration]\nhmm = 1.2\nverdict = 0.9\n")
    calibration = read_card(folder).calibration
    assert calibration == CalibrationSettings(hmm=1.2, verdict=0.9)
    assert calibration.of("hmm") == 1.2
    assert calibration.of("vote") == 1.0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("hmm = 0.0", "calibration.hmm: expected a number from 0.05 to 20"),
        ("hnm = 1.0", "calibration.hnm: unknown key"),
        ('ema = "much"', "calibration.ema: expected a number"),
    ],
)
def test_what_does_not_fit_is_named(folder, line: str, told: str):
    add(folder, f"\n[calibration]\n{line}\n")
    with pytest.raises(ModelError, match=re.escape(told)):
        read_card(folder)
