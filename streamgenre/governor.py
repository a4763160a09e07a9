"""What is done when analysis cannot keep up: fewer decisions first, then no more old audio."""

from __future__ import annotations

from streamgenre.settings import GovernorSettings


class LoadGovernor:
    """Watches the audio that waits to be analysed, and says which hop to keep and what to skip.

    It doubles the hop while audio piles up; far behind, it takes the longest at once and what waits is
    skipped down to a remnant. It goes back a step after a calm stretch, which grows each time that was too
    early. A burst that is worked off at once is no overload. Times are seconds of one steady clock.
    """

    def __init__(self, wanted_hop_seconds: float, settings: GovernorSettings | None = None) -> None:
        self._settings = settings or GovernorSettings()
        self._wanted_seconds = wanted_hop_seconds
        self._steps = 0
        self._skipping = False
        self._late_since: float | None = None
        self._calm_since: float | None = None
        self._calm_needed_seconds = self._settings.calm_seconds
        self._eased_at: float | None = None

    @property
    def hop_seconds(self) -> float:
        """The hop to keep, from the wanted one up to the longest."""
        return min(self._wanted_seconds * 2**self._steps, self._longest_seconds)

    @property
    def overloaded(self) -> bool:
        """Whether less is done than was asked for."""
        return self._steps > 0 or self._skipping

    @property
    def skipping(self) -> bool:
        """Whether what comes next is to be skipped."""
        return self._skipping

    def want(self, hop_seconds: float) -> None:
        """Take another wanted hop; what was learnt of the load is forgotten."""
        self.__init__(hop_seconds, self._settings)

    def note(self, now: float, backlog_seconds: float) -> None:
        """Take how much audio waits now."""
        if self._skipping:
            self._skipping = backlog_seconds > self._settings.remnant_seconds
            return
        late = backlog_seconds > self._settings.late_seconds
        self._late_since = (self._late_since if self._late_since is not None else now) if late else None
        calm = backlog_seconds <= self._settings.remnant_seconds
        self._calm_since = (self._calm_since if self._calm_since is not None else now) if calm else None
        if self._late_since is not None and now - self._late_since >= self._settings.patience_seconds:
            self._do_less(now, backlog_seconds)
        elif self._calm_since is not None and now - self._calm_since >= self._calm_needed_seconds:
            self._do_more(now)

    @property
    def _longest_seconds(self) -> float:
        return max(self._wanted_seconds, self._settings.longest_hop_seconds)

    def _do_less(self, now: float, backlog_seconds: float) -> None:
        if self._eased_at is not None and now - self._eased_at < 2 * self._calm_needed_seconds:
            doubled = 2 * self._calm_needed_seconds
            self._calm_needed_seconds = min(doubled, self._settings.longest_calm_seconds)
        self._eased_at = None
        self._late_since = now
        far = backlog_seconds > self._settings.most_behind_seconds
        self._skipping = far
        while self.hop_seconds < self._longest_seconds:
            self._steps += 1
            if not far:
                break

    def _do_more(self, now: float) -> None:
        self._calm_since = now
        if self._steps:
            self._steps -= 1
            self._eased_at = now
        elif self._eased_at is not None and now - self._eased_at >= 2 * self._calm_needed_seconds:
            self._calm_needed_seconds, self._eased_at = self._settings.calm_seconds, None
