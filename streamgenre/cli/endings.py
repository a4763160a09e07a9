"""How a command ends when somebody ends it: nobody on the way catches these."""

from __future__ import annotations


class Interrupted(BaseException):
    """Ctrl-C."""


class Terminated(BaseException):
    """SIGTERM, as a service manager sends it."""
