"""The soak itself, for half an hour of its day with the small model; `make soak` runs the whole of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.soak.day import FORMATS, Day, Soak
from tests.soak.faults import FAULTS, RECOVERY_SECONDS, day_of_faults
from tests.soak.forgetful_model import ForgetfulModel
from tests.soak.holdings import Holdings
from tests.soak.report import figures, table

HOUR = 3600.0


@pytest.fixture(scope="module")
def lived() -> tuple[Day, list[Holdings]]:
    day = Day(Soak(hours=0.5), ForgetfulModel())
    held: list[Holdings] = []
    day.run(held.append)
    return day, held


def test_nothing_is_lost_and_every_fault_is_told(lived):
    day, _ = lived
    assert [wrong for witness in day.witnesses for wrong in witness.wrong] == []
    met = {kind for witness in day.witnesses for kind in witness.reactions}
    assert met >= set(FAULTS) - {"gone"}
    assert all(witness.counts["change"] > 20 and witness.counts["alarm"] > 1 for witness in day.witnesses)


def test_descriptors_and_threads_stay_as_they_were(lived):
    _, held = lived
    assert held[-1].descriptors <= held[0].descriptors
    assert held[-1].threads <= held[0].threads


def test_the_table_tells_what_was_measured(lived):
    day, held = lived
    told = table(figures(Soak(hours=0.5), "fake", day, held, real_seconds=10.0))
    assert "180 times real time" in told
    assert all(name in told for name in FORMATS)
    assert "sroso" in told or "sro" in told


@pytest.mark.parametrize("seed", range(20))
def test_a_day_holds_every_fault_one_at_a_time(seed):
    faults = day_of_faults(seed, 24 * HOUR, suspend_at=14.4 * HOUR)
    assert {fault.kind for fault in faults} == set(FAULTS)
    assert sum(fault.kind == "gone" for fault in faults) == 1
    pauses = [after.start - before.end for before, after in pairwise(faults)]
    assert min(pauses) >= RECOVERY_SECONDS
    assert faults == day_of_faults(seed, 24 * HOUR, suspend_at=14.4 * HOUR)
