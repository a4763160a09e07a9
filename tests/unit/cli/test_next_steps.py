"""What the demo offers at its end depends on what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamgenre.capture.devices import device_list
from streamgenre.capture.devices.capture_device import CaptureDevice
from streamgenre.capture.devices.device_list import DeviceList
from streamgenre.cli.next_steps import next_steps


def device(kind: str) -> CaptureDevice:
    return CaptureDevice(kind, "one", "mic:one", "One", 2, 48_000, default=True)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("bin")
    (folder / "streamgenre").touch(0o755)
    monkeypatch.setenv("PATH", str(folder))


def offered(monkeypatch: pytest.MonkeyPatch, *kinds: str) -> list[str]:
    found = DeviceList(tuple(device(kind) for kind in kinds), ())
    monkeypatch.setattr(device_list, "list_devices", lambda: found)
    return [command for command, _ in next_steps()]


@pytest.mark.parametrize(
    ("kinds", "command"),
    [
        ((), "streamgenre doctor"),
        (("monitor",), "streamgenre listen monitor"),
        (("monitor", "microphone"), "streamgenre listen mic"),
    ],
)
@pytest.mark.usefixtures("home")
def test_it_offers_to_listen_to_what_there_is(
    kinds: tuple[str, ...], command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offered(monkeypatch, *kinds)[0] == command
    assert len(offered(monkeypatch, *kinds)) == 3


def test_it_offers_files_only_where_there_are_some(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered(monkeypatch)[1] == "streamgenre models show genre"
    album = home / "Music" / "album"
    album.mkdir(parents=True)
    (album / "cover.jpg").touch()
    assert offered(monkeypatch)[1] == "streamgenre models show genre"
    (album / "one.FLAC").touch()
    assert offered(monkeypatch)[1] == "streamgenre classify ~/Music"


@pytest.mark.usefixtures("home")
def test_where_it_is_on_no_path_it_is_named_by_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "my venv" / "bin" / "streamgenre"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", [str(program), "demo"])
    assert offered(monkeypatch)[0] == f"'{program}' doctor"
    monkeypatch.chdir(tmp_path)
    assert offered(monkeypatch)[0] == "'my venv/bin/streamgenre' doctor"
    monkeypatch.setattr("sys.argv", ["-c"])
    assert offered(monkeypatch)[0] == "streamgenre doctor"
