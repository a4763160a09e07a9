"""The account of every sample of one source: captured = analysed + skipped + lost + pending."""

from __future__ import annotations

from streamgenre.messages import SampleAccounts


class SampleLedger:
    """Counts at the source's rate. Windows are booked in the order of their ends."""

    def __init__(self) -> None:
        self._captured = 0
        self._analysed = 0
        self._skipped: dict[str, int] = {}
        self._lost = 0
        self._not_finite = 0
        self._settled_to = 0
        self._origin = 0
        self._filling = True

    @property
    def lost(self) -> int:
        """Samples received and dropped before they could be heard."""
        return self._lost

    def capture(self, samples: int, not_finite: int) -> None:
        """Book samples that arrived, and how many of their values were no numbers."""
        self._captured += samples
        self._not_finite += not_finite

    def lose(self, samples: int) -> None:
        """Book samples that were received and dropped; what came before them must be settled."""
        self._captured += samples
        self._lost += samples
        self._settled_to = self._captured

    def skip(self, samples: int, reason: str) -> None:
        """Book samples that were received and will not be heard; what came before them must be settled."""
        self._captured += samples
        self._skip(samples, reason)

    def analyse(self, first_sample: int, end_sample: int) -> None:
        """Book the span of a decided window; what it leaves out behind the last one is skipped.

        What came before the first window of all, or the first after a gap, was only waited for: `filling`.
        """
        first_sample, end_sample = first_sample - self._origin, end_sample - self._origin
        if first_sample > self._settled_to:
            reason = "filling" if self._filling else "hop longer than window"
            self._skip(first_sample - self._settled_to, reason)
        self._filling = False
        if end_sample > self._settled_to:
            self._analysed += end_sample - max(first_sample, self._settled_to)
            self._settled_to = end_sample

    def renumber(self, next_sample: int) -> None:
        """Go on at another absolute index, as when the rate has changed; nothing may be pending."""
        self._origin = next_sample - self._captured

    def skip_pending(self, reason: str) -> None:
        """Book all that is pending as skipped, before a gap or the end."""
        self._filling = True
        self._skip(self._captured - self._settled_to, reason)

    def accounts(self) -> SampleAccounts:
        """Return the accounts now."""
        return SampleAccounts(
            captured=self._captured,
            analysed=self._analysed,
            skipped=dict(sorted(self._skipped.items())),
            lost=self._lost,
            pending=self._captured - self._settled_to,
            not_finite=self._not_finite,
        )

    def _skip(self, samples: int, reason: str) -> None:
        if samples:
            self._skipped[reason] = self._skipped.get(reason, 0) + samples
            self._settled_to += samples
