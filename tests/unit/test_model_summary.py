from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from streamgenre.classify.model_card import read_card
from streamgenre.classify.registry import find_model
from streamgenre.cli.model_summary import accuracy, gives, hears, summary


@pytest.fixture(scope="module")
def card():
    return read_card(find_model("genre"))


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({}, "not stated"),
        ({"protocol": "none stated", "clips": 30, "sum": 7.5}, "not stated"),
        ({"summary": "good enough", "accuracy": 0.5}, "good enough"),
        ({"accuracy": 0.617}, "0.62 accuracy"),
        (
            {"temperature": 0.9, "genre": {"plain": {"accuracy": [0.5, 0.4, 0.6, 30]}}},
            "0.50 accuracy (genre plain)",
        ),
        ({"accuracy": 0.9, "paper": {"macro_recall": 0.7}}, "0.70 macro recall (paper)"),
        ({"recall": {"rock": True}, "f1": []}, "not stated"),
    ],
)
def test_accuracy_in_one_line(card, figures, told):
    assert accuracy(replace(card, accuracy=figures)) == told


def test_a_shipped_model_in_a_few_words(card):
    assert gives(card) == "11 genres, gate, 50 tags"
    assert hears(card) == "windows of 3.01 s at 16000 Hz, 96 mel bands"
    assert dict(summary(card, Path("/there")))["gives"].startswith(
        "11 genres, gate, 50 tags: blues, classical"
    )
