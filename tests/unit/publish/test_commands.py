from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamgenre.publish.commands import (
    Command,
    CommandRefusedError,
    answer,
    echo,
    parse_command,
    parse_request,
)


@pytest.mark.parametrize(
    ("request_text", "command"),
    [
        ('{"enabled": false}', Command(enabled=False)),
        ('{"hop": 1}', Command(hop_seconds=1.0)),
        ('{"hop": 0.1}', Command(hop_seconds=0.1)),
        ('{"reset": true}', Command(reset=True)),
        ('{"live": 10}', Command(live_seconds=10.0)),
        ('{"live": 0}', Command(live_seconds=0.0)),
    ],
)
def test_the_commands_of_the_contract(request_text: str, command: Command) -> None:
    assert parse_command(parse_request(request_text.encode())) == command


@pytest.mark.parametrize(
    ("request_bytes", "complaint"),
    [
        (b"", "JSON object"),
        (b"\xff\xfe", "JSON object"),
        (b"[1]", "one key"),
        (b"{}", "one key"),
        (b'{"hop": 1, "reset": true}', "one key"),
        (b'{"volume": 3}', "enabled, hop, reset, live, not volume"),
        (b'{"enabled": 1}', "true or false"),
        (b'{"hop": true}', "0.1 to 3"),
        (b'{"hop": "1"}', "0.1 to 3"),
        (b'{"hop": 0.09}', "0.1 to 3"),
        (b'{"hop": 1e999}', "JSON object"),
        (b'{"\\ud800": 1}', "the keys are"),
        (b'{"hop": "\\udfff"}', "0.1 to 3"),
        (b'{"hop": NaN}', "JSON object"),
        (b'{"hop": 0.12345}', "whole milliseconds"),
        (b'{"reset": false}', "reset is true"),
        (b'{"live": -1}', "0 to 300"),
        (b"[" * 1000, "JSON object"),
        (b'{"hop": ' + b" " * 2000 + b"1}", "at most 1024 bytes"),
    ],
)
def test_everything_else_is_refused_with_a_reason(request_bytes: bytes, complaint: str) -> None:
    request: object = None
    with pytest.raises(CommandRefusedError, match=complaint) as refused:
        parse_command(request := parse_request(request_bytes))
    reply = json.loads(answer(request, str(refused.value)).encode(), parse_constant=pytest.fail)
    assert reply == {"ok": False, "error": str(refused.value), "request": request}


@given(st.binary(max_size=1500))
def test_any_bytes_are_a_command_or_a_refusal_and_can_be_answered(payload: bytes) -> None:
    request: object = echo(payload)
    try:
        request = parse_request(payload)
        assert parse_command(request) is not None
        error = None
    except CommandRefusedError as refusal:
        error = str(refusal)
    reply = json.loads(answer(request, error))
    assert list(reply) == ["ok", "error", "request"]
    assert reply["ok"] == (error is None)
    assert len(answer(echo(payload), error)) < 4000
