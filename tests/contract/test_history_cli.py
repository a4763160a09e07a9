"""`streamgenre history` as a user calls it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.history_files import write_history
from tests.support.program import json_lines, run
from tests.support.synthetic_week import events, segment, state

WEEK = ("--since", "2026-11-14", "--until", "2026-11-20", "--time-zone", "Europe/Berlin")


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    return write_history(folder / "history.sqlite", events())


def history(*words, week=None, **environment):
    where = ("--database", week) if week else ()
    return run("history", *words, *where, **environment)


def test_list_prints_what_played_when_in_local_time(week):
    done = history("list", "--limit", "3", "--time-zone", "America/New_York", week=week)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 4
    assert "2026-11-20 17:" in done.stdout
    assert done.stderr == "the newest 3; --limit 0 lists all\n"


def test_list_gives_the_published_objects_as_json(week):
    done = history("list", "--limit", "0", "--format", "json", week=week)
    segments = [payload for payload in events() if payload["type"] == "segment"]
    assert json.loads(done.stdout) == segments
    jazz = json.loads(
        history("list", "--genre", "Jazz", "--limit", "0", "--format", "json", week=week).stdout
    )
    assert jazz == [payload for payload in segments if payload["genre"] == "jazz"]
    both = history(
        "list", "--type", "alarm", "--type", "title", "--limit", "0", "--format", "json", week=week
    )
    assert {payload["type"] for payload in json.loads(both.stdout)} == {"alarm", "title"}


def test_list_shows_what_plays_now_last(tmp_path):
    now = datetime.now(UTC)
    played = [
        segment(now - timedelta(hours=3), now - timedelta(hours=1)),
        state(now - timedelta(hours=1), now),
    ]
    path = write_history(tmp_path / "h.sqlite", played)
    done = history("list", "--since", "24h", week=path)
    assert "1 h 00 min …" in done.stdout.splitlines()[-1]
    (row,) = list(
        csv.DictReader(io.StringIO(history("list", "--since", "30m", "--format", "csv", week=path).stdout))
    )
    assert (row["type"], row["end"], row["reason"]) == ("segment", "", "going on")


def test_report_as_text_names_shares_days_and_dead_air(week):
    done = history("report", *WEEK, week=week)
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "main · bar",
        "Dead air 2 ×",
        "By day",
        "2026-11-20",
        "By hour of the day",
        "Longest stretches",
    ):
        assert words in done.stdout
    made = json.loads(history("report", *WEEK, "--format", "json", week=week).stdout)
    (source,) = made["sources"]
    assert (made["time_zone"], source["followed_seconds"]) == ("Europe/Berlin", 7 * 86_400)
    assert [day["seconds"] for day in source["days"]] == [86_400] * 7


def test_a_time_of_which_nothing_is_known_is_told_with_what_there_is(week, tmp_path):
    asked = ("--since", "2025-01-01", "--until", "2025-01-07", "--time-zone", "Europe/Berlin")
    covers = "The history covers 2026-11-14 00:00 to 2026-11-21 00:00 (Europe/Berlin)."
    note = f"Nothing of this was recorded. {covers}\n"
    done = history("report", *asked, week=week)
    assert (done.returncode, done.stderr) == (0, note)
    assert "Nothing was recorded in this time." in done.stdout
    assert history("list", *asked, week=week).stderr == note
    empty = write_history(tmp_path / "empty.sqlite", [])
    assert history("list", week=empty).stderr == "Nothing of this was recorded. The history is empty.\n"


def test_json_is_short_for_its_format(week):
    for words in (("list", "--limit", "3"), ("report", *WEEK)):
        told = history(*words, "--json", week=week).stdout
        assert json.loads(told)
        assert history(*words, "--json", "--format", "json", week=week).stdout == told


def test_a_report_is_of_the_week_before_its_end(week):
    asked = (
        "report",
        "--until",
        "2026-11-16",
        "--time-zone",
        "Europe/Berlin",
        "--source",
        "bar/main",
        "--json",
    )
    made = json.loads(history(*asked, week=week).stdout)
    assert (made["since"], made["until"]) == ("2026-11-09T23:00:00.000Z", "2026-11-16T23:00:00.000Z")
    assert made["sources"][0]["followed_seconds"] == 3 * 86_400


def test_a_report_ends_now_and_what_is_heard_now_goes_on(tmp_path):
    """Every hour is a row: those of the centuries to come would take minutes and gigabytes."""
    now = datetime.now(UTC)
    path = write_history(tmp_path / "h.sqlite", [state(now - timedelta(hours=1), now)])
    done = history("report", "--since", "2h", "--until", "9998-01-01", week=path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 h 00 min followed of 2 h 00 min" in done.stdout
    assert "going on" in done.stdout


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.csv", b"type,node"),
        ("a.json", b"[{"),
        ("a.ndjson", b"{"),
        ("a.HTML", b"<!DOCTYPE"),
        ("a.jsonl", b"{"),
    ],
)
def test_export_goes_by_the_suffix(week, tmp_path, name, begins):
    done = history("export", tmp_path / name, *WEEK, week=week)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_export_gives_every_event(week, tmp_path):
    history("export", tmp_path / "all", "--format", "ndjson", week=week)
    found = json_lines((tmp_path / "all").read_text(encoding="utf-8"))
    assert sorted(found, key=lambda row: row["seq"]) == list(events())
    history("export", tmp_path / "one.json", "--status", "speech", week=week)
    assert {row["status"] for row in json.loads((tmp_path / "one.json").read_text())} == {"speech"}
    history("export", tmp_path / "none.json", "--genre", "polka", week=week)
    assert (tmp_path / "none.json").read_text() == "[]\n"


def test_pictures_are_written_to_files_and_pipes(week, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `charts` is not installed")
    done = history("export", tmp_path / "a.png", *WEEK, week=week)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert history("report", *WEEK, "--format", "svg", week=week).stdout.startswith("<?xml")


def test_the_file_is_where_the_daemon_keeps_it(week):
    found = history("list", "--limit", "1", STATE_DIRECTORY=str(week.parent))
    assert found.returncode == 0
    assert "bar/main" in found.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("list", "--since", "soon"), 2, '"soon" is no time'),
        (("list", "--since", "today", "--until", "7d"), 2, "is not before"),
        (("list", "--time-zone", "Europe/Berln"), 2, "is it Europe/Berlin?"),
        (("report", "--since", "soon"), 2, "covers 2026-11-14 00:00 to 2026-11-21 00:00 (Europe/Berlin)"),
        (("list", "--time-zone", "new york"), 2, "is it America/New_York?"),
        (("list", "--source", "kitchen"), 2, "no such node or source; it holds bar/main"),
        (("list", "--source", "mian"), 2, "Is it --source main?"),
        (("list", "--source", "main", "--source", "kitchen"), 2, "no such node or source"),
        (("report", "--source", "bar/mian"), 2, "Is it --source bar/main?"),
        (("report", "--since", ""), 2, '"" is no time'),
        (
            ("report", "--since", "2525-01-01", "--until", "2626-01-01"),
            2,
            "2525-01-01 00:00 has not come yet",
        ),
        (("list", "--json", "--format", "csv"), 2, "--json and --format csv: say one of them"),
        (("report", "--json", "--format", "html"), 2, "--json and --format html: say one of them"),
        (("list", "--genre", "jazz", "--type", "title"), 2, "leave --type out"),
        (("export", "a.doc"), 2, "say --format, or end the name in .csv"),
        (("export", "/nowhere/a.csv"), 2, "name a file in a folder that exists"),
        (("list", "--database", "/nowhere/h"), 1, "there is no history yet"),
    ],
)
def test_mistakes_are_told_in_a_line_or_two(week, words, code, says):
    done = history(*words, week=None if "--database" in words else week, TZ="Europe/Berlin")
    assert (done.returncode, done.stdout) == (code, "")
    assert "\x1b" not in done.stderr
    assert says in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_the_file_that_the_configuration_names_is_read(week, tmp_path):
    path = tmp_path / "streamgenre.toml"
    path.write_text(f'[history]\npath = "{week}"\n')
    named = history("list", "--limit", "0", "--format", "json", STREAMGENRE_CONFIG=str(path))
    assert json.loads(named.stdout)
    path.write_text("[history\n")
    bad = history(
        "list", STREAMGENRE_CONFIG=str(path), STATE_DIRECTORY=str(tmp_path / "none"), HOME=str(tmp_path)
    )
    assert "none/history.sqlite" in bad.stderr
