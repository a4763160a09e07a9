"""Real sound servers that crash, freeze, lose a sink: what a session says, and how it hears again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.followed import Followed, balanced, following
from tests.support.pipewire import running_pipewire
from tests.support.probe import Probe
from tests.support.pulseaudio import running_pulseaudio
from tests.support.sound_server import SINK, SoundServer, two_tones

pytestmark = pytest.mark.system


SERVERS = {"pipewire": running_pipewire, "pulseaudio": running_pulseaudio}


@pytest.fixture
def sound(tmp_path) -> Path:
    return two_tones(tmp_path)


@pytest.fixture
def server(request, sound) -> Iterator[SoundServer]:
    with SERVERS[request.param]() as running:
        running.play(sound)
        yield running


@pytest.fixture
def text(request, server) -> str:
    """A SOURCE that hears the sink, through parec or through PortAudio."""
    if request.param == "monitor":
        return "monitor"
    listed = Probe(server, "devices").report()["identities"]
    known = {"mic:venue_monitor", "mic:pipewire"} & set(listed)
    if not known:
        pytest.skip("PortAudio or ALSA's plug-in for this server is not installed")
    return known.pop()


def on(*pairs: str, slowly: str = "") -> pytest.MarkDecorator:
    """Run on these pairs of server and way, and on more in the full run."""
    return pytest.mark.parametrize(
        ("server", "text"),
        [pytest.param(*pair.split("-"), id=pair) for pair in pairs]
        + [pytest.param(*pair.split("-"), id=pair, marks=pytest.mark.slow) for pair in slowly.split()],
        indirect=True,
    )


def assert_heard_again(followed: Followed, states: list[str]) -> None:
    followed.wait_for_state("online")
    followed.wait_until_heard()
    end = followed.end()
    assert followed.states == [*states, "ended"]
    assert balanced(end["accounts"])
    assert end["accounts"]["lost"] == 0
    assert followed.process.returncode == 0


@on("pipewire-mic", "pulseaudio-monitor", slowly="pipewire-monitor pulseaudio-mic")
def test_a_server_that_crashes_is_noticed_and_the_next_one_heard(server, text, sound):
    with following(text, server.environment) as followed:
        followed.wait_until_heard()
        server.kill_all()
        followed.wait_for_state("reconnecting")
        server.start_all()
        server.play(sound)
        assert_heard_again(followed, ["online", "reconnecting", "online"])


@on("pipewire-mic", slowly="pipewire-monitor pulseaudio-mic pulseaudio-monitor")
def test_a_server_that_freezes_is_noticed_and_heard_when_it_goes_on(server, text):
    with following(text, server.environment) as followed:
        followed.wait_until_heard()
        server.freeze()
        followed.wait_for_state("stalled")
        followed.wait_for_state("reconnecting")
        server.thaw()
        assert_heard_again(followed, ["online", "stalled", "reconnecting", "online"])


@pytest.mark.slow
@on("pipewire-mic", "pipewire-monitor", "pulseaudio-mic", "pulseaudio-monitor")
def test_a_server_that_freezes_and_is_then_replaced_does_not_hold_us(server, text, sound):
    with following(text, server.environment) as followed:
        followed.wait_until_heard()
        server.freeze()
        followed.wait_for_state("reconnecting")
        server.kill_all()
        server.start_all()
        server.play(sound)
        assert_heard_again(followed, ["online", "stalled", "reconnecting", "online"])


@pytest.mark.parametrize(
    "server", ["pulseaudio", pytest.param("pipewire", marks=pytest.mark.slow)], indirect=True
)
def test_a_sink_that_goes_and_comes_back_is_heard_again(server, sound):
    module = server.add_sink("stage")
    server.play(sound, "stage")
    with following("monitor:stage", server.environment) as followed:
        followed.wait_until_heard()
        server.ask("unload-module", module)
        followed.wait_for_state("reconnecting")
        assert followed.reasons[0].startswith("monitor of stage: ")
        followed.wait_until(lambda: "no_signal" in [line.get("status") for line in followed.lines])
        server.add_sink("stage")
        server.play(sound, "stage")
        assert_heard_again(followed, ["online", "reconnecting", "online"])


@pytest.mark.parametrize(
    "server", ["pipewire", pytest.param("pulseaudio", marks=pytest.mark.slow)], indirect=True
)
def test_the_default_monitor_goes_where_the_sound_goes(server, sound):
    server.add_sink("stage")
    with following("monitor", server.environment) as followed:
        followed.wait_until_heard()
        server.play(sound, "stage")
        server.make_default("stage")
        followed.wait_for_state("reconnecting")
        assert followed.reasons == [f"monitor of {SINK}: the default sink is now stage"]
        assert_heard_again(followed, ["online", "reconnecting", "online"])


@on("pulseaudio-mic", slowly="pipewire-mic pulseaudio-monitor pipewire-monitor")
def test_a_server_that_starts_after_us_is_found(server, text, sound):
    server.kill_all()
    probe = Probe(server, "late", text)
    probe.wait_for("listed")
    server.start_all()
    server.play(sound)
    report = probe.report()
    assert report["error"] is None
    assert report["loudest_hz"] == pytest.approx(997, abs=3)
