"""What `config show` says: what holds, who said it, and no secret."""

from __future__ import annotations

import json

from streamgenre.config import load, load_settings
from streamgenre.config.example import example
from streamgenre.config.showing import as_object, as_toml
from tests.support.configuration import written
from tests.unit.config.test_example import EVERYTHING

SECRETIVE = """
[[sources]]
id = "radio"
source = "https://ann:hunter2@radio.example/a?token=hunter2"
[mqtt]
url = "mqtt://ann@h"
"""


def shown(folder, text, environment=None):
    return load(written(folder, text), environment or {})


def test_what_is_shown_says_the_same(tmp_path):
    for text in (example(), EVERYTHING, "", "[node]\nid = 'a'\n[json_lines]\npath = '-'\n"):
        one = shown(tmp_path, text)
        again = tmp_path / "again.toml"
        again.write_text(as_toml(one))
        assert load_settings(again, {}) == one.settings


def test_each_value_has_its_origin(tmp_path):
    text = "[[sources]]\nid = 'a'\nsource = 'mic'\n[decide]\nsilence_dbfs = -50\n"
    one = shown(tmp_path, text, {"STREAMGENRE_MODEL__NAME": "mine"})
    lines = {" ".join(line.split()) for line in as_toml(one).splitlines()}
    assert {
        'id = "a" # file',
        "hop_seconds = 0.5 # default",
        'model = "mine" # [model], environment STREAMGENRE_MODEL__NAME',
        "silence_dbfs = -50.0 # [decide], file",
        "# [mqtt] is not there",
    } <= lines
    found = json.loads(json.dumps(as_object(one)))
    assert found["model"]["name"] == {"value": "mine", "from": "environment"}
    assert found["sources"][0]["model"] == {"value": "mine", "from": "environment", "of": "[model]"}
    assert found["mqtt"] is None


def test_no_secret_is_shown(tmp_path):
    one = shown(tmp_path, SECRETIVE)
    for text in (as_toml(one), json.dumps(as_object(one))):
        assert "hunter2" not in text
        assert "ann" not in text
        assert "https://***@radio.example/a?token=***" in text


def test_without_a_file():
    one = load(None, {})
    assert as_toml(one).startswith("# no file\n")
    assert as_object(one)["sources"] == []
