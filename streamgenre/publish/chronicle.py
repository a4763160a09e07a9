"""All sources as they are told; in a fleet, by one group after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from streamgenre.messages import SourceChange, Stamped
from streamgenre.publish.backlog import Told
from streamgenre.publish.narrator import Narrator
from streamgenre.publish.offers import Offer
from streamgenre.publish.payload import Payload, is_event

GRANT = "grant"
"""Under this key it is remembered, with the events, who speaks for a source, and how far it was heard."""
GONE = "its group is gone"

Recall = Callable[[str, str], Any]


class Chronicle:
    """Takes every offer once, in order; of a source, no epoch comes before an earlier one has gone.

    A stretch that was open when this process ended is not closed where its epoch goes on: the group never
    ended it. It is closed by the group's own segment, by a later epoch, or where the source is severed.
    """

    def __init__(self, node: str, recall: Recall) -> None:
        """`recall` returns what was remembered of a source under a key."""
        self._node = node
        self._recall = recall
        self._narrators: dict[str, Narrator] = {}
        self._unfinished: dict[str, Payload] = {}
        self._opened: set[str] = set()
        self._met: set[str] = set()
        """Sources of which anything was told since this process began."""

    def resume(self, unfinished: Mapping[str, Payload]) -> None:
        """Take what was stored as open, by source, before anything of these sources is told."""
        self._unfinished.update(unfinished)

    def unfinished(self) -> dict[str, int]:
        """Return the sources of which nothing was heard since they were left open, with their epochs."""
        return {source: stored["epoch"] for source, stored in self._unfinished.copy().items()}

    def tell(self, offer: Offer) -> Told:
        """Return what is to be told now, all numbers still open."""
        before = self._narrators.get(offer.source) or self._resumed(offer.source)
        goes_on = before is not None and before.epoch == offer.epoch
        narrator = before if before and goes_on else Narrator(self._node, offer.source, offer.epoch)
        if offer.severs:
            self._narrators.pop(offer.source, None)
            closing = [] if goes_on else _close(before, offer)[:-1]
            events = [*closing, *narrator.severed(offer.stamped)]
            return Told(offer.source, events, None, grant(offer, void=True))
        if goes_on:
            return self._told(narrator, offer, [])
        self._narrators[offer.source] = narrator
        told = self._told(narrator, offer, _close(before, offer))
        return replace(told, remembered=told.remembered or grant(offer))

    def open_segments(self, *, of_all: bool) -> dict[str, Payload | None]:
        """Return what is open: of all sources, or of those where that is news since this was last asked."""
        sources = self._narrators.keys() if of_all else self._opened & self._narrators.keys()
        found = {source: self._narrators[source].so_far() for source in sources}
        self._opened.clear()
        return found

    def _told(self, narrator: Narrator, offer: Offer, closing: list[Payload]) -> Told:
        payload = narrator.tell(offer)
        if narrator.just_opened:
            self._opened.add(offer.source)
        if not is_event(offer.stamped.message):
            return Told(offer.source, closing, payload)
        remembered = grant(offer, **({} if offer.epoch is None else narrator.standing))
        return Told(offer.source, [*closing, payload], None, remembered)

    def _resumed(self, source: str) -> Narrator | None:
        """Return who spoke for the source when another process ended, and may go on; None: nobody did."""
        if source in self._met:
            return None
        self._met.add(source)
        standing, stored = self._recall(source, GRANT), self._unfinished.pop(source, None)
        if standing is None or standing["void"]:
            return None
        narrator = self._narrators[source] = Narrator(self._node, source, standing["epoch"])
        narrator.resume(stored, standing)
        return narrator


def _close(before: Narrator | None, offer: Offer) -> list[Payload]:
    """Return what ends an epoch that another one follows without a word."""
    if before is None or not before.leaves_open:
        return []
    return before.severed(Stamped(SourceChange(0.0, "reconnecting", GONE), offer.stamped.time, None))


def grant(offer: Offer, *, void: bool = False, **standing: Any) -> dict[tuple[str, str], Any]:  # noqa: ANN401  # any JSON
    """Return what is to be remembered with an offer; nothing outside a fleet."""
    if offer.epoch is None:
        return {}
    value = {"epoch": offer.epoch, "number": offer.number, "void": void, **standing}
    return {(offer.source, GRANT): value}
