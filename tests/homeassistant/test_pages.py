"""What the pages tell people to put into Home Assistant does in a real one what they say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamgenre.messages import Alarm, StatusAndGenre
from streamgenre.publish.outbox import Outbox
from tests.homeassistant.conftest import PYTHON, Core, Program, node_running
from tests.homeassistant.test_real_core import (
    JAZZ,
    MAIN,
    SILENCE,
    Told,
    change,
    no_complaints,
    silence,
    state,
)
from tests.support.doc_snippets import ROOT, snippets
from tests.support.mosquitto import Broker

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not PYTHON, reason="needs a Home Assistant of its own: make test-homeassistant"),
]
VENUE = ROOT / "docs" / "quick-start-venue.md"
INTEGRATION = ROOT / "docs" / "home-assistant.md"
ROCK = StatusAndGenre("music", "rock")
RED, ORANGE = [255, 40, 20], [255, 150, 60]


def blocks(page: Path, beginning: str) -> list[str]:
    """The YAML of a page that begins so."""
    found = [block.text for block in snippets(page) if block.language == "yaml"]
    return [text for text in found if text.startswith(beginning)]


def wait_for_entities(core: Core) -> None:
    core.wait_for(f"{MAIN}_genre", "blues")
    core.wait_for(f"{MAIN}_dead_air", "off")
    core.wait_for("streamgenre_bar_connection", "on")


def automated(core: Core, node: Program) -> Told:
    """Have the core take the automations of the venue's page while blues plays."""
    told = Told(node)
    told(state(genre="blues"))
    wait_for_entities(core)
    assert core.program.ask(do="automate", text=blocks(VENUE, "automation bar:")[0]) is None
    return told


@pytest.fixture
def venue(core: Core, mosquitto: Broker) -> Iterator[tuple[Core, Told]]:
    """A core with the automations of the venue's page, and a node that plays blues."""
    with node_running(mosquitto, "device") as node:
        yield core, automated(core, node)
    no_complaints(core)


def called(core: Core, service: str, count: int) -> list[Any]:
    """The first so many calls of a service, once they were made."""

    def made() -> list[dict[str, Any]]:
        return [one["data"] for one in core.program.ask(do="called") if one["service"] == service]

    core.wait(lambda: len(made()) >= count, lambda: f"{service} was called with {made()}")
    return made()


def colours(core: Core, count: int) -> list[Any]:
    return [call["rgb_color"] for call in called(core, "light.turn_on", count)]


def test_lights_follow_a_genre_once_it_is_stable(venue: tuple[Core, Told]):
    core, told = venue
    told(state(genre="jazz", stability="provisional"))
    core.wait_for(f"{MAIN}_genre", "jazz")
    told(state(genre="rock", stability="provisional"))
    core.wait_for(f"{MAIN}_genre", "rock")
    told(state(genre="rock"))
    assert colours(core, 1) == [RED]
    assert called(core, "light.turn_on", 1)[0]["entity_id"] == ["light.the_bar"]


def test_what_comes_late_or_is_over_moves_no_light(core: Core, mosquitto: Broker):
    """Jazz, decided while the broker was away, comes as a late change: only rock, which plays now, counts."""
    with node_running(mosquitto, "device") as node:
        told = automated(core, node)
        node.kill()
        core.wait_for(f"{MAIN}_genre", "unavailable")
    outbox = Outbox(mosquitto.folder / "events.sqlite")
    outbox.append([told.payload(change(ROCK, JAZZ))])
    outbox.close()
    with node_running(mosquitto, "device") as node:
        told = Told(node)
        told(state(genre=None, status="unknown", stability="provisional", reason="filling"))
        core.wait_for(f"{MAIN}_status", "unknown")
        told(state(genre=None, status="speech", confidence=0.9))
        core.wait_for(f"{MAIN}_status", "speech")
        time.sleep(6.0)  # longer than the page's hold, so that what would be wrong has the time to be
        told(change(SILENCE, ROCK))
        told(state(genre="rock", stability="provisional"))
        told(state(genre="rock"))
        assert colours(core, 1) == [RED]
    no_complaints(core)


def test_dead_air_is_told(venue: tuple[Core, Told]):
    core, told = venue
    told(silence())
    told(Alarm(960.5, "dead_air", active=True, since_seconds=930.5, level_dbfs=-90.0))
    told(silence())
    core.wait_for(f"{MAIN}_dead_air", "on")
    assert called(core, "notify.notify", 1)[0]["message"].startswith("The bar Dead air: on.")


def test_every_entity_of_the_card_is_there(venue: tuple[Core, Told]):
    core, _ = venue
    states = core.program.ask(do="states")
    card = blocks(VENUE, "type:")[0]
    named = {line.strip().removeprefix("- ") for line in card.splitlines() if "the_bar" in line}
    assert len(named) == 7
    assert named <= set(states)


def test_the_automations_of_the_integration_page_do_what_they_say(core: Core, mosquitto: Broker):
    lights, alert = blocks(INTEGRATION, "automation:")
    both = lights + alert.removeprefix("automation:\n")
    with node_running(mosquitto, "device") as node:
        told = Told(node)
        told(state(genre="blues"))
        wait_for_entities(core)
        core.wait_for(f"{MAIN}_change", "unknown")
        assert core.program.ask(do="automate", text=both) is None
        told(change(SILENCE, JAZZ))
        assert called(core, "scene.turn_on", 1)[0]["entity_id"] == ["scene.warm"]
        told(Alarm(960.5, "dead_air", active=True, since_seconds=930.5, level_dbfs=-90.0))
        told(silence())
        assert called(core, "notify.notify", 1)[0]["message"].startswith("The bar Dead air: on since ")
    no_complaints(core)
