"""The Ray actor around a group."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from streamgenre.errors import StreamgenreError
from streamgenre.fleet.crossing import GroupIdentity, GroupReport, Orders, Parcel, Receipt
from streamgenre.fleet.ray_names import PUBLISHER, SUPERVISOR, Line
from streamgenre.publish.commands import Command
from streamgenre.settings import SourceSettings

REPORT_SECONDS = 1.5
HAND_SECONDS = 5.0
ASK_SECONDS = 2.0

log = logging.getLogger(__name__)


class _Superior:
    """The supervisor, by way of Ray."""

    def __init__(self) -> None:
        self._line = Line(SUPERVISOR)

    def report(self, report: GroupReport) -> Orders:
        return self._line.ask("report", report, seconds=REPORT_SECONDS)


class _Publisher:
    """The publisher, by way of Ray."""

    def __init__(self) -> None:
        self._line = Line(PUBLISHER)

    def hand(self, parcel: Parcel) -> Receipt:
        return self._line.ask("hand", parcel, seconds=HAND_SECONDS)

    def switched_off(self, stations: Sequence[SourceSettings]) -> frozenset[str]:
        return self._line.ask("switched_off", tuple(stations), seconds=ASK_SECONDS)


class GroupActor:
    """Begins at once; its process is of no use once it is over."""

    def __init__(self, identity: GroupIdentity) -> None:
        # In the actor's process alone: whoever starts it needs no engine.
        from streamgenre.fleet.group import Group  # noqa: PLC0415
        from streamgenre.logs import configure_logs  # noqa: PLC0415

        configure_logs(debug=False)
        self._group = Group(identity, _Superior(), _Publisher())
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._run, name="group", daemon=True)
        self._thread.start()

    def over(self, seconds: float) -> bool:
        """Wait so long; whether it is over."""
        self._thread.join(seconds)
        if self._failure is not None:
            raise RuntimeError(self._failure)
        return not self._thread.is_alive()

    def command(self, station: str, command: Command) -> str | None:
        """Do what was asked over MQTT; return what went wrong, or None."""
        return self._group.command(station, command)

    def _run(self) -> None:
        try:
            self._group.run()
        except StreamgenreError as error:
            log.error("%s", error)  # noqa: TRY400  # it is expected
            self._failure = str(error)
        except Exception as error:
            log.exception("the group has failed")
            self._failure = f"internal error: {error!r}"
