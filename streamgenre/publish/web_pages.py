"""What the web server answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

from streamgenre.publish.health_report import HealthReport

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
BUSY = (
    b"HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n"
    b"Retry-After: 1\r\n\r\ntoo many connections\n"
)
_START = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>streamgenre</title></head>
<body><h1>streamgenre</h1><ul>
<li><a href="/metrics">/metrics</a> for Prometheus</li>
<li><a href="/healthz">/healthz</a> the process is up</li>
<li><a href="/readyz">/readyz</a> the engine and at least one source are alive</li>
</ul></body></html>
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    status: int
    """Of HTTP."""
    content_type: str
    content: bytes


def text_page(status: int, text: str | None = None) -> Page:
    """Return a line of text, by default what the status means."""
    return Page(status, TEXT, f"{text or HTTPStatus(status).phrase}\n".encode())


def start_page() -> Page:
    return Page(200, "text/html; charset=utf-8", _START.encode())


def readiness(report: HealthReport) -> Page:
    """Return 200 where the engine and at least one enabled source are alive, with every source's trouble."""
    told = {
        "ready": report.ready,
        "engine": {"alive": report.engine_trouble is None, "trouble": report.engine_trouble},
        "sources": [
            {
                "source": source.id,
                "enabled": source.enabled,
                "alive": source.alive,
                "trouble": source.trouble,
            }
            for source in report.sources
        ],
    }
    return Page(200 if report.ready else 503, JSON, f"{json.dumps(told)}\n".encode())
