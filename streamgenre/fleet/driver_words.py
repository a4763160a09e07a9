"""What `fleet run` and its driver say to each other.

They are two processes because Ray ends the one that speaks to it when the head is lost.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import BinaryIO

from streamgenre.fleet.ledger import Deployment
from streamgenre.publish.payload import Payload

DEBUG = "--debug"
"""To the driver, beside its other arguments: say everything."""
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Deploy:
    """To the driver: have the fleet do this."""

    deployment: Deployment
    again: bool = False
    """It was deployed before: if the fleet does anything, somebody may have given it something newer."""


@dataclass(frozen=True, slots=True)
class Joined:
    """It is connected."""

    address: str
    """HOST:PORT of the head."""
    is_own: bool
    """Whether the cluster was started for this and ends with it."""
    machines: int
    remark: str | None


@dataclass(frozen=True, slots=True)
class Deployed:
    """The fleet does what was given."""

    number: int


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the supervisor's log."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Fares:
    """How the fleet is."""

    status: Payload


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be done, and trying again is of no use."""

    text: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Over:
    """Somebody has ended the fleet."""


Word = Deploy | Joined | Deployed | Said | Fares | Refused | Over


def say(pipe: BinaryIO, word: Word) -> None:
    """Write one. Raises OSError where nobody listens."""
    body = pickle.dumps(word)
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def hear(pipe: BinaryIO) -> Word | None:
    """Read one; None: the other side is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    body = pipe.read(_LENGTH.unpack(head)[0])
    return pickle.loads(body) if len(body) == _LENGTH.unpack(head)[0] else None  # noqa: S301  # our own child
