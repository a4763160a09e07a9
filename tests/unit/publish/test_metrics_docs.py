"""What is written about the metrics names those that there are, and all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from streamgenre.publish.metrics import names_and_meanings
from streamgenre.publish.node_metrics import ENGINE_ALIVE, NODE_METRICS
from streamgenre.publish.source_metrics import LATENCY, SOURCE_METRICS
from tests.support.metrics import full_metrics

DOCS = Path(__file__).parents[3] / "docs"
NAME = re.compile(r"\b(?:streamgenre|process)_[a-z_]+\b")


@pytest.fixture(scope="module")
def scraped() -> dict[str, set[str]]:
    """Return the names of a real scrape and the labels of each."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(full_metrics().render()[0].decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def queries(node: Any) -> list[str]:
    """Return every expression of a dashboard."""
    if isinstance(node, dict):
        own = [node["expr"]] if "expr" in node else []
        return own + [query for child in node.values() for query in queries(child)]
    return [query for child in node for query in queries(child)] if isinstance(node, list) else []


def dashboard() -> dict[str, Any]:
    return json.loads((DOCS / "grafana.json").read_text())


@pytest.mark.parametrize("document", ["alerts.yml", "grafana.json", "metrics.md"])
def test_every_metric_that_is_named_exists(document, scraped):
    named = set(NAME.findall((DOCS / document).read_text()))
    assert len(named) > 10
    assert named - set(scraped) - {LATENCY} == set()


def test_every_metric_is_told_with_its_labels_and_meaning(scraped):
    told = (DOCS / "metrics.md").read_text()
    ours = {name for name in scraped if name.startswith("streamgenre_") and not name.startswith(LATENCY)}
    assert ours | {LATENCY} == set(names_and_meanings())
    for family in (ENGINE_ALIVE, *NODE_METRICS, *SOURCE_METRICS):
        labels = ", ".join(f"`{label}`" for label in family.labels)
        assert f"| `{family.name}` | {family.kind} | {labels} | {family.meaning} |" in told
    assert f"| `{LATENCY}` | histogram |  | {names_and_meanings()[LATENCY]} |" in told
    assert len(told.splitlines()) < 120


def test_the_dashboard_shows_every_panel_with_something_to_ask_and_no_overlap():
    panels = dashboard()["panels"]
    assert all(queries(panel) for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for at in (panel["gridPos"] for panel in panels):
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken
        taken |= cells


def test_labels_that_are_asked_for_exist(scraped):
    rules = (DOCS / "alerts.yml").read_text()
    for text in (rules, *queries(dashboard())):
        for name, inside in re.findall(r"(streamgenre_[a-z_]+)\{([^}]*)\}", text):
            asked = set(re.findall(r"(\w+)=~?\"", inside)) - {"instance", "job"}
            assert asked <= scraped[name], name
