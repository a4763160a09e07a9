"""What is known of every node and source; told by any thread, looked at by another."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from streamgenre.messages import Float32, Level, State
from streamgenre.publish.dashboard.happenings import Happening, happening
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.reading import UnreadableError, read, read_live, text
from streamgenre.publish.dashboard.told_source import ToldSource
from streamgenre.publish.payload import Payload

MOST_SOURCES = 2000
HAPPENINGS_KEPT = 200
NOTE_SECONDS = 30.0
"""A note is shown for so long."""

Key = tuple[str, str]
"""Ids of a node and of one of its sources."""


@dataclass(frozen=True, slots=True)
class NodePicture:
    """One node at one moment."""

    id: str
    online: bool | None
    """None: it was not told."""
    sources: int


@dataclass(frozen=True, slots=True)
class BoardPicture:
    """All that is known at one moment, in the order in which it is shown."""

    keys: tuple[Key, ...]
    pictures: tuple[Picture, ...]
    nodes: tuple[NodePicture, ...]
    happenings: tuple[Happening, ...]
    """Oldest first."""
    note: str | None
    trouble: str | None
    """Why nothing is told just now."""
    wall_seconds: float


@dataclass(slots=True)
class _Known:
    sources: dict[Key, ToldSource] = field(default_factory=dict[Key, ToldSource])
    nodes: dict[str, bool | None] = field(default_factory=dict[str, bool | None])
    happenings: deque[Happening] = field(default_factory=lambda: deque[Happening](maxlen=HAPPENINGS_KEPT))
    note: str | None = None
    noted_at: float = 0.0
    trouble: str | None = None


class Board:
    """Any thread may call anything; every call is short and none raises for what a payload holds."""

    def __init__(
        self,
        *,
        stale_seconds: float,
        watched: bool,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`stale_seconds`: a source of which nothing was told for longer is shown as stale.

        `watched`: other processes run the sources.
        """
        self._stale_seconds = stale_seconds
        self._watched = watched
        self._now, self._wall = now, wall
        self._lock = threading.Lock()
        self._known = _Known()
        self._names: dict[Key, str] = {}
        self._fixed_order: list[Key] | None = None

    def name_sources(self, names: Mapping[Key, str]) -> None:
        """These are all sources there are, in this order and by these names."""
        with self._lock:
            self._names, self._fixed_order = dict(names), list(names)
            self._known.sources = {key: source for key, source in self._known.sources.items() if key in names}
            for key, name in names.items():
                if source := self._source(key):
                    source.shown_as = name

    def tell(self, payload: Payload, *, fresh: bool = True) -> None:
        """Take a payload of any kind; one that the broker kept is not fresh."""
        node, source = text(payload.get("node")), text(payload.get("source"))
        with self._lock:
            if payload.get("type") == "diagnostics" and node and not source:
                accounts = payload.get("sources")
                for account in accounts if isinstance(accounts, list) else []:
                    if isinstance(account, dict) and account.get("source"):
                        self._take({**account, "node": node}, fresh=fresh)
            elif node and source:
                self._take(payload, fresh=fresh)

    def node_is(self, node: str, *, online: bool | None) -> None:
        """Take whether a node is there; None: it is forgotten."""
        with self._lock:
            before = self._known.nodes.get(node)
            if online is None:
                self._known.nodes.pop(node, None)
            elif node in self._known.nodes or len(self._known.nodes) < MOST_SOURCES:
                self._known.nodes[node] = online
            if before is not None and online is not None and before != online:
                words = "node online" if online else "node offline"
                self._known.happenings.append(Happening(self._wall(), node, "", words, urgent=not online))

    def source_is(self, key: Key, *, available: bool) -> None:
        """Take whether a node hears its source."""
        with self._lock:
            if source := self._source(key):
                source.available(online=available)

    def forget(self, key: Key) -> None:
        """A source has left the configuration of its node."""
        with self._lock:
            self._known.sources.pop(key, None)

    def meter(self, key: Key, level: Level, bands: Float32 | None) -> None:
        """Take how a source sounds now; `bands` is (bands,) or (rows, bands) float32."""
        with self._lock:
            if source := self._source(key):
                source.meter(level, bands, self._now())

    def note(self, words: str | None) -> None:
        """Show a line of the caller's own for a while."""
        with self._lock:
            self._known.note, self._known.noted_at = words, self._now()

    def trouble(self, words: str | None) -> None:
        """Say why nothing is told; None: it is again."""
        with self._lock:
            if words and not self._known.trouble:
                for source in self._known.sources.values():
                    source.forget_events()
            self._known.trouble = words

    def picture(self, in_view: Key | None = None) -> BoardPicture:
        """Copy what is known now."""
        with self._lock:
            now, wall, known = self._now(), self._wall(), self._known
            keys = self._fixed_order or sorted(known.sources)
            keys = [key for key in keys if key in known.sources]
            pictures = (
                known.sources[key].picture(
                    now, wall, node_online=known.nodes.get(key[0]), in_view=key == in_view
                )
                for key in keys
            )
            note = known.note if now - known.noted_at < NOTE_SECONDS else None
            return BoardPicture(
                tuple(keys), tuple(pictures), self._nodes(), tuple(known.happenings), note, known.trouble,
                wall,
            )  # fmt: skip

    def _nodes(self) -> tuple[NodePicture, ...]:
        counts = dict.fromkeys(self._known.nodes, 0)
        for node, _ in self._known.sources:
            counts[node] = counts.get(node, 0) + 1
        return tuple(NodePicture(node, self._known.nodes.get(node), counts[node]) for node in sorted(counts))

    def _take(self, payload: Payload, *, fresh: bool) -> None:
        key = (text(payload.get("node")) or "", text(payload.get("source")) or "")
        try:
            if payload.get("type") == "live":
                self._take_live(key, payload)
                return
            told = read(payload)
        except (UnreadableError, TypeError):
            return
        believed = isinstance(told.message, State)  # the last events of a source come after its removal
        source = self._source(key) if believed else self._known.sources.get(key)
        if source:
            source.take(told, self._now(), self._wall(), fresh=fresh)
        elif self._fixed_order is not None:
            return
        if found := happening(told, key[0], source.shown_as if source else key[1]):
            self._known.happenings.append(found)

    def _take_live(self, key: Key, payload: Payload) -> None:
        heard, source = read_live(payload), self._source(key)
        if source is None:
            return
        if heard.level is not None:
            source.meter(heard.level, heard.bands, self._now())
        if isinstance(state := payload.get("state"), dict):
            source.take(read(state), self._now(), self._wall(), fresh=False)

    def _source(self, key: Key) -> ToldSource | None:
        """Return a source, made if it is new; None: it is not one of ours, or one too many."""
        sources = self._known.sources
        if key not in sources:
            if len(sources) >= MOST_SOURCES or (self._fixed_order is not None and key not in self._names):
                return None
            sources[key] = ToldSource(
                *key, self._names.get(key, key[1]),
                stale_seconds=self._stale_seconds, now=self._now(), watched=self._watched,
            )  # fmt: skip
            self._known.nodes.setdefault(key[0], None)
        return sources[key]
