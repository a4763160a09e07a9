"""Which decoder process decodes which stream: few processes, each with room for several."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from streamgenre.capture.decoders.decoder_commands import fits
from streamgenre.capture.decoders.decoder_group import DecoderGroup
from streamgenre.capture.decoders.suspicion import Suspicion
from streamgenre.capture.source_text import shown
from streamgenre.errors import PermanentSourceError, TransientSourceError

GROUP_STREAMS = 16
IDLE_SECONDS = 5.0
"""A group without streams is kept so long, for the next one or for one that is opened again."""
HUNG_SECONDS = 0.5
"""A stream that has not ended so long after its closing hangs: its group takes no others meanwhile."""
_TRIES = 3


class Group(Protocol):
    """What the pool needs of a decoder process."""

    @property
    def process_id(self) -> int: ...
    @property
    def alive(self) -> bool: ...
    @property
    def crashed(self) -> bool: ...
    def open(self, stream_id: int, url: str, pipe: int) -> None: ...
    def close(self, stream_id: int) -> None: ...
    def end(self) -> None: ...
    def disown(self) -> None: ...
    def how_it_ended(self) -> str: ...


@dataclass(slots=True, eq=False)
class _Member:
    """A group, and what is in it."""

    group: Group
    capacity: int
    """Streams it may hold."""
    streams: dict[int, str] = field(default_factory=dict[int, str])
    """URLs by stream."""
    leaving: dict[int, float] = field(default_factory=dict[int, float])
    """When those were closed that have not ended yet, monotonic seconds."""

    idle_timer: threading.Timer | None = None

    def has_room(self, now: float) -> bool:
        hangs = any(now - since > HUNG_SECONDS for since in self.leaving.values())
        return self.group.alive and not hangs and len(self.streams) < self.capacity

    @property
    def idle(self) -> bool:
        return len(self.leaving) == len(self.streams)


class DecoderStream:
    """One stream in a decoder process. close() and then ended(), or ended() alone, give its place back."""

    def __init__(self, pool: DecoderPool, member: _Member, stream_id: int, pipe: BinaryIO) -> None:
        self._pool = pool
        self._member = member
        self._id = stream_id
        self.pipe = pipe
        """Where its records come from."""

    @property
    def process_id(self) -> int:
        return self._member.group.process_id

    def close(self) -> None:
        """Ask for its end, which the pipe will tell."""
        self._pool.close(self._member, self._id)

    def ended(self) -> None:
        """Its pipe has ended."""
        self._pool.ended(self._member, self._id)

    def how_the_process_ended(self) -> str:
        return self._member.group.how_it_ended()


class DecoderPool:
    """Groups of streams. Any thread may call anything here."""

    def __init__(
        self,
        group_streams: int = GROUP_STREAMS,
        idle_seconds: float = IDLE_SECONDS,
        start_group: Callable[[Callable[[Group], None]], Group] = DecoderGroup,
    ) -> None:
        self._group_streams = group_streams
        self._idle_seconds = idle_seconds
        self._start_group = start_group
        self._suspicion = Suspicion()
        self._members: list[_Member] = []
        self._stream_ids = itertools.count()
        self._changing = threading.Lock()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the decoder processes there are."""
        with self._changing:
            return tuple(member.group.process_id for member in self._members if member.group.alive)

    def open(self, url: str) -> DecoderStream:
        """Have a stream decoded, where there is room. Raises SourceError."""
        if not fits(url):
            raise PermanentSourceError(f"{shown(url)[:60]}… is too long for an address")
        try:
            ours, theirs = os.pipe()
            try:
                member, stream_id = self._placed(url, theirs)
            except BaseException:
                os.close(ours)
                raise
            finally:
                os.close(theirs)
        except OSError as error:
            reason = f"no decoder process can be had ({error.strerror})"
            raise TransientSourceError(f"{shown(url)}: {reason}; trying again may help") from error
        return DecoderStream(self, member, stream_id, os.fdopen(ours, "rb"))

    def close(self, member: _Member, stream_id: int) -> None:
        with self._changing:
            if stream_id in member.streams and stream_id not in member.leaving:
                member.leaving[stream_id] = time.monotonic()
                member.group.close(stream_id)
                self._watch_if_idle(member)

    def ended(self, member: _Member, stream_id: int) -> None:
        with self._changing:
            if not member.group.alive:
                return  # who was in it is needed for the blame
            if member.streams.pop(stream_id, None) is not None:
                member.leaving.pop(stream_id, None)
                self._watch_if_idle(member)

    def end(self) -> None:
        """End every process; the next stream starts a new one."""
        with self._changing:
            members, self._members = self._members, []
        for member in members:
            member.group.end()

    def disown(self) -> None:
        """Begin anew in a child of this process by fork, which has copies of everything but the threads."""
        self._changing, self._suspicion = threading.Lock(), Suspicion()
        members, self._members = self._members, []
        for member in members:
            member.group.disown()

    def _placed(self, url: str, pipe: int) -> tuple[_Member, int]:
        for _ in range(_TRIES - 1):
            with contextlib.suppress(OSError):
                return self._placed_once(url, pipe)
        return self._placed_once(url, pipe)

    def _placed_once(self, url: str, pipe: int) -> tuple[_Member, int]:
        with self._changing:
            member = self._with_room(self._suspicion.allowed_streams(url, self._group_streams))
            stream_id = next(self._stream_ids)
            try:
                member.group.open(stream_id, url, pipe)
            except OSError:
                member.capacity = 0  # it is gone, or deaf
                self._watch_if_idle(member)
                raise
            member.streams[stream_id] = url
            return member, stream_id

    def _with_room(self, capacity: int) -> _Member:
        """Return the fullest group that has room, so that the others may empty and end."""
        now = time.monotonic()
        fitting = [m for m in self._members if m.capacity == capacity and m.has_room(now)]
        if fitting:
            return max(fitting, key=lambda member: len(member.streams))
        member = _Member(self._start_group(self._gone), capacity)
        self._members.append(member)
        return member

    def _watch_if_idle(self, member: _Member) -> None:
        if member.idle_timer:
            member.idle_timer.cancel()
        if member.idle:
            member.idle_timer = timer = threading.Timer(self._idle_seconds, self._end_if_idle, [member])
            timer.daemon = True
            timer.start()

    def _end_if_idle(self, member: _Member) -> None:
        with self._changing:
            if not member.idle or member not in self._members:
                return
            self._members.remove(member)
        member.group.end()

    def _gone(self, group: Group) -> None:
        """Remember who was in a group that crashed."""
        with self._changing:
            for member in [member for member in self._members if member.group is group]:
                self._members.remove(member)
                if group.crashed:
                    self._suspicion.note_crash(member.streams.values())


shared_pool = DecoderPool()
"""The pool of this process."""
atexit.register(shared_pool.end)
os.register_at_fork(after_in_child=shared_pool.disown)
