"""The table of keys agrees with the contract, with the settings, and with what is made of it."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from itertools import pairwise

import pytest

from streamgenre.config.differences import PARTS
from streamgenre.config.keys import Key, Section
from streamgenre.config.kinds import Number, Whole
from streamgenre.config.reference import reference, with_reference
from streamgenre.config.table import PREFIX, RESTART_ONLY, SECTIONS
from streamgenre.publish.mqtt_publisher import PREFIX as PUBLISHED_PREFIX
from streamgenre.settings import (
    DecideSettings,
    HistorySettings,
    JsonLinesSettings,
    LogSettings,
    MetricsSettings,
    MqttSettings,
    PipelineSettings,
    SourceSettings,
)
from tests.support.configuration_reference import PAGE

CONTRACT = """
[node] id · [[sources]] id, name, source, model, hop_seconds, enabled, dead_air_seconds, silence_dbfs
· [model] name · [decide] smoothing, hold_seconds, dead_air_seconds, silence_dbfs
· [mqtt] url, username, password_file, ca_file, cert_file, key_file, prefix, heartbeat_seconds, discovery,
protocol
· [history] path, keep_days · [metrics] listen · [json_lines] path · [log] level, format
"""
BEYOND = {"metrics.allow_public"}
SETTINGS = {
    "sources": (SourceSettings, PipelineSettings, DecideSettings),
    "decide": (DecideSettings,),
    "mqtt": (MqttSettings,),
    "history": (HistorySettings,),
    "metrics": (MetricsSettings,),
    "json_lines": (JsonLinesSettings,),
    "log": (LogSettings,),
}
EVERY = [
    pytest.param(section, key, id=f"{section.name}.{key.name}")
    for section in SECTIONS
    for key in section.keys
]


def field_docs(settings: type) -> dict[str, str]:
    """Return the docstring below each field."""
    tree = ast.parse(inspect.getsource(sys.modules[settings.__module__]))
    body = next(
        node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == settings.__name__
    )
    return {
        field.target.id: text.value.value
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


def test_the_keys_are_those_of_the_contract():
    stated = {
        f"{section}.{key}"
        for section, keys in re.findall(r"\[+(\w+)\]+ ([\w, ]+)", CONTRACT.replace("\n", " "))
        for key in keys.strip().split(", ")
    }
    assert {f"{section.name}.{key.name}" for section in SECTIONS for key in section.keys} == stated | BEYOND
    assert RESTART_ONLY == ("node.id", "history.path", "metrics.listen")


@pytest.mark.parametrize(("section", "key"), EVERY)
def test_a_key_is_a_field_with_the_same_range(section: Section, key: Key):
    docs = {
        name: text
        for settings in SETTINGS.get(section.name, ())
        for name, text in field_docs(settings).items()
    }
    fields = {name for settings in SETTINGS.get(section.name, ()) for name in settings.__dataclass_fields__}
    assert section.name not in SETTINGS or key.name in fields
    if isinstance(key.kind, Number | Whole):
        low, high = re.findall(r"(-?[\d.,]+) to ([\d.,]*\d)", docs[key.name])[-1]
        assert (float(low), float(high.replace(",", ""))) == (key.kind.low, key.kind.high)


@pytest.mark.parametrize(("section", "key"), EVERY)
def test_examples_and_defaults_are_allowed(section: Section, key: Key):
    assert key.kind.parse(key.example) == key.example
    assert key.default is None or key.kind.parse(key.default) == key.default
    assert (key.default is not None) + bool(key.otherwise) + key.needed >= 1, "what holds without it is told"
    assert section.key(key.name) is key
    assert key.example != key.default, "an example shows something else"
    assert not key.meaning.endswith(".")
    assert "|" not in key.meaning + key.kind.allowed + key.otherwise


def test_topics_begin_as_the_publisher_has_it():
    assert PREFIX.pattern == PUBLISHED_PREFIX.pattern


def test_the_reference_is_up_to_date():
    page = PAGE.read_text()
    assert with_reference(page) == page, "write it: python -m tests.support.configuration_reference"
    assert reference().count("\n| `") == sum(len(section.keys) for section in SECTIONS)


def test_every_optional_section_is_a_part_that_can_change():
    assert {section.name for section in SECTIONS if section.optional} <= set(PARTS)
