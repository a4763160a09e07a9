"""Who goes before whom, and what a configuration becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamgenre.config import load_settings
from streamgenre.config.node_id import default_node_id
from streamgenre.settings import (
    DecideSettings,
    HistorySettings,
    JsonLinesSettings,
    LogSettings,
    MetricsSettings,
    MqttSettings,
    PipelineSettings,
    Settings,
    SourceSettings,
)
from tests.support.configuration import loaded

BAR = """
[node]
id = "bar"
[[sources]]
id = "main"
source = "mic"
"""


def test_nothing_said_is_all_defaults(tmp_path):
    assert load_settings(None, {}) == Settings(node=default_node_id())
    assert loaded(tmp_path, "") == Settings(node=default_node_id())


def test_every_key_arrives(tmp_path):
    text = """
    [node]
    id = "bar"
    [[sources]]
    id = "main"
    name = "The bar"
    source = "mic:USB?channels=1"
    model = "genre-light"
    hop_seconds = 1
    enabled = false
    dead_air_seconds = 60
    silence_dbfs = -50
    [model]
    name = "other"
    [decide]
    smoothing = "ema"
    hold_seconds = 4
    dead_air_seconds = 40
    silence_dbfs = -55.5
    [mqtt]
    url = "mqtts://h"
    username = "u"
    password_file = "/p"
    ca_file = "/ca"
    cert_file = "/cert"
    key_file = "/key"
    prefix = "a/b"
    heartbeat_seconds = 10
    discovery = "off"
    protocol = "3.1.1"
    [history]
    path = "/h"
    keep_days = 7
    [metrics]
    listen = "0.0.0.0:80"
    allow_public = true
    [json_lines]
    path = "/j"
    [log]
    level = "debug"
    format = "json"
    """
    own = DecideSettings("ema", 4.0, -50.0, dead_air_seconds=60.0)
    mqtt = MqttSettings(
        "mqtts://h",
        "u",
        Path("/p"),
        Path("/ca"),
        Path("/cert"),
        Path("/key"),
        "a/b",
        10.0,
        "off",
        "3.1.1",
    )
    assert loaded(tmp_path, text) == Settings(
        "bar",
        (
            SourceSettings(
                "main",
                "mic:USB?channels=1",
                "The bar",
                "genre-light",
                PipelineSettings(1.0, own),
                enabled=False,
            ),
        ),
        "other",
        DecideSettings("ema", 4.0, -55.5, dead_air_seconds=40.0),
        mqtt,
        HistorySettings(Path("/h"), 7),
        MetricsSettings("0.0.0.0:80", allow_public=True),
        JsonLinesSettings(Path("/j")),
        log=LogSettings("debug", "json"),
    )


def test_a_flag_goes_before_the_environment_before_the_file_before_the_default(tmp_path):
    text = '[log]\nlevel = "warning"\n'
    environment = {"STREAMGENRE_LOG__LEVEL": "error"}
    assert loaded(tmp_path, "").log.level == "info"
    assert loaded(tmp_path, text).log.level == "warning"
    assert loaded(tmp_path, text, environment).log.level == "error"
    assert loaded(tmp_path, text, environment, log__level="debug").log.level == "debug"
    assert loaded(tmp_path, text, environment, log__level=None).log.level == "error"


def test_a_source_inherits_what_it_does_not_say(tmp_path):
    text = BAR + "hop_seconds = 2.0\n" + "[decide]\nsilence_dbfs = -40\n[model]\nname = 'mine'\n"
    (source,) = loaded(tmp_path, text, {"STREAMGENRE_DECIDE__DEAD_AIR_SECONDS": "90"}).sources
    assert source.model == "mine"
    assert source.pipeline == PipelineSettings(2.0, DecideSettings(silence_dbfs=-40.0, dead_air_seconds=90.0))


def test_what_a_source_says_goes_before_flags_and_environment_of_all_sources(tmp_path):
    text = BAR + "model = 'own'\n"
    (source,) = loaded(tmp_path, text, {"STREAMGENRE_MODEL__NAME": "all"}, model__name="flag").sources
    assert source.model == "own"


@pytest.mark.parametrize("section", ["history", "metrics"])
def test_an_empty_table_runs_a_publisher(section, tmp_path):
    assert getattr(loaded(tmp_path, ""), section) is None
    assert getattr(loaded(tmp_path, f"[{section}]"), section) is not None


def test_the_environment_or_a_flag_alone_runs_a_publisher(tmp_path):
    by_environment = loaded(
        tmp_path, "", {"STREAMGENRE_MQTT__URL": "mqtt://h", "STREAMGENRE_HISTORY__PATH": ""}
    )
    assert by_environment.mqtt == MqttSettings("mqtt://h")
    assert by_environment.history is None, "an empty variable says nothing"
    assert loaded(tmp_path, "", mqtt__url="mqtt://h").mqtt == MqttSettings("mqtt://h")


def test_paths_are_taken_from_where_they_were_written(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.chdir("/usr")
    text = "[history]\npath = 'state/../h.sqlite'\n[json_lines]\npath = '~/j'\n[model]\nname = './mine'\n"
    settings = loaded(tmp_path, text, {"STREAMGENRE_MQTT__PASSWORD_FILE": "secret"}, mqtt__url="mqtt://h")
    assert settings.history == HistorySettings(tmp_path / "h.sqlite")
    assert settings.json_lines == JsonLinesSettings(Path("/home/ann/j"))
    assert settings.model == str(tmp_path / "mine")
    assert settings.mqtt == MqttSettings("mqtt://h", password_file=Path("/usr/secret"))
    flagged = loaded(tmp_path, "", mqtt__url="mqtt://h", mqtt__password_file=Path("p"))
    assert flagged.mqtt == MqttSettings("mqtt://h", password_file=Path("/usr/p"))


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("music/a.wav", "{folder}/music/a.wav"),
        ("file:a.wav", "{folder}/a.wav"),
        ("~/a.wav", "/home/ann/a.wav"),
        ("pcm:run/f?rate=16000", "pcm:{folder}/run/f?rate=16000"),
        ("pcm:~/f", "pcm:/home/ann/f"),
        ("file:///a%20b.wav", "file:///a%20b.wav"),
        ("/a.wav", "/a.wav"),
        ("-", "-"),
        ("mic:USB", "mic:USB"),
        ("https://u:p@radio.example/a?b=c", "https://u:p@radio.example/a?b=c"),
    ],
)
def test_the_path_of_a_source_is_taken_from_the_folder_of_the_file(source, becomes, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    settings = loaded(tmp_path, f"[[sources]]\nid = 'a'\nsource = '{source}'\n")
    assert settings.sources[0].source == becomes.format(folder=tmp_path)


def test_a_bare_name_is_a_credential_of_systemd_where_there_is_one(tmp_path):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "broker").write_text("x")
    text = "[mqtt]\nurl = 'mqtts://h'\npassword_file = 'broker'\nca_file = 'ca.pem'\n"
    settings = loaded(tmp_path, text, {"CREDENTIALS_DIRECTORY": str(credentials)})
    assert settings.mqtt is not None
    assert settings.mqtt.password_file == credentials / "broker"
    assert settings.mqtt.ca_file == tmp_path / "ca.pem"


def test_standard_output_is_a_dash(tmp_path):
    assert loaded(tmp_path, "[json_lines]\npath = '-'").json_lines == JsonLinesSettings(None)


def test_decimals_are_kept_to_a_thousandth(tmp_path):
    assert loaded(tmp_path, BAR + "hop_seconds = 0.33333").sources[0].pipeline.hop_seconds == 0.333


def test_a_byte_order_mark_is_no_matter(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbf[node]\r\nid = 'bar'\r\n")
    assert load_settings(path, {}).node == "bar"


def test_the_names_of_models_are_not_looked_for(tmp_path):
    assert loaded(tmp_path, "[model]\nname = 'no-such-model'").model == "no-such-model"
