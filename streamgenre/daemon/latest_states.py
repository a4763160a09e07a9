"""What is believed of every source now, for the line that `systemctl status` shows."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from streamgenre.publish.health_report import HealthReport
from streamgenre.publish.payload import Payload

MOST_SHOWN = 4
"""Sources; of more, only those that are not heard are named."""


class LatestStates:
    """A publisher that keeps the latest state of each source."""

    def __init__(self) -> None:
        self._states: dict[str, Payload] = {}
        self._classified = threading.Event()

    def start(self) -> None:
        """Nothing needs to be begun."""

    def publish(self, payload: Payload) -> None:
        """Take a state."""
        if payload["type"] == "state":
            self._states[payload["source"]] = payload
            if payload["top"] or payload["status"] == "silence":
                self._classified.set()

    def stop(self, timeout_seconds: float) -> None:
        """Nothing waits."""

    def forget(self, source: str) -> None:
        """What was heard under this name is no news of what is followed under it now."""
        self._states.pop(source, None)

    @property
    def classified(self) -> bool:
        """Whether any window of any source was ever classified, or found silent."""
        return self._classified.is_set()

    def line(self, names: Sequence[tuple[str, str]], health: HealthReport, lag_seconds: float) -> str:
        """Say in a line how the sources, (id, name), are."""
        if not names:
            return "no sources are configured"
        troubles = {source.id: _trouble(source.enabled, source.trouble) for source in health.sources}
        lag = f"; {lag_seconds:.1f} s behind" if lag_seconds >= 1.0 else ""
        if len(names) <= MOST_SHOWN:
            told = (f"{name}: {troubles.get(source) or self._words(source)}" for source, name in names)
            return "; ".join(told) + lag
        deaf = [f"{name} ({troubles[source]})" for source, name in names if troubles.get(source)]
        heard = f"{len(names) - len(deaf)} of {len(names)} sources heard"
        more = f", and {len(deaf) - MOST_SHOWN} more" if len(deaf) > MOST_SHOWN else ""
        return heard + (f"; not: {', '.join(deaf[:MOST_SHOWN])}{more}" if deaf else "") + lag

    def _words(self, source: str) -> str:
        state = self._states.get(source)
        if state is None:
            return "nothing heard yet"
        sure = "" if state["confidence"] is None else f" {state['confidence']:.0%}"
        if state["genre"]:
            return f"{state['genre']}{sure}"
        return state["status"].replace("_", " ") + (f" ({state['reason']})" if state.get("reason") else sure)


def _trouble(enabled: bool, trouble: str | None) -> str | None:  # noqa: FBT001  # a pair that belongs together
    return trouble if enabled else "disabled"
