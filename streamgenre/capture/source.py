"""What every source of audio looks like to the rest of the program."""

from __future__ import annotations

from typing import Protocol

from streamgenre.messages import AudioBlock, AudioFormat


class AudioSource(Protocol):
    """One open source. Made by `open_source`, used by one thread at a time, closed once."""

    @property
    def format(self) -> AudioFormat:
        """Rate of every block it gives, and channels of the first: a file may change those on its way."""
        ...

    @property
    def live(self) -> bool:
        """Whether it goes on by itself: a microphone, a station. A file is not live."""
        ...

    @property
    def title(self) -> str | None:
        """What the source says is playing now, if it says."""
        ...

    @property
    def damage(self) -> str | None:
        """What was found wrong with the input so far, in words without a final stop; None: nothing.

        It may be asked after the end and after close(); "; " stands between several findings.
        """
        ...

    @property
    def backlog_seconds(self) -> float:
        """Audio that has been received and waits to be read; 0.0 where the source is read at its own pace."""
        ...

    @property
    def reopens(self) -> bool:
        """Whether opening it again may end a stall: a device or a station, never a pipe or a file."""
        ...

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        """Wait for audio and return the next block, or None when the time has passed without any.

        The block is the reader's: its samples are not written to again.

        Raises EOFError after the last sample, TransientSourceError or PermanentSourceError
        when the source broke.
        """
        ...

    def close(self) -> None:
        """Let go of everything, within a second; reading afterwards is an error."""
        ...
