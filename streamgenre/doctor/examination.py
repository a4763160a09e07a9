"""What is looked at, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streamgenre.doctor.as_service import borrow_credentials
from streamgenre.doctor.check import Check, Part, examined
from streamgenre.doctor.configuration import read_configuration
from streamgenre.doctor.machine import machine_parts
from streamgenre.doctor.publishing import broker_part, storage_parts
from streamgenre.doctor.running import Running, ask_running
from streamgenre.doctor.sound import sound_parts
from streamgenre.doctor.sources import source_parts
from streamgenre.doctor.units import check_units
from streamgenre.settings import MqttSettings, Settings

SOURCES_AT_ONCE = 16
USUAL_MODEL = "genre"


def examine(
    model: str | None = None, *, config: Path | None = None, mqtt: MqttSettings | None = None
) -> Iterator[Check]:
    """Look at everything, giving each finding as it is made; nothing is changed or recorded.

    `model`: instead of those of the configuration; `config`: instead of the file `run` would take;
    `mqtt`: instead of the configuration's broker.
    """
    borrow_credentials()
    yield from examined(machine_parts())
    given: list[Settings] = []
    yield from examined([Part("config", lambda: read_configuration(config, given))])
    settings = given[0] if given else None
    yield from examined(sound_parts(_models(model, settings)))
    yield from examined(storage_parts(settings))
    if (broker := mqtt or (settings and settings.mqtt)) is not None:
        yield from examined([broker_part(broker, settings)])
    running = Running()
    yield from examined(
        [Part("health", lambda: ask_running(settings, running)), Part("systemd", check_units)]
    )
    if settings:
        yield from examined(source_parts(settings.sources, running), SOURCES_AT_ONCE)


def _models(model: str | None, settings: Settings | None) -> list[str]:
    if model is not None:
        return [model]
    used = dict.fromkeys(source.model for source in settings.sources) if settings else {}
    return list(used) or [USUAL_MODEL]
