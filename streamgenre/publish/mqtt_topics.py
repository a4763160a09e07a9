"""The topics of one node."""

from __future__ import annotations

from dataclasses import dataclass

HOME_ASSISTANT_STATUS = "homeassistant/status"


@dataclass(frozen=True, slots=True)
class Topics:
    """Of the contract, §4."""

    prefix: str
    node: str

    @property
    def status(self) -> str:
        """Retained: online or offline, and the will."""
        return f"{self.prefix}/{self.node}/status"

    @property
    def diagnostics(self) -> str:
        """Retained: the accounts of all sources."""
        return f"{self.prefix}/{self.node}/diagnostics"

    @property
    def fleet(self) -> str:
        """Retained: how a fleet is, where the node is one."""
        return f"{self.prefix}/{self.node}/fleet"

    def of(self, source: str, leaf: str) -> str:
        """Return a source's topic: state, event, availability, live, set or result; + for every source."""
        return f"{self.prefix}/{self.node}/{source}/{leaf}"

    def parse(self, topic: str) -> tuple[str, str] | None:
        """Return source and leaf of a topic of this node; None: it is another's."""
        own = f"{self.prefix}/{self.node}/"
        source, slash, leaf = topic.removeprefix(own).partition("/")
        return (source, leaf) if topic.startswith(own) and slash and "/" not in leaf else None
