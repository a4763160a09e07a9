"""What people look at: one source, live, on a terminal of any size."""

from __future__ import annotations

from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.terminal import Dashboard
from streamgenre.publish.dashboard.view import DashboardView

__all__ = ["Dashboard", "DashboardView", "Look"]
