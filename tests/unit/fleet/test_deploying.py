"""From a list and a configuration to what a fleet is to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamgenre.errors import ConfigurationError
from streamgenre.fleet.deploying import MOST_TOLD, fleet_folder, load_deployment


@pytest.fixture(autouse=True)
def nobody_is_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)


@pytest.fixture
def stations(tmp_path: Path) -> Path:
    path = tmp_path / "stations.csv"
    path.write_text("id,source\njazz,http://radio.example/jazz\n")
    return path


def test_without_a_configuration_the_history_is_kept(
    stations: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", "streamgenre")
    found = load_deployment(stations, None, {"HOME": str(tmp_path / "home")})
    assert [station.id for station in found.stations] == ["jazz"]
    assert found.settings.sources == ()
    assert found.settings.history is not None
    assert found.settings.history.path == tmp_path / "state/streamgenre/history.sqlite"
    assert "there is no configuration" in caplog.text


def test_the_sources_of_a_configuration_do_not_count(
    stations: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    config = tmp_path / "c.toml"
    config.write_text('[node]\nid = "radio"\n[[sources]]\nid = "mine"\nsource = "mic"\n')
    found = load_deployment(stations, config, {})
    assert (found.settings.node, found.settings.sources, found.settings.history) == ("radio", (), None)
    assert "sources that do not count here: 1; a fleet follows its list" in caplog.text


def test_each_deployment_has_another_number(stations: Path):
    first, second = load_deployment(stations, None, {}), load_deployment(stations, None, {})
    assert first.number <= second.number
    assert first.number > 1_700_000_000_000


def test_bad_lines_are_told_and_the_good_ones_hold(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = tmp_path / "stations.csv"
    bad = "".join(f"bad{number},ftp://x.example/\n" for number in range(MOST_TOLD + 5))
    path.write_text(f"id,source\njazz,http://radio.example/jazz\n{bad}")
    found = load_deployment(path, None, {})
    assert [station.id for station in found.stations] == ["jazz"]
    assert len(found.problems) == MOST_TOLD + 5
    assert f"{path}:3: bad0.source" in caplog.text
    assert "and 5 more problems: streamgenre fleet status --json has them all" in caplog.text
    assert f"stations that hold: 1; problems: {MOST_TOLD + 5}" in caplog.text


@pytest.mark.parametrize("text", [None, "", "id,source\n", "id,source\nx,file:///x\n"])
def test_a_list_that_nothing_can_be_followed_of_is_an_error(tmp_path: Path, text: str | None):
    path = tmp_path / "stations.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"stations\.csv"):
        load_deployment(path, None, {})


def test_a_configuration_that_is_named_must_be_there(stations: Path, tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"none\.toml"):
        load_deployment(stations, tmp_path / "none.toml", {})


def test_the_state_lies_beside_the_history(tmp_path: Path):
    assert fleet_folder() == tmp_path / "state/streamgenre/fleet"
