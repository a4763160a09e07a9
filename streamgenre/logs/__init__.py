"""Where log lines go: to journald under systemd, coloured on a terminal, else plain or JSON on stderr."""

from __future__ import annotations

from streamgenre.logs.setup import configure_logs, flush_logs
from streamgenre.logs.stderr import keep_stderr

__all__ = ["configure_logs", "flush_logs", "keep_stderr"]
