"""The file `config init` writes is good, as it is and with every line of it in force."""

from __future__ import annotations

import re
import tomllib

import pytest

from streamgenre.config.example import example
from streamgenre.config.table import SECTIONS
from streamgenre.settings import HistorySettings, MetricsSettings
from tests.support.configuration import complaints, loaded

EVERY_LINE = re.compile(r"(?m)^#(?=\S)")
EVERYTHING = EVERY_LINE.sub("", example())


def test_it_follows_the_microphone_with_history_and_metrics(tmp_path):
    settings = loaded(tmp_path, example())
    assert [(source.id, source.source) for source in settings.sources] == [("main", "mic")]
    assert (settings.history, settings.metrics) == (HistorySettings(), MetricsSettings())
    assert (settings.mqtt, settings.json_lines) == (None, None)


def test_every_key_is_in_it(tmp_path):
    assert complaints(tmp_path, EVERYTHING) == []
    document = tomllib.loads(EVERYTHING)
    for section in SECTIONS:
        table = document[section.name][0] if section.many else document[section.name]
        assert list(table) == [key.name for key in section.keys]


def blocks() -> list[str]:
    """Return the example cut before each header, in force or not."""
    return re.split(r"(?m)^(?=#?\[)", example())


@pytest.mark.parametrize(
    "number", range(1, len(blocks())), ids=lambda number: blocks()[number].split("\n")[0]
)
def test_each_section_may_be_put_in_force_alone(number, tmp_path):
    one = [EVERY_LINE.sub("", block) if at == number else block for at, block in enumerate(blocks())]
    assert complaints(tmp_path, "".join(one)) == []


def test_it_fits_a_screen():
    assert max(map(len, example().splitlines())) <= 100
