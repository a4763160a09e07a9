"""The other units under a real systemd: stations only, several instances, a user's own beside PipeWire."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.audio_files import write_flac
from tests.support.systemd import Machine, booted
from tests.support.venue import PROGRAM, UNIT, Venue, open_venue, start_feeder

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(600)]

RATE_HZ = 22050
INSTANCE = """\
[node]
id = "{name}"
[[sources]]
id = "main"
source = "pcm:/srv/{name}?rate=22050&channels=1&format=s16le"
[history]
"""
STATION = """\
[node]
id = "bar"
[[sources]]
id = "radio"
source = "http://127.0.0.1:8000/tone.flac"
[history]
"""
OWN = """\
[node]
id = "bar"
[[sources]]
id = "main"
source = "monitor:venue"
[history]
"""
# What a login would start: the service manager of one user, without PAM, which a test machine may lack.
MANAGER = """\
[Service]
Type=notify
User=dj
Delegate=yes
RuntimeDirectory=user/dj
RuntimeDirectoryMode=0700
Environment=XDG_RUNTIME_DIR=/run/user/dj
ExecStart=/lib/systemd/systemd --user
"""


@pytest.fixture(scope="module")
def venue() -> Iterator[Venue]:
    with booted() as machine:
        yield open_venue(machine)


@pytest.fixture(scope="module")
def tone(tmp_path_factory) -> Path:
    seconds = np.arange(60 * RATE_HZ) / RATE_HZ
    sound = 0.3 * np.sin(2 * np.pi * 440 * seconds) * (1 + np.sin(2 * np.pi * 5 * seconds))
    return write_flac(tmp_path_factory.mktemp("sound") / "tone.flac", sound.astype(np.float32), RATE_HZ)


def copy_in(machine: Machine, file: Path, folder: str) -> None:
    inside = machine.files / folder.lstrip("/")
    inside.mkdir(exist_ok=True)
    shutil.copy(file, inside)


def test_stations_are_followed_without_devices(venue, tone):
    """Streams are decoded in processes with limits of their own; a denied system call would show here."""
    machine = venue.machine
    copy_in(machine, tone, "/srv/www")
    serve = ("-m", "http.server", "--bind=127.0.0.1", "--directory=/srv/www", "8000")
    machine.run("systemd-run", "--unit=station", sys.executable, "-I", *serve)
    drop_in = machine.run(PROGRAM, "service", "print", "--stream-only").stdout
    machine.write(f"/run/systemd/system/{UNIT}.d/stream-only.conf", drop_in)
    machine.run("systemctl", "daemon-reload")
    venue.configure(STATION)
    venue.start()
    machine.wait(lambda: "radio: " in venue.show("StatusText"), "a status line", UNIT)
    machine.wait(lambda: "bar/radio" in venue.history("--since", "1h").stdout, "the history", UNIT)
    inside = ("nsenter", f"--target={venue.show('MainPID')}", "--mount")
    assert "snd" not in machine.ask(*inside, "ls", "/dev").split()
    assert "onnxruntime" not in machine.journal(UNIT), "it complains where it may not look at the processor"
    assert "Traceback" not in machine.journal(UNIT)
    venue.stop()
    assert venue.show("ExecMainStatus") == "0"


def test_instances_run_beside_each_other_each_with_its_own_state(venue):
    machine = venue.machine
    names = ("one", "two")
    for name in names:
        machine.write(f"/etc/streamgenre/{name}.toml", INSTANCE.format(name=name))
        start_feeder(machine, name)
    machine.run("systemctl", "start", *(f"streamgenre@{name}" for name in names), seconds=300)
    for name in names:
        assert machine.show(f"streamgenre@{name}", "ActiveState") == "active"
        state = machine.files / f"var/lib/private/streamgenre-{name}"
        assert (state / "history.sqlite").exists()
        inside = ("nsenter", f"--target={machine.show(f'streamgenre@{name}', 'MainPID')}", "--mount")
        assert machine.ask(*inside, "ls", "/var/lib/private") == f"streamgenre-{name}"
    told = machine.run(PROGRAM, "service", "uninstall").stdout
    assert "/var/lib/private/streamgenre" in told
    for name in names:
        assert machine.show(f"streamgenre@{name}", "ActiveState") == "inactive"
        assert (machine.files / f"var/lib/private/streamgenre-{name}/history.sqlite").exists()
        assert (machine.files / f"etc/streamgenre/{name}.toml").exists()
    assert machine.show(UNIT, "LoadState") == "not-found"
    assert not list((machine.files / "etc/systemd/system").glob("*streamgenre*"))
    assert "No units" in machine.run(PROGRAM, "service", "uninstall").stdout
    machine.run(PROGRAM, "service", "install")


@pytest.fixture
def session(venue) -> Machine:
    """A user `dj` whose service manager runs, with a PipeWire and a sink called venue in it."""
    machine = venue.machine
    missing = [name for name in ("pipewire", "wireplumber", "pipewire-pulse") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    machine.add_user("dj")
    machine.write("/etc/systemd/system/manager.service", MANAGER)
    started = machine.run("systemctl", "start", "manager", check=False)
    assert started.returncode == 0, machine.journal("manager")
    own = (
        "systemctl",
        "--user",
        "start",
        "pipewire.service",
        "wireplumber.service",
        "pipewire-pulse.service",
    )
    assert machine.as_user("dj", *own).returncode == 0
    sink = ("pactl", "load-module", "module-null-sink", "sink_name=venue")
    machine.wait(lambda: machine.as_user("dj", *sink).returncode == 0, "a sink", "manager")
    return machine


def test_a_service_of_ones_own_hears_what_the_sound_server_plays(session, tone):
    machine = session
    copy_in(machine, tone, "/srv/music")
    installed = machine.as_user("dj", PROGRAM, "service", "install", "--user")
    assert installed.returncode == 0, installed.stderr
    assert "loginctl enable-linger dj" in installed.stdout
    (machine.files / "home/dj/.config/streamgenre/streamgenre.toml").write_text(OWN)
    player = ("systemd-run", "--user", "--unit=player", "paplay", "--device=venue", "/srv/music/tone.flac")
    assert machine.as_user("dj", *player).returncode == 0
    own = ("systemctl", "--user")
    started = machine.run(
        "runuser", "-u", "dj", "--", "env", "HOME=/home/dj", "XDG_RUNTIME_DIR=/run/user/dj",
        *own, "start", "streamgenre", cwd="/", check=False, seconds=300,
    )  # fmt: skip
    assert started.returncode == 0, machine.ask("journalctl", "--no-pager", "-n", "60")

    def hears_music() -> bool:
        return "main: " in machine.as_user("dj", *own, "show", "-pStatusText", "streamgenre").stdout

    machine.wait(hears_music, "a status line", "manager")
    machine.wait(lambda: "bar/main" in machine.as_user("dj", PROGRAM, "history", "list").stdout, "history")
    assert machine.as_user("dj", PROGRAM, "service", "uninstall", "--user").returncode == 0
    assert (machine.files / "home/dj/.local/state/streamgenre/history.sqlite").exists()


def test_who_may_not_install_is_told_how(venue):
    machine = venue.machine
    machine.add_user("guest")
    refused = machine.as_user("guest", PROGRAM, "service", "install")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "sudo streamgenre service install" in refused.stderr
    assert "--user" in refused.stderr
    refused = machine.as_user("guest", PROGRAM, "service", "install", "--user")
    assert refused.returncode == 2
    assert "Log in as yourself" in refused.stderr
    dry = machine.as_user("guest", PROGRAM, "service", "install", "--dry-run")
    assert (dry.returncode, dry.stdout.splitlines()[-1]) == (0, "Nothing was done.")
