"""The real daemon under strace: it connects to what is configured, writes what it says, keeps no sound."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support.audio_files import write_wav
from tests.support.daemon import Daemon, free_port, get
from tests.support.live_station import RATE_HZ as STATION_RATE_HZ
from tests.support.live_station import live_station
from tests.support.mosquitto import PASSWORDS, Broker, mosquitto
from tests.support.program import PROGRAM
from tests.support.sounds import tune

__all__ = ["mosquitto"]
pytestmark = pytest.mark.system
RATE_HZ = 22_050
CALLS = (
    "connect,bind,sendto,sendmsg,sendmmsg,open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,"
    "rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,truncate,execve"
)
STRACE = ["strace", "-D", "-ff", "--seccomp-bpf", "-y", "-s", "4096", "-qq", "-e", "signal=none"]
STRACE += ["-e", f"trace={CALLS}"]
_CALL = re.compile(r"^(\w+)\((.*)\) += (\S+)(?: .*)?$")
_ADDRESS = re.compile(
    r"sa_family=AF_INET6?, sin6?_port=htons\((\d+)\)"
    r'.*?(?:inet_addr\(|inet_pton\(AF_INET6, |AF_INET6, )"([^"]+)"'
)
_UNIX = re.compile(r'sa_family=AF_UNIX, sun_path=(@?)"([^"]*)"')
_FOLDER = re.compile(r"^(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, ")
_NAME = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WRITES = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|TMPFILE)")
_SYSTEM_SOCKETS = re.compile(r"/(var/)?run/(nscd/socket|systemd/\S+|dbus/\S+)")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded, or tried to connect."""

    name: str
    words: str

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port of the network it names, if it names one."""
        found = _ADDRESS.search(self.words)
        return (found[2], int(found[1])) if found else None

    @property
    def unix_path(self) -> str | None:
        found = _UNIX.search(self.words)
        return found[1] + found[2] if found else None

    @property
    def changed(self) -> list[Path]:
        """What it makes, changes or takes away, by name."""
        if self.name.startswith("open") and not _WRITES.search(self.words):
            return []
        folder = _FOLDER.match(self.words)
        beginning = Path(folder[1]) if folder and folder[1] else Path.cwd()
        return [beginning / name for name in _NAME.findall(self.words)]


@dataclass(slots=True)
class Traced(Daemon):
    """Its own process stays our child, so that signals reach it and not its witness."""

    def start(self) -> None:
        (self.folder / "traces").mkdir()
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*STRACE, "-o", self.folder / "traces" / "of", PROGRAM, "run", "--config", self.config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"STATE_DIRECTORY": str(self.folder / "state")} | self.environment,
            )

    @property
    def calls(self) -> Iterator[Call]:
        for thread in (self.folder / "traces").iterdir():
            for line in thread.read_text(errors="replace").splitlines():
                if (found := _CALL.match(line)) and (found[3] != "-1" or found[1] == "connect"):
                    yield Call(found[1], found[2])


@pytest.fixture
def traced(tmp_path: Path) -> Iterator[Traced]:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    if subprocess.run(
        [*STRACE, "-o", tmp_path / "probe", "true"], capture_output=True, check=False
    ).returncode:
        pytest.skip("strace needs a kernel that lets it trace, which is not found here")
    running = Traced(tmp_path)
    yield running
    if running.process is not None:
        running.process.kill()
        running.process.wait(30)


def sound_bytes(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def assert_holds_no_sound(path: Path, sound: np.ndarray) -> None:
    """No stretch of it stands in a file, neither as it was sent nor as it was decoded."""
    content = path.read_bytes()
    for start in range(0, len(sound) - 64, len(sound) // 200):
        stretch = sound[start : start + 32]
        if np.unique(stretch).size > 16:
            assert stretch.tobytes() not in content, path
            assert (stretch / np.float32(32768)).astype("<f4").tobytes() not in content, path


def test_the_daemon_does_what_is_configured_and_nothing_else(
    tmp_path: Path, traced: Traced, mosquitto: Broker
):
    song = write_wav(tmp_path / "song.wav", tune(120, RATE_HZ), RATE_HZ)
    secret = tmp_path / "password"
    secret.write_text(PASSWORDS["streamgenre"])
    secret.chmod(0o600)
    metrics, lines = free_port(), tmp_path / "lines"
    with live_station() as station:
        traced.configure(
            f"""
            [node]
            id = "bar"
            [[sources]]
            id = "file"
            source = "{song}"
            [[sources]]
            id = "station"
            source = "{station}/x"
            [mqtt]
            url = "{mosquitto.url}"
            username = "streamgenre"
            password_file = "{secret}"
            [history]
            [metrics]
            listen = "127.0.0.1:{metrics}"
            [json_lines]
            path = "{lines}"
            """
        )
        traced.start()
        for name in ("file", "station"):
            traced.wait(lambda name=name: [one for one in traced.lines("state", name) if one["top"]], name)
        assert get(f"http://127.0.0.1:{metrics}/readyz")[0] == 200
        traced.send(signal.SIGHUP)
        traced.wait_log("the configuration is as it was")
        heard = len(traced.lines("state"))
        traced.wait(lambda: len(traced.lines("state")) > heard + 10, "more states")
        assert traced.end() == 0
    calls = list(traced.calls)
    station_port = int(station.rpartition(":")[2])
    assert_connects_only_to(calls, {("127.0.0.1", station_port), ("127.0.0.1", mosquitto.port)})
    bound = {call.address for call in calls if call.name == "bind" and call.address}
    assert bound - {("0.0.0.0", 0)} == {("127.0.0.1", metrics)}  # 0: any port, to connect from
    started = {_NAME.findall(call.words)[0] for call in calls if call.name == "execve"}
    assert {Path(program).parent for program in started} == {PROGRAM.parent}  # the decoders' Python, too
    assert_changes_only(calls, [tmp_path / "state", lines, Path("/dev/null")])
    noise = np.random.default_rng(8).integers(-9000, 9000, STATION_RATE_HZ, np.int16)
    traces = tmp_path / "traces"
    for path in (path for path in tmp_path.rglob("*") if path.is_file() and path.parent != traces):
        if path == song:
            continue
        for sound in (sound_bytes(song), noise):
            assert_holds_no_sound(path, sound)
    for path in [tmp_path / "state", *(tmp_path / "state").rglob("*")]:
        assert not path.stat().st_mode & stat.S_IWOTH, path


def test_the_witness_would_see_it(tmp_path: Path):
    v4 = '4<socket:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("8.8.8.8")}, 16'
    v6 = "4<socket:[1]>, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), "
    v6 += 'inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28'
    for words in (v4, v6):
        with pytest.raises(AssertionError):
            assert_connects_only_to([Call("connect", words)], set())
    with pytest.raises(AssertionError):
        assert_connects_only_to([Call("connect", '4, {sa_family=AF_UNIX, sun_path=@"x"}, 5')], set())
    kept = Call("openat", 'AT_FDCWD</here>, "state/history.sqlite", O_RDWR|O_CREAT, 0600')
    assert kept.changed == [Path("/here/state/history.sqlite")]
    assert Call("openat", 'AT_FDCWD</here>, "x", O_RDONLY').changed == []
    assert_changes_only([kept], [Path("/here/state")])
    with pytest.raises(AssertionError):
        assert_changes_only([kept, Call("creat", '"/tmp/sound.wav", 0600')], [Path("/here/state")])
    sound = np.random.default_rng(1).integers(-9000, 9000, 8000, np.int16)
    (tmp_path / "kept").write_bytes(b"x" + sound[:4000].tobytes())
    with pytest.raises(AssertionError):
        assert_holds_no_sound(tmp_path / "kept", sound)


def assert_connects_only_to(calls: list[Call], allowed: set[tuple[str, int]]) -> None:
    named = [call for call in calls if call.name in {"connect", "sendto", "sendmsg", "sendmmsg"}]
    assert {call.address for call in named if call.address} == allowed
    other = {call.unix_path for call in named if call.unix_path}
    assert {path for path in other if not _SYSTEM_SOCKETS.fullmatch(path)} == set()


def assert_changes_only(calls: list[Call], allowed: list[Path]) -> None:
    named = [call for call in calls if not re.match("connect|bind|send|execve", call.name)]
    changed = {path for call in named for path in call.changed}
    assert any(path.name == "history.sqlite" for path in changed), "nothing was seen"
    # Compiled code is kept beside its source here, and in a folder for it where systemd gives one.
    changed = {path for path in changed if path.parent.name != "__pycache__" and path.name != "__pycache__"}
    beyond = {path for path in changed if not any(path.is_relative_to(root) for root in allowed)}
    assert beyond == set()
