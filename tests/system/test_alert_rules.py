"""Prometheus's own tool reads the alert rules and the dashboard's queries, and tries the rules."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(which("promtool") is None, reason="promtool is not installed (prometheus)"),
]


def promtool(*words: str | Path) -> str:
    done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_are_well_formed():
    alerts = re.findall(r"- alert: (\w+)", (DOCS / "alerts.yml").read_text())
    assert f"SUCCESS: {len(alerts)} rules found" in promtool("check", "rules", DOCS / "alerts.yml")


def test_each_alert_fires_where_it_should_and_nowhere_else():
    cases = Path(__file__).with_name("alerts_test.yml")
    assert "SUCCESS" in promtool("test", "rules", cases)
    alerts = set(re.findall(r"- alert: (\w+)", (DOCS / "alerts.yml").read_text()))
    fired = set(re.findall(r'alertname="(\w+)"', cases.read_text()))
    assert alerts == fired


def test_the_queries_of_the_dashboard_are_well_formed(tmp_path):
    dashboard: dict[str, Any] = json.loads((DOCS / "grafana.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = [
        {"record": f"query:{number}", "expr": re.sub(r"\$__\w+", "5m", query)}
        for number, query in enumerate(asked)
    ]
    file = tmp_path / "queries.json"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(asked)} rules found" in promtool("check", "rules", file)
