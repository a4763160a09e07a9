"""What holds for every test: a known environment, repeatable examples, skips counted by their reason."""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [f"tests.support.{part}" for part in ("icecast", "mosquitto", "pipewire", "terminal")]

REASONS = {
    "an ordinary user": re.compile(r"ordinary user", re.IGNORECASE),
    "data": re.compile(r"research data|STREAMGENRE_SHARED", re.IGNORECASE),
    "root": re.compile(r"\broot\b", re.IGNORECASE),
    "network": re.compile(r"\b(network|internet)\b", re.IGNORECASE),
    "part": re.compile(r"not installed|not found|missing|no such|\bneeds\b", re.IGNORECASE),
}

# Two busy cores make any deadline a coin toss.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True, print_blob=True)
settings.register_profile("thorough", settings.get_profile("here"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "here"))


def pytest_configure() -> None:
    """A developer's own configuration and colours must not reach the tests."""
    for name in list(os.environ):
        if re.fullmatch(r"STREAMGENRE_\w+__\w+|NO_COLOR|(FORCE|PY)_COLORS?|GITHUB_ACTIONS", name):
            del os.environ[name]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped: list[pytest.TestReport] = terminalreporter.getreports("skipped")
    if skipped:
        counts = Counter(skip_cause(report.longrepr) for report in skipped)
        told = ", ".join(f"{count} for want of {cause}" for cause, count in counts.most_common())
        terminalreporter.write_line(f"Skipped {len(skipped)}: {told} (pytest -rs tells each)", yellow=True)


def skip_cause(longrepr: object) -> str:
    """Say what a skipped test lacked, from its written reason."""
    reason = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
    return next((cause for cause, pattern in REASONS.items() if pattern.search(reason)), "other")
