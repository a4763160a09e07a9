"""Log lines while a dashboard has the terminal, and once it has given it back by itself."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from streamgenre.publish.dashboard import noting_logs


class TerminalLike(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_are_seen_again_once_the_dashboard_is_broken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "stderr", TerminalLike())
    ours, notes, broken = logging.getLogger("streamgenre.test"), list[str | None](), list[bool]()
    with noting_logs(notes.append, lambda: bool(broken)):
        ours.error("on the picture")
        assert notes == ["on the picture"]
        assert not caplog.records
        broken.append(True)
        ours.error("below it")
        assert [record.message for record in caplog.records] == ["below it"]
    assert notes == ["on the picture"]
    assert [record.message for record in caplog.records] == ["below it", "on the picture"]
