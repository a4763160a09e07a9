"""The public JSON, frozen: keys, their order, number formats."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from streamgenre.messages import (
    Alarm,
    Change,
    Diagnostics,
    LabelProbability,
    ModelIdentity,
    SampleAccounts,
    Segment,
    SourceChange,
    Stamped,
    State,
    StatusAndGenre,
    TitleChange,
)
from streamgenre.publish.payload import Encoder, UnnumberedEncoder, to_json

NOON = datetime(2026, 11, 21, 10, 15, 30, 250_499, tzinfo=UTC)
TOP = tuple(
    LabelProbability(label, p)
    for label, p in zip("abcdef", (0.87123, 0.07, 0.03, 0.02, 0.005, 0.004), strict=True)
)


def state(**changes: object) -> State:
    fields: dict[str, object] = {
        "audio_seconds": 930.5,
        "status": "music",
        "genre": "jazz",
        "confidence": 0.871249,
        "stability": "stable",
        "since_seconds": 723.25,
        "top": TOP,
        "tags": (LabelProbability("instrumental", 0.41),),
        "level_dbfs": -18.349,
        "title": "Artist – Title",
        "short": False,
        "lost_samples": 0,
        "model": ModelIdentity("genre", "ab" * 32),
    }
    return State(**(fields | changes))  # type: ignore[arg-type]


def encode(message: object) -> dict[str, object]:
    return Encoder("bar", "main").encode(Stamped(message, NOON, 41.04))  # type: ignore[arg-type]


def test_state_is_the_object_of_the_contract():
    assert to_json(encode(state())) == (
        '{"schema": 1, "type": "state", "node": "bar", "source": "main", "seq": 0, '
        '"time": "2026-11-21T10:15:30.250Z", "audio_seconds": 930.5, '
        '"status": "music", "genre": "jazz", "confidence": 0.8712, "stability": "stable", '
        '"since": "2026-11-21T10:12:03.000Z", '
        '"top": [{"label": "a", "p": 0.8712}, {"label": "b", "p": 0.07}, {"label": "c", "p": 0.03}, '
        '{"label": "d", "p": 0.02}, {"label": "e", "p": 0.005}], '
        '"tags": [{"label": "instrumental", "p": 0.41}], "level_dbfs": -18.3, "title": "Artist – Title", '
        '"short": false, "lost_samples": 0, "latency_ms": 41.0, '
        '"model": {"name": "genre", "sha256": "' + "ab" * 32 + '"}}'
    )


def test_in_a_fleet_the_epoch_stands_right_behind_the_number():
    alone, together = (UnnumberedEncoder("bar", "main", epoch) for epoch in (None, 7))
    told = Stamped(TitleChange(930.5, "A", None), NOON, None)
    assert "epoch" not in alone.encode(told, 3)
    assert list(together.encode(told, 3).items())[3:6] == [
        *(("source", "main"), ("seq", 3), ("epoch", 7)),
    ]


def test_unknown_is_null_and_a_reason_stands_last():
    payload = encode(
        state(genre=None, confidence=None, level_dbfs=None, top=(), title=None, reason="too short")
    )
    assert [payload[key] for key in ("genre", "confidence", "level_dbfs", "top", "title")] == [
        None,
        None,
        None,
        [],
        None,
    ]
    assert list(payload)[-1] == "reason"


@pytest.mark.parametrize(
    ("message", "kind", "fields"),
    [
        (
            Change(10.0, StatusAndGenre("music", "jazz"), StatusAndGenre("silence", None), 7.25),
            "change",
            {
                "from": {"status": "music", "genre": "jazz"},
                "to": {"status": "silence", "genre": None},
                "previous_seconds": 7.25,
            },
        ),
        (TitleChange(1.0, "new", None), "title", {"title": "new", "previous": None}),
        (SourceChange(1.0, "online", None), "source", {"state": "online", "reason": None}),
        (
            Diagnostics(1.0, SampleAccounts(10, 4, {"tail": 1}, 2, 3, 0), 0.5, 0, 0),
            "diagnostics",
            {
                "accounts": {"captured": 10, "analysed": 4, "skipped": {"tail": 1}, "lost": 2, "pending": 3},
                "not_finite_samples": 0,
                "clipped_samples": 0,
                "hop_seconds": 0.5,
                "reconnects": 0,
                "latency_ms": 41.0,
                "dc_offset": 0.0,
                "lag_seconds": 0.0,
                "upstream_gap_seconds": 0.0,
                "last_audio_seconds_ago": None,
            },
        ),
        (
            Diagnostics(1.0, SampleAccounts(), 3.0, 2, 7, -0.012345, 1.23456, 7.0004, 0.10049),
            "diagnostics",
            {
                "accounts": {"captured": 0, "analysed": 0, "skipped": {}, "lost": 0, "pending": 0},
                "not_finite_samples": 0,
                "clipped_samples": 7,
                "hop_seconds": 3.0,
                "reconnects": 2,
                "latency_ms": 41.0,
                "dc_offset": -0.0123,
                "lag_seconds": 1.235,
                "upstream_gap_seconds": 7.0,
                "last_audio_seconds_ago": 0.1,
            },
        ),
        (
            Alarm(40.0, "dead_air", active=True, since_seconds=9.5, level_dbfs=-71.26),
            "alarm",
            {"kind": "dead_air", "active": True, "since": "2026-11-21T10:14:59.750Z", "level_dbfs": -71.3},
        ),
        (
            Alarm(40.0, "overload", active=False, since_seconds=40.0, level_dbfs=None),
            "alarm",
            {"kind": "overload", "active": False, "since": "2026-11-21T10:15:30.250Z", "level_dbfs": None},
        ),
    ],
)
def test_other_types(message: object, kind: str, fields: dict[str, object]):
    payload = encode(message)
    assert payload["type"] == kind
    assert list(payload.items())[7:] == list(fields.items())


def test_only_events_are_numbered_and_a_state_names_the_last():
    encoder = Encoder("bar", "main")
    messages = [state(), SourceChange(0.0, "online", None), state(), TitleChange(1.0, "x", None), state()]
    assert [encoder.encode(Stamped(m, NOON, 0.0))["seq"] for m in messages] == [0, 1, 1, 2, 2]


def test_an_alarm_is_numbered_and_began_when_it_first_said_so():
    encoder, begun = (
        Encoder("bar", "main"),
        Alarm(40.0, "dead_air", active=True, since_seconds=9.5, level_dbfs=-80.0),
    )
    other = Alarm(41.0, "clipping", active=True, since_seconds=31.0, level_dbfs=-1.0)
    ended = Alarm(50.0, "dead_air", active=False, since_seconds=9.5, level_dbfs=-18.0)
    again = Alarm(60.0, "dead_air", active=True, since_seconds=55.0, level_dbfs=-80.0)
    told = [
        encoder.encode(Stamped(message, NOON + timedelta(seconds=after), 0.0))
        for message, after in ((begun, 0), (other, 1), (ended, 3600), (again, 3610))
    ]
    assert [payload["seq"] for payload in told] == [1, 2, 3, 4]
    assert [payload["since"] for payload in told] == [
        "2026-11-21T10:14:59.750Z",
        "2026-11-21T10:15:21.250Z",
        "2026-11-21T10:14:59.750Z",
        "2026-11-21T11:15:35.250Z",
    ]


def test_not_a_number_never_leaves():
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"x": float("nan")})
    assert json.loads(to_json(encode(state())))["title"] == "Artist – Title"


def test_clock_times_come_from_the_clock_and_not_from_audio_that_did_not_flow():
    encoder, later = Encoder("bar", "main"), NOON + timedelta(seconds=100)
    encoder.encode(Stamped(state(audio_seconds=10.0, since_seconds=2.0), NOON, 0.0))
    still = encoder.encode(Stamped(state(audio_seconds=12.0, since_seconds=2.0), later, 0.0))
    assert still["since"] == "2026-11-21T10:15:22.250Z"
    ended = encoder.encode(
        Stamped(Segment(12.0, 2.0, 12.0, "music", "jazz", 0.71236, "T", "change"), later, 0.0)
    )
    assert list(ended.items())[7:] == [
        ("start", "2026-11-21T10:15:22.250Z"),
        ("end", "2026-11-21T10:17:10.250Z"),
        ("start_seconds", 2.0),
        ("end_seconds", 12.0),
        ("status", "music"),
        ("genre", "jazz"),
        ("mean_confidence", 0.7124),
        ("title", "T"),
        ("reason", "change"),
    ]
    following = encoder.encode(Stamped(state(audio_seconds=12.0, since_seconds=12.0), later, None))
    assert (following["since"], following["latency_ms"]) == ("2026-11-21T10:17:10.250Z", None)
