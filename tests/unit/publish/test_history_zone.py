"""Times as people say them, in the zone of the machine or a named one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from streamgenre.errors import UsageError
from streamgenre.publish import history_path, history_zone
from streamgenre.publish.history_zone import moment, time_zone

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("24h", NOW - timedelta(days=1)),
        ("7d", NOW - timedelta(days=7)),
        ("1.5h ago", NOW - timedelta(minutes=90)),
        ("2 w", NOW - timedelta(days=14)),
        ("now", NOW),
        ("Today", datetime(2026, 11, 20, 23, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 19, 23, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 19, 23, tzinfo=UTC)),
        ("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("2026-11-20 14:30", datetime(2026, 11, 20, 13, 30, tzinfo=UTC)),
        ("2026-11-20T14:30:00Z", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_words_are_moments(words, means):
    assert moment(words, BERLIN, NOW) == means


def test_a_day_as_an_end_is_included_and_the_later_of_two_equal_clock_times_meant():
    assert moment("2026-10-25", BERLIN, NOW, at_end=True) == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert moment("yesterday", BERLIN, NOW, at_end=True) == datetime(2026, 11, 20, 23, tzinfo=UTC)
    assert moment("2026-10-25 02:30", BERLIN, NOW, at_end=True) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_day_is_included_however_it_is_written():
    for words in ("20261120", "2026-W47-5", "2026w475"):
        assert moment(words, BERLIN, NOW, at_end=True) == datetime(2026, 11, 20, 23, tzinfo=UTC)


def test_a_clock_time_that_was_left_out_leaves_nothing_out():
    begins, ends = (moment("2026-03-29 02:30", BERLIN, NOW, at_end=at_end) for at_end in (False, True))
    assert begins < datetime(2026, 3, 29, 1, tzinfo=UTC) < ends


@pytest.mark.parametrize("words", ["", "soon", "7x", "2026-13-01", "99999999999d", "2026-02-30", "-3h"])
def test_other_words_are_told_what_would_do(words):
    with pytest.raises(UsageError, match="is no time: say"):
        moment(words, BERLIN, NOW)


@pytest.mark.parametrize("name", ["Europe/Berln", "../etc/passwd", "Europe", "/etc/passwd", "x" * 300])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(UsageError, match="is no time zone known here"):
        time_zone(name)


def test_a_near_name_is_suggested():
    with pytest.raises(UsageError, match="is it Europe/Berlin"):
        time_zone("Europe/Berln")


def test_the_zone_is_that_of_the_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("TZ", ":America/New_York")
    assert str(time_zone()) == "America/New_York"
    monkeypatch.setenv("TZ", "")
    assert time_zone() == UTC
    monkeypatch.delenv("TZ")
    monkeypatch.setattr(history_zone, "LOCAL_TIME", tmp_path / "localtime")
    assert time_zone() == UTC
    zone = Path("/usr/share/zoneinfo/Europe/Berlin")
    if not zone.exists():
        pytest.skip("the system has no tzdata")
    (tmp_path / "localtime").symlink_to(zone)
    assert str(time_zone()) == "Europe/Berlin"
    (tmp_path / "localtime").unlink()
    (tmp_path / "localtime").write_bytes(zone.read_bytes())
    assert NOW.astimezone(time_zone()).hour == 11
    (tmp_path / "localtime").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="--time-zone"):
        time_zone()


def test_the_file_is_in_the_state_directory(monkeypatch, tmp_path):
    monkeypatch.setattr(history_path, "SERVICE_FOLDER", tmp_path / "service")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")
    assert history_path.default_history_path() == Path("/var/lib/a/history.sqlite")
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    ours = tmp_path / "streamgenre" / "history.sqlite"
    assert history_path.default_history_path() == history_path.history_to_read() == ours
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "history.sqlite").touch()
    assert history_path.history_to_read() == tmp_path / "service" / "history.sqlite"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/x")
    assert history_path.default_history_path() == Path("/home/x/.local/state/streamgenre/history.sqlite")
