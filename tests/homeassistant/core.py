"""A real Home Assistant core with only its MQTT integration; needs requirements/homeassistant.txt.

Run as a program: CONFIGURATION_FOLDER PORT USER PASSWORD; it takes one JSON request a line on stdin and
gives one JSON answer a line on stdout. It imports nothing of ours: the tests run in another environment.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

from homeassistant import auth, bootstrap, config_entries, const, core, loader
from homeassistant.components.mqtt.schemas import DEVICE_DISCOVERY_SCHEMA
from homeassistant.helpers import device_registry, entity_registry
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

SHARED = ("device", "origin", "qos")
ACTIONS = ("light.turn_on", "scene.turn_on", "notify.notify")
"""What automations call here, where no lights are."""


class Complaints(logging.Handler):
    """Every warning and error of the MQTT integration and of the entities."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}")


class Core:
    """Answers requests about the core."""

    def __init__(self, hass: core.HomeAssistant, complaints: Complaints) -> None:
        self._hass = hass
        self._complaints = complaints
        self._fired: list[dict[str, Any]] = []
        self._called: list[dict[str, Any]] = []
        hass.bus.async_listen(const.EVENT_STATE_CHANGED, self._changed)

    async def answer(self, request: dict[str, Any]) -> Any:
        return await getattr(self, request.pop("do"))(**request)

    async def states(self) -> dict[str, dict[str, Any]]:
        return {
            state.entity_id: {"state": state.state, "attributes": dict(state.attributes)}
            for state in self._hass.states.async_all()
        }

    async def entities(self) -> dict[str, dict[str, Any]]:
        registry = entity_registry.async_get(self._hass)
        return {
            one.unique_id: {"entity_id": one.entity_id, "category": one.entity_category}
            for one in registry.entities.values()
        }

    async def devices(self) -> dict[str, dict[str, Any]]:
        registry = device_registry.async_get(self._hass)
        return {
            identifier: {
                "name": device.name,
                "model": device.model,
                "sw_version": device.sw_version,
                "via": [name for _, name in registry.devices[device.via_device_id].identifiers]
                if device.via_device_id
                else [],
            }
            for device in registry.devices.values()
            for _, identifier in device.identifiers
        }

    async def call(self, service: str, entity: str) -> None:
        domain, name = service.split(".")
        await self._hass.services.async_call(domain, name, {"entity_id": entity}, blocking=True)

    async def automate(self, text: str) -> str | None:
        """Take automations as people write them; None: all of them are on."""
        for action in ACTIONS:
            self._hass.services.async_register(*action.split("."), self._note_call)
        written = parse_yaml(text)
        await async_setup_component(self._hass, "automation", written)
        await self._hass.async_block_till_done()
        taken = self._hass.states.async_all("automation")
        wrong = [one.entity_id for one in taken if one.state != "on"]
        meant = sum(map(len, written.values()))
        return None if len(taken) == meant and not wrong else f"{wrong} of {taken}"

    async def called(self) -> list[dict[str, Any]]:
        return self._called

    async def fired(self) -> list[dict[str, Any]]:
        return self._fired

    async def complaints(self) -> list[str]:
        return self._complaints.lines

    async def validate(self, payload: dict[str, Any], platform: str | None) -> str | None:
        """Check a discovery payload: with a platform that of one entity, else that of a device."""
        try:
            if platform:
                _validate_entity(platform, payload)
            else:
                _validate_device(payload)
        except Exception as error:  # noqa: BLE001  # whatever a schema makes of it is the answer
            return f"{type(error).__name__}: {error}"
        return None

    @core.callback
    def _note_call(self, call: core.ServiceCall) -> None:
        self._called.append({"service": f"{call.domain}.{call.service}", "data": dict(call.data)})

    @core.callback
    def _changed(self, event: core.Event) -> None:
        before, after = event.data["old_state"], event.data["new_state"]
        if after and after.domain == "event" and before and before.state != after.state:
            self._fired.append({"state": after.state, "attributes": dict(after.attributes)})


def _validate_device(payload: dict[str, Any]) -> None:
    DEVICE_DISCOVERY_SCHEMA(payload)
    shared = {key: payload[key] for key in SHARED}
    for entity in payload["components"].values():
        own = {key: value for key, value in entity.items() if key != "platform"}
        _validate_entity(entity["platform"], own | shared)


def _validate_entity(platform: str, payload: dict[str, Any]) -> None:
    """By the schema of configuration files, which takes no unknown keys where discovery drops them."""
    module = importlib.import_module(f"homeassistant.components.mqtt.{platform}")
    module.DISCOVERY_SCHEMA(dict(payload))
    module.PLATFORM_SCHEMA_MODERN(dict(payload))


async def start(folder: Path, port: int, user: str, password: str) -> core.HomeAssistant:
    (folder / "configuration.yaml").touch()
    hass = core.HomeAssistant(str(folder))
    loader.async_setup(hass)
    hass.config.skip_pip = True
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    hass.auth = await auth.auth_manager_from_config(hass, [{"type": "homeassistant"}], [])
    entry = config_entries.ConfigEntry(
        version=1,
        minor_version=2,
        domain="mqtt",
        title="broker",
        data={"broker": "127.0.0.1", "port": port, "username": user, "password": password},
        options={"discovery": True},
        source="user",
        unique_id=None,
        entry_id="broker",
        discovery_keys=MappingProxyType({}),
        subentries_data=(),
    )
    if hass.config_entries.async_get_entry(entry.entry_id):
        await hass.config_entries.async_setup(entry.entry_id)
    else:
        await hass.config_entries.async_add(entry)
    await hass.async_block_till_done()
    await hass.async_start()
    return hass


def tell(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer, default=str) + "\n")
    sys.stdout.flush()


async def main() -> None:
    folder, port, user, password = sys.argv[1:]
    complaints = Complaints()
    logging.getLogger("homeassistant").addHandler(complaints)
    hass = await start(Path(folder), int(port), user, password)
    serving = Core(hass, complaints)
    tell({"version": const.__version__})
    while line := await asyncio.to_thread(sys.stdin.readline):
        tell(await serving.answer(json.loads(line)))
    await hass.async_stop(force=True)


asyncio.run(main())
