"""A small fleet on a real cluster, from its first station to its end."""

from __future__ import annotations

import pytest

from tests.support.fleet_lab.running import finding, report_of

pytestmark = pytest.mark.system
SMALL = ("--stations", "4", "--workers", "0", "--head-cores", "1", "--calm-seconds", "1")


def test_a_fleet_is_started_hit_and_stopped(tmp_path):
    report = report_of(tmp_path, "kill-group", "stop", *SMALL, seconds=280)
    assert report["wrongs"] == []
    assert report["messages"]["stations"] == 4
    assert finding(report, "up")["served_again"]["n"] == 4
    assert finding(report, "kill-group")["served_again"]["never"] == []
    assert finding(report, "stop")["notes"]["exit_code_in_the_foreground"] == 0
