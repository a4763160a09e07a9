"""Whatever a source gives, held to what must be true of any source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from streamgenre.capture.source import AudioSource
from streamgenre.errors import SourceError
from streamgenre.messages import AudioBlock, Message, SampleAccounts, Stamped
from streamgenre.pipeline import SourcePipeline
from streamgenre.publish.payload import Encoder, to_json
from streamgenre.settings import PipelineSettings
from tests.support.fake_model import FakeModel

LONGEST_SECONDS = 1800.0
"""No two seconds of sound may become more than this by damage."""
READ_SECONDS = 1.0
HOP_SECONDS = 3.0


class UntrueError(Exception):
    """A source did what no source may do."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one source."""

    verdict: str
    """heard, or what the error said."""
    seconds: float
    damage: str | None = None


def hear(open_source: Callable[[], AudioSource]) -> Heard:
    """Open, hear to the end, close. Raises UntrueError; anything else raised is as wrong."""
    try:
        source = open_source()
    except SourceError as error:
        return Heard(_clear(error), 0.0)
    with closing(source):
        return _heard_to_the_end(source)


def _heard_to_the_end(source: AudioSource) -> Heard:
    pipeline = SourcePipeline(source.format, FakeModel(), PipelineSettings(hop_seconds=HOP_SECONDS))
    encoder = Encoder("node", "main")
    verdict = "heard"
    while True:
        try:
            block = source.read(READ_SECONDS)
        except EOFError:
            break
        except SourceError as error:
            verdict = _clear(error)
            break
        if block is not None:
            _hold_to_shape(block, pipeline.position, live=source.live)
            _tell(encoder, pipeline.process(block))
        if pipeline.audio_seconds > LONGEST_SECONDS:
            raise UntrueError(f"more than {LONGEST_SECONDS:g} s of sound")
    _tell(encoder, [*pipeline.flush(), pipeline.diagnostics()])
    _hold_to_accounts(pipeline.diagnostics().accounts, pipeline.position)
    return Heard(verdict, pipeline.audio_seconds, source.damage)


def _clear(error: SourceError) -> str:
    """Return what the error says, if it says it in one or two lines of words."""
    text = str(error)
    if not (20 < len(text) < 600 and text.count("\n") <= 1 and text.isprintable()):
        raise UntrueError(f"unclear words: {text!r}") from error
    return text


def _hold_to_shape(block: AudioBlock, expected_first_sample: int, *, live: bool) -> None:
    """The number of channels may change in mid-file; the pipeline takes that for a break."""
    samples = block.samples
    if samples.dtype != np.float32 or samples.ndim != 2 or not samples.size:
        raise UntrueError(f"a block of {samples.shape} {samples.dtype}")
    jump = block.first_sample - expected_first_sample
    if jump < 0 or (jump > 0 and not live):
        raise UntrueError(f"a block {jump} samples past the end of the one before")


def _tell(encoder: Encoder, messages: Iterable[Message]) -> None:
    """A number that is none cannot be written as JSON."""
    for message in messages:
        to_json(encoder.encode(Stamped(message, datetime.now(UTC), 0.0)))


def _hold_to_accounts(accounts: SampleAccounts, position: int) -> None:
    settled = accounts.analysed + sum(accounts.skipped.values()) + accounts.lost + accounts.pending
    if not accounts.captured == settled == position:
        raise UntrueError(f"accounts of {position} samples do not add up: {accounts}")
