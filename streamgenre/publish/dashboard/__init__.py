"""What people look at: one source or many, live, on a terminal of any size."""

from __future__ import annotations

from streamgenre.publish.dashboard.board import Board
from streamgenre.publish.dashboard.log_notes import noting_logs
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.node_dashboard import NodeDashboard
from streamgenre.publish.dashboard.part import Part
from streamgenre.publish.dashboard.part_report import heard_parts, part_report
from streamgenre.publish.dashboard.terminal import Dashboard
from streamgenre.publish.dashboard.view import DashboardView
from streamgenre.publish.dashboard.wall import Wall

__all__ = [
    "Board",
    "Dashboard",
    "DashboardView",
    "Look",
    "NodeDashboard",
    "Part",
    "Wall",
    "heard_parts",
    "noting_logs",
    "part_report",
]
