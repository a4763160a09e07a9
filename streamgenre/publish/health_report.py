"""The two facts of health, as the publishers are told them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """One configured source."""

    id: str
    enabled: bool
    """Whether it is to be followed."""
    trouble: str | None
    """Why samples do not come or decisions are not made of them; None: it is alive."""

    @property
    def alive(self) -> bool:
        return self.enabled and self.trouble is None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The node at one instant."""

    engine_trouble: str | None
    """Why the loop does not turn; None: it does."""
    sources: tuple[SourceHealth, ...]

    @property
    def ready(self) -> bool:
        """Whether the engine is alive, and at least one enabled source."""
        return self.engine_trouble is None and any(source.alive for source in self.sources)
