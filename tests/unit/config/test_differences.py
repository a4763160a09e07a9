"""What a reload is told of a new configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamgenre.config import changes
from tests.support.configuration import loaded

OLD = """
[node]
id = "bar"
[[sources]]
id = "a"
source = "mic"
[[sources]]
id = "b"
source = "monitor"
[mqtt]
url = "mqtt://h"
[history]
path = "/h"
[metrics]
"""


def compared(folder: Path, *replacements: tuple[str, str]):
    new = OLD
    for before, after in replacements:
        assert before in new
        new = new.replace(before, after)
    return changes(loaded(folder, OLD), loaded(folder, new))


def test_nothing_differs(tmp_path):
    found = compared(tmp_path)
    assert not found
    assert found.settings == loaded(tmp_path, OLD)


@pytest.mark.parametrize(
    ("after", "what"),
    [
        ('"mic"\nname = "A"', ("name",)),
        ('"mic:x"', ("source",)),
        ('"mic"\nmodel = "m"', ("model",)),
        ('"mic"\nhop_seconds = 1', ("pipeline",)),
        ('"mic"\nenabled = false', ("enabled",)),
        ('"mic:x"\nenabled = false', ("source", "enabled")),
    ],
)
def test_a_source_changed(after, what, tmp_path):
    found = compared(tmp_path, ('"mic"', after))
    (one,) = found.changed
    assert (one.old.id, one.new.id, one.what) == ("a", "a", what)
    assert not found.added + found.removed
    assert not found.parts + found.restart_only


def test_a_default_of_all_sources_changes_those_that_inherit_it(tmp_path):
    new = OLD + "[model]\nname = 'other'\n"
    new = new.replace('"mic"', '"mic"\nmodel = "genre"')
    found = changes(loaded(tmp_path, OLD), loaded(tmp_path, new))
    assert [(one.new.id, one.what) for one in found.changed] == [("b", ("model",))]


def test_a_source_of_another_id_is_another_source(tmp_path):
    found = compared(tmp_path, ('id = "b"', 'id = "c"'))
    assert [one.id for one in found.added] == ["c"]
    assert [one.id for one in found.removed] == ["b"]
    assert found.changed == ()


def test_another_order_is_no_change(tmp_path):
    a, b = '[[sources]]\nid = "a"\nsource = "mic"\n', '[[sources]]\nid = "b"\nsource = "monitor"\n'
    assert not compared(tmp_path, (a + b, b + a))


def test_publishers_and_the_log(tmp_path):
    found = compared(tmp_path, ("mqtt://h", "mqtt://other"), ("[metrics]", "[log]\nlevel = 'debug'"))
    assert found.parts == ("mqtt", "metrics", "log")
    assert found.restart_only == ()


def test_what_needs_a_restart_waits_for_it(tmp_path):
    found = compared(
        tmp_path,
        ('"bar"', '"cafe"'),
        ('path = "/h"', 'path = "/new"\nkeep_days = 7'),
        ("[metrics]", "[metrics]\nlisten = '127.0.0.1:1'"),
    )
    assert found.restart_only == ("node.id", "history.path", "metrics.listen")
    assert found.parts == ("history",)
    assert found.settings == loaded(tmp_path, OLD.replace('path = "/h"', 'path = "/h"\nkeep_days = 7'))
