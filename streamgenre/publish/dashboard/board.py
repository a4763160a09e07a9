"""What is known of every node and source; told by any thread, looked at by another."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from streamgenre.messages import Float32, Level, State
from streamgenre.publish.dashboard.board_picture import BoardPicture, Key, Near, NodePicture, wanted
from streamgenre.publish.dashboard.happenings import Happening, happening
from streamgenre.publish.dashboard.reading import Told, UnreadableError, read, read_live, text, time_of
from streamgenre.publish.dashboard.told_fleet import ToldFleet
from streamgenre.publish.dashboard.told_node import ToldNode
from streamgenre.publish.dashboard.told_source import ToldSource
from streamgenre.publish.payload import Payload

MOST_SOURCES = 2000
MOST_LEFT_OUT = 100_000
"""Counted; what strangers write must not fill the memory."""
HAPPENINGS_KEPT = 200
NOTE_SECONDS = 30.0
"""A note is shown for so long."""


@dataclass(slots=True)
class _Known:
    sources: dict[Key, ToldSource] = field(default_factory=dict[Key, ToldSource])
    left_out: set[Key] = field(default_factory=set[Key])
    nodes: dict[str, ToldNode] = field(default_factory=dict[str, ToldNode])
    happenings: deque[Happening] = field(default_factory=lambda: deque[Happening](maxlen=HAPPENINGS_KEPT))
    urgent: dict[Key, Happening] = field(default_factory=dict[Key, Happening])
    note: str | None = None
    noted_at: float = 0.0
    trouble: str | None = None
    awaited: str | None = None


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
        self._sorted: list[Key] | None = None

    def name_sources(self, names: Mapping[Key, str]) -> None:
        """These are all sources there are, in this order and by these names."""
        with self._lock:
            self._names, self._fixed_order = dict(names), list(names)
            self._sorted = None
            self._known.sources = {key: source for key, source in self._known.sources.items() if key in names}
            for key, name in names.items():
                if source := self._source(key):
                    source.shown_as = name

    def tell(self, payload: Payload, *, fresh: bool = True) -> None:
        """Take a payload of any kind; one that the broker kept is not fresh."""
        node, source = text(payload.get("node")), text(payload.get("source"))
        with self._lock:
            if payload.get("type") == "fleet" and node and not source:
                self._take_fleet(node, payload, fresh=fresh)
            elif payload.get("type") == "diagnostics" and node and not source:
                self._account(node, payload, fresh=fresh)
                accounts = payload.get("sources")
                for account in accounts if isinstance(accounts, list) else []:
                    if isinstance(account, dict) and text(account.get("source")):
                        self._take({**account, "node": node}, fresh=fresh)
            elif node and source:
                self._take(payload, fresh=fresh)

    def node_is(self, node: str, *, online: bool | None) -> None:
        """Take whether a node is there; None: it is forgotten."""
        with self._lock:
            nodes = self._known.nodes
            before = nodes[node].online if node in nodes else None
            if online is None:
                nodes.pop(node, None)
            elif node in nodes or len(nodes) < MOST_SOURCES:
                nodes.setdefault(node, ToldNode()).online = online
            if before is not None and online is not None and before != online:
                words = "node online" if online else "node offline"
                self._known.happenings.append(Happening(self._wall(), node, "", words, urgent=not online))

    def source_is(self, key: Key, *, available: bool) -> None:
        """Take whether a node hears its source."""
        with self._lock:
            if source := self._source(key):
                source.available(online=available)

    def forget_fleet(self, node: str) -> None:
        """What was told of a fleet was taken back."""
        with self._lock:
            self._node(node).fleet = None

    def forget(self, key: Key) -> None:
        """A source has left the configuration of its node."""
        with self._lock:
            self._known.sources.pop(key, None)
            self._sorted = None
            self._known.urgent.pop(key, None)
            self._known.left_out.discard(key)

    def meter(self, key: Key, level: Level, bands: Float32 | None) -> None:
        """Take how a source sounds now; `bands` is (bands,) or (rows, bands) float32."""
        with self._lock:
            if source := self._source(key):
                source.meter(level, bands, self._now())

    def note(self, words: str | None) -> None:
        """Show a line of the caller's own for a while."""
        with self._lock:
            self._known.note, self._known.noted_at = words, self._now()

    def awaiting(self, words: str | None) -> None:
        """Say what goes on while there is no source yet; None: that none was told of."""
        with self._lock:
            self._known.awaited = words

    def trouble(self, words: str | None) -> None:
        """Say why nothing is told; None: it is again."""
        with self._lock:
            if words and not self._known.trouble:
                for source in self._known.sources.values():
                    source.forget_events()
            self._known.trouble = words

    def picture(self, in_view: Key | None = None, near: Near | None = None) -> BoardPicture:
        """Copy what is known now; `near`: whole pictures are wanted only of so many sources around one."""
        with self._lock:
            now, wall, known = self._now(), self._wall(), self._known
            keys = [key for key in self._order() if key in known.sources]
            outlines = [known.sources[key].outline(now, wall, self._node(key[0])) for key in keys]
            shown = wanted(keys, near)
            pictures = (
                known.sources[key].picture(now, wall, self._node(key[0]), in_view=key == in_view)
                for key in keys[shown]
            )
            note = known.note if now - known.noted_at < NOTE_SECONDS else None
            return BoardPicture(
                tuple(keys), tuple(outlines), tuple(pictures), self._nodes(now, wall),
                tuple(known.happenings), note, known.trouble,
                wall, known.awaited, len(known.left_out), dict(known.urgent), shown.start,
            )  # fmt: skip

    def _order(self) -> list[Key]:
        """Sources come and go seldom: they are sorted then."""
        if self._sorted is None:
            self._sorted = sorted(self._known.sources)
        return self._fixed_order or self._sorted

    def _nodes(self, now: float, wall: float) -> tuple[NodePicture, ...]:
        counts = Counter(node for node, _ in self._known.sources)
        counts.update(dict.fromkeys(self._known.nodes, 0))
        return tuple(self._node_picture(name, counts[name], now, wall) for name in sorted(counts))

    def _node_picture(self, name: str, sources: int, now: float, wall: float) -> NodePicture:
        node = self._node(name)
        fleet = node.fleet and node.fleet.picture(now, wall + (node.ahead_seconds or 0.0), online=node.online)
        return NodePicture(name, node.online, sources, node.ahead_seconds, fleet)

    def _node(self, name: str) -> ToldNode:
        """Return what is known of it; of one that was forgotten, nothing."""
        return self._known.nodes.get(name) or ToldNode()

    def _account(self, name: str, payload: Payload, *, fresh: bool) -> None:
        """Take what a node tells of itself."""
        if (node := self._known.nodes.get(name)) is not None:
            made_at = time_of(payload)
            late = 0.0 if fresh or made_at is None else self._wall() + (node.ahead_seconds or 0.0) - made_at
            node.tell(payload, self._now(), max(0.0, late))

    def _take_fleet(self, name: str, payload: Payload, *, fresh: bool) -> None:
        nodes, wall = self._known.nodes, self._wall()
        if name not in nodes and len(nodes) >= MOST_SOURCES:
            return
        node = nodes.setdefault(name, ToldNode())
        node.fleet = node.fleet or ToldFleet()
        made_at = time_of(payload)
        if made_at is not None and not fresh:
            node.kept(made_at, wall)
        elif made_at is not None and node.fleet.is_news(made_at):
            node.clock_read(made_at, wall)
        node.fleet.tell(payload, self._now(), wall + (node.ahead_seconds or 0.0), fresh=fresh)

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
            self._read_clock(key[0], source, told, fresh=fresh)
            source.take(told, self._now(), fresh=fresh)
        elif self._fixed_order is not None:
            return
        if found := happening(told, key[0], source.shown_as if source else key[1]):
            self._known.happenings.append(found)
            if found.urgent and source:
                self._known.urgent[key] = found

    def _take_live(self, key: Key, payload: Payload) -> None:
        heard, source = read_live(payload), self._source(key)
        if source is None:
            return
        if heard.level is not None:
            source.meter(heard.level, heard.bands, self._now())
        if isinstance(state := payload.get("state"), dict):
            told = read(state)
            self._read_clock(key[0], source, told, fresh=False)
            source.take(told, self._now(), fresh=False)

    def _read_clock(self, name: str, source: ToldSource, told: Told, *, fresh: bool) -> None:
        node = self._known.nodes.get(name)
        if node is None:
            return
        back = source.sets_back(told)
        if back:
            node.clock_set_back()
        if not fresh:
            node.kept(told.time_seconds, self._wall())
        elif back or source.tells_time(told):
            node.clock_read(told.time_seconds, self._wall())

    def _source(self, key: Key) -> ToldSource | None:
        """Return a source, made if it is new; None: it is not one of ours, or one too many."""
        sources = self._known.sources
        if key not in sources:
            if self._fixed_order is not None and key not in self._names:
                return None
            if len(sources) >= MOST_SOURCES:
                if len(self._known.left_out) < MOST_LEFT_OUT:
                    self._known.left_out.add(key)
                return None
            self._sorted = None
            sources[key] = ToldSource(
                *key, self._names.get(key, key[1]),
                stale_seconds=self._stale_seconds, now=self._now(), watched=self._watched,
            )  # fmt: skip
            self._known.nodes.setdefault(key[0], ToldNode())
        return sources[key]
