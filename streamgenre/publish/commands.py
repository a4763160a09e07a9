"""What may be asked of a source over MQTT: checked to the last key before anything is done."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

LARGEST_REQUEST_BYTES = 1024
LONGEST_ECHO_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Command:
    """One wish: exactly one field is set."""

    enabled: bool | None = None
    hop_seconds: float | None = None
    """0.1 to 3.0, in whole milliseconds."""
    reset: bool | None = None
    """Forget all evidence; only ever True."""
    live_seconds: float | None = None
    """Show live for so long, 0 to 300; 0 ends it."""


class CommandHandler(Protocol):
    """Does what was asked."""

    def __call__(self, source: str, command: Command) -> str | None:
        """Return what went wrong, or None. It returns soon: nothing is published meanwhile."""
        ...


class CommandRefusedError(Exception):
    """The request makes no sense; says why."""


def parse_request(payload: bytes) -> Any:  # noqa: ANN401  # any JSON
    """Return the JSON of a request; raises CommandRefusedError."""
    if len(payload) > LARGEST_REQUEST_BYTES:
        raise CommandRefusedError(f"a request has at most {LARGEST_REQUEST_BYTES} bytes, not {len(payload)}")
    try:
        return json.loads(payload.decode(), parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise CommandRefusedError('a request is one JSON object, such as {"hop": 1.0}') from None


def parse_command(request: Any) -> Command:  # noqa: ANN401  # any JSON
    """Return what is wished; raises CommandRefusedError."""
    if not isinstance(request, dict) or len(request) != 1:  # pyright: ignore[reportUnknownArgumentType]  # JSON
        raise CommandRefusedError('a request is one JSON object with one key, such as {"hop": 1.0}')
    ((key, value),) = request.items()  # pyright: ignore[reportUnknownVariableType]  # JSON
    parse = _KEYS.get(str(key))  # pyright: ignore[reportUnknownArgumentType]  # JSON
    if parse is None:
        raise CommandRefusedError(f"the keys are {', '.join(_KEYS)}, not {str(key)[:40]}")  # pyright: ignore[reportUnknownArgumentType]  # JSON
    return parse(value)


def answer(request: object, error: str | None) -> str:
    """Return the payload of a result; half of a surrogate pair, which JSON can hold, stays escaped."""
    text = json.dumps({"ok": error is None, "error": error, "request": request}, ensure_ascii=False)
    return text.encode(errors="backslashreplace").decode()


def echo(payload: bytes) -> str:
    """Return as much of an unreadable request as shows which it was."""
    return payload[: 4 * LONGEST_ECHO_CHARACTERS].decode(errors="replace")[:LONGEST_ECHO_CHARACTERS]


def _enabled(value: object) -> Command:
    if not isinstance(value, bool):
        raise CommandRefusedError("enabled is true or false")
    return Command(enabled=value)


def _hop(value: object) -> Command:
    seconds = _number("hop", value, 0.1, 3.0)
    if abs(seconds * 1000 - round(seconds * 1000)) > 1e-6:
        raise CommandRefusedError("hop is in whole milliseconds")
    return Command(hop_seconds=seconds)


def _reset(value: object) -> Command:
    if value is not True:
        raise CommandRefusedError("reset is true")
    return Command(reset=True)


def _live(value: object) -> Command:
    return Command(live_seconds=_number("live", value, 0.0, 300.0))


def _number(name: str, value: object, least: float, most: float) -> float:
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not least <= number <= most:
        raise CommandRefusedError(f"{name} is a number of seconds from {least:g} to {most:g}")
    return float(number)


def _no_constant(_name: str) -> float:
    raise ValueError


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_constant(digits)


_KEYS: dict[str, Callable[[object], Command]] = {
    "enabled": _enabled,
    "hop": _hop,
    "reset": _reset,
    "live": _live,
}
