"""A real Prometheus reads our metrics over HTTP, with our alert rules."""

from __future__ import annotations

import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from streamgenre.publish.health_report import HealthReport
from streamgenre.publish.metrics import MetricsPublisher
from streamgenre.publish.web import WebServer, serve
from tests.support.icecast import free_port
from tests.support.metrics import account, event, full_metrics, state
from tests.support.reading import wait_until

DOCS = Path(__file__).parents[2] / "docs"
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(which("prometheus") is None, reason="prometheus is not installed"),
]


class Prometheus:
    """Asks one server every two seconds."""

    def __init__(self, folder: Path, target: str) -> None:
        self._port = free_port()
        rules = (DOCS / "alerts.yml").read_text()
        (folder / "alerts.yml").write_text(rules)
        scrape = {"job_name": "streamgenre", "static_configs": [{"targets": [target]}]}
        every = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"}
        config = {"global": every, "rule_files": ["alerts.yml"], "scrape_configs": [scrape]}
        (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
            ],
            stdout=self._log,
            stderr=self._log,
        )

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series of an instant query; none before it is up."""
        url = f"http://127.0.0.1:{self._port}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as response:
            return json.load(response)["data"]["result"]
        return []

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()


@pytest.fixture
def served() -> Iterator[tuple[MetricsPublisher, WebServer]]:
    metrics = full_metrics("bar", "hall")
    server = serve(metrics, lambda: HealthReport(None, ()), "127.0.0.1:0")
    yield metrics, server
    server.stop(1.0)


@pytest.fixture
def prometheus(served, tmp_path) -> Iterator[Prometheus]:
    prometheus = Prometheus(tmp_path, str(served[1].address))
    yield prometheus
    prometheus.stop()


def test_what_plays_is_known_and_dead_air_is_an_alarm(served, prometheus):
    metrics, _ = served
    wait_until(lambda: prometheus.ask('up{job="streamgenre"} == 1'), 60)
    playing = prometheus.ask("streamgenre_source_genre == 1")
    assert {(row["metric"]["source"], row["metric"]["genre"]) for row in playing} == {
        ("bar", "jazz"),
        ("hall", "jazz"),
    }
    assert prometheus.ask('ALERTS{alertname="StreamgenreDeadAir"}') == []
    metrics.publish(event("alarm", kind="dead_air", active=True) | {"source": "hall"})
    metrics.publish(state(61.0, status="silence", genre=None) | {"source": "hall"})
    metrics.publish(state(61.0) | {"source": "bar"})
    wait_until(lambda: prometheus.ask('ALERTS{alertname="StreamgenreDeadAir", alertstate="firing"}'), 60)
    alerts = prometheus.ask('ALERTS{alertname="StreamgenreDeadAir"}')
    assert [row["metric"]["source"] for row in alerts] == ["hall"]
    playing = prometheus.ask("streamgenre_source_genre == 1")
    assert [row["metric"]["source"] for row in playing] == ["bar"]


def test_a_pipeline_that_begins_anew_is_no_reset_of_a_counter(served, prometheus):
    metrics, _ = served
    captured = 'streamgenre_source_samples_captured_total{source="bar"}'
    wait_until(lambda: prometheus.ask(captured), 60)
    for seconds in (30.0, 60.0, 20.0):
        metrics.publish(account(seconds, captured=int(seconds * 10)) | {"source": "bar"})
    wait_until(lambda: [row["value"][1] for row in prometheus.ask(captured)] == ["1400"], 60)
    assert prometheus.ask(f"resets({captured}[1m])")[0]["value"][1] == "0"
