"""Every view of a made-up history says what was reckoned from it by other means."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from streamgenre.cli.history_screen import print_report
from streamgenre.cli.tables import PLENTY
from streamgenre.publish.history_csv import report_csv
from streamgenre.publish.history_file import milliseconds
from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_html import page
from streamgenre.publish.history_reader import HistoryQuery, HistoryReader
from streamgenre.publish.history_report import report, to_object
from streamgenre.publish.payload import rfc3339
from tests.support.history_files import write_history
from tests.support.synthetic_week import event, segment

QUARTER_MS = 900_000
"""Every zone is ahead by whole quarters of an hour, and changes its clock at one."""
CHANGES = (
    ("Europe/Berlin", (3, 29)),
    ("Europe/Berlin", (10, 25)),
    ("America/New_York", (3, 8)),
    ("America/New_York", (11, 1)),
    ("Australia/Lord_Howe", (4, 5)),
    ("Australia/Lord_Howe", (10, 4)),
    ("America/Santiago", (4, 4)),  # put back at midnight
    ("America/Santiago", (9, 6)),
    ("Asia/Kathmandu", (6, 1)),
)


@dataclass
class Played:
    """What happened, and what a daemon told of it."""

    told: list[dict] = field(default_factory=list)
    stretches: list[tuple[int, int, str]] = field(default_factory=list)
    dead: list[tuple[int, int]] = field(default_factory=list)

    def tell(self, kind, at_ms, fields):
        self.told.append(event(kind, when(at_ms), fields, len(self.told) + 1))


def when(ms):
    return at_zone(ms, UTC)


def play(chance, start_ms, end_ms):
    """Make up stretches with dead air, crashes and times in which nothing was followed."""
    played, at = Played(), start_ms
    while at < end_ms:
        lasts = round(chance.choice((900, 300_000, 7_200_000, 40_000_000)) * chance.uniform(0.1, 1))
        status, genre = chance.choice(
            [("music", "jazz"), ("music", "rock"), ("music", None), ("speech", None), ("silence", None)]
        )
        end, crashed = at + lasts, chance.random() < 0.3
        if status == "silence" and lasts > 60_000:
            fields = {"kind": "dead_air", "since": rfc3339(when(at)), "level_dbfs": -96.0}
            played.tell("alarm", at + 30_000, {"active": True} | fields)
            if not crashed:
                played.tell("alarm", end, {"active": False} | fields)
            played.dead.append((at, end))
        reason = "restart" if crashed else "change"
        number = len(played.told) + 1
        played.told.append(segment(when(at), when(end), status, genre, number, reason=reason))
        if crashed and played.dead[-1:] == [(at, end)] and chance.random() < 0.5:  # told by the next start
            played.tell("alarm", end, {"active": False} | fields)
        played.stretches.append((at, end, genre or status))
        at = end + (round(chance.uniform(0, 20_000_000)) if chance.random() < 0.2 else 0)
    return played


def reckoned(stretches, start_ms, end_ms, zone):
    """Return seconds by label: in all, of each day, and of each hour of the day."""
    total, days, hours = Counter(), {}, {}
    for begins, ends, label in stretches:
        at, stop = max(begins, start_ms), min(ends, end_ms)
        while at < stop:
            part = min(stop, (at // QUARTER_MS + 1) * QUARTER_MS) - at
            local = at_zone(at, zone)
            for heard in (
                total,
                days.setdefault(local.date().isoformat(), Counter()),
                hours.setdefault(f"{local.hour:02d}", Counter()),
            ):
                heard[label] += part
            at += part
    return [
        {label: ms / 1000 for label, ms in total.items()},
        *(
            {name: {one: ms / 1000 for one, ms in heard.items()} for name, heard in each.items()}
            for each in (days, hours)
        ),
    ]


@pytest.mark.parametrize("seed", range(2 * len(CHANGES)))
def test_all_views_say_what_was_reckoned(tmp_path, seed):
    chance, (name, day) = random.Random(seed), CHANGES[seed % len(CHANGES)]
    zone = ZoneInfo(name)
    midnight = datetime(2026, *day, tzinfo=zone)
    starts = milliseconds(midnight - timedelta(days=chance.uniform(0, 2)))
    ends = milliseconds(midnight + timedelta(days=chance.uniform(1, 4)))
    whole_day = (milliseconds(midnight), milliseconds(midnight + timedelta(days=1)))
    start, end = chance.choice([whole_day, (starts + 12_345_678, ends), (starts - 9_000_000, ends + 1)])
    played = play(chance, starts, ends)
    with HistoryReader(write_history(tmp_path / "h.sqlite", played.told)) as reader:
        made = report(reader, HistoryQuery(since_ms=start, until_ms=end), zone)
    (source,) = to_object(made)["sources"]
    total, days, hours = reckoned(played.stretches, start, end, zone)
    assert {label: round(ms / 1000, 3) for label, ms in made.sources[0].total.heard.items()} == total
    assert {one["day"]: one["label_seconds"] for one in source["days"] if one["label_seconds"]} == days
    assert {
        one["hour_of_day"]: one["label_seconds"] for one in source["hours_of_day"] if one["label_seconds"]
    } == hours
    assert source["followed_seconds"] == pytest.approx(sum(total.values()))
    for periods in ("days", "hours", "hours_of_day"):
        assert sum(one["seconds"] for one in source[periods]) == pytest.approx((end - start) / 1000)
    dead = [(max(begins, start), min(stops, end)) for begins, stops in played.dead]
    assert [(one["start"], one["seconds"]) for one in source["alarms"]] == [
        (rfc3339(when(begins)), (stops - begins) / 1000) for begins, stops in dead if begins < stops
    ]
    assert in_sheet(made) == total
    assert sorted(on_page(made)) == sorted(total.values())
    shares_add_up(made, len(total))


def in_sheet(made):
    rows = csv.DictReader(io.StringIO("".join(report_csv(made))))
    return {row["label"]: float(row["seconds"]) for row in rows if row["period"] == "total"}


def on_page(made):
    table = re.search('<table class="shares">.*?</table>', "".join(page(made)), re.DOTALL)
    values = re.findall('<data value="([0-9.]+)">', table[0]) if table else []
    return [float(value) for value in values[1::2]]


def shares_add_up(made, labels):
    """Nothing that is there is 0 %, nothing but all of it 100 %, and together they are all."""
    out = io.StringIO()
    print_report(Console(file=out, width=PLENTY), made)
    shares = re.findall(r"^ . .*?([<>]?)(\d+) %", out.getvalue().partition("Shares")[2], re.MULTILINE)
    assert len(shares) == labels
    if labels > 1:
        assert not {share for sign, share in shares if not sign} & {"0", "100"}
    if labels:
        assert abs(sum(int(share) for _, share in shares) - 100) <= labels
