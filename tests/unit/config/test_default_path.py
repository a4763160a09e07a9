"""Where the configuration is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamgenre.config import default_config_path


@pytest.mark.parametrize(
    ("environment", "root", "path"),
    [
        ({"STREAMGENRE_CONFIG": "a.toml", "CONFIGURATION_DIRECTORY": "/b"}, True, "a.toml"),
        ({"CONFIGURATION_DIRECTORY": "/etc/streamgenre:/etc/x"}, False, "/etc/streamgenre/streamgenre.toml"),
        ({}, True, "/etc/streamgenre/streamgenre.toml"),
        ({"XDG_CONFIG_HOME": "/c"}, False, "/c/streamgenre/streamgenre.toml"),
        ({"XDG_CONFIG_HOME": "relative"}, False, "/home/ann/.config/streamgenre/streamgenre.toml"),
        ({}, False, "/home/ann/.config/streamgenre/streamgenre.toml"),
    ],
)
def test_the_first_that_is_said(environment, root, path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    assert default_config_path(environment, root=root) == Path(path)
