"""What is compiled before the first sound: for what can be heard, and with its failure told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streamgenre.cli.first_start import make_ready
from streamgenre.daemon import warm_up
from streamgenre.errors import ModelError

MODEL: Any = object()


@pytest.fixture
def decided(monkeypatch) -> list[object]:
    models: list[object] = []
    monkeypatch.setattr(warm_up, "decide_once", models.append)
    return models


def test_nobody_waits_to_be_told_that_there_is_no_such_file(decided, tmp_path: Path):
    make_ready(MODEL, [tmp_path / "nowhere.wav", tmp_path / "nor here.wav"])
    assert decided == []


@pytest.mark.parametrize("name", ["song.wav", "x" * 300])
def test_a_file_that_may_be_there_and_what_is_no_file_are_made_ready_for(decided, tmp_path: Path, name: str):
    (tmp_path / "song.wav").touch()
    make_ready(MODEL, [tmp_path / "nowhere.wav", tmp_path / name])
    make_ready(MODEL)
    assert decided == [MODEL, MODEL]


def test_a_failure_is_raised_where_the_command_waits(monkeypatch):
    def fail(_model: object) -> None:
        raise ModelError("damaged")

    monkeypatch.setattr(warm_up, "decide_once", fail)
    with pytest.raises(ModelError, match="damaged"):
        make_ready(MODEL)
