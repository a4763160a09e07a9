"""What is wrong is told: all of it, where it stands, what is allowed, and never a secret."""

from __future__ import annotations

import os
import re
import threading

import pytest

from streamgenre.config import load_settings
from streamgenre.errors import ConfigurationError
from tests.support.configuration import complaints, written

SOURCE = "[[sources]]\nid = 'a'\nsource = 'mic'\n"


def only(folder, text, environment=None):
    (line,) = complaints(folder, text, environment)
    return line


def test_all_errors_come_at_once_a_line_each(tmp_path):
    text = "[nod]\n[node]\nid = 'A'\n[[sources]]\nsource = 'mic'\nhop_seconds = 5\n[mqtt]\nprotocol = 5\n"
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(path, {"STREAMGENRE_LOG__FORMAT": "5"})
    assert caught.value.exit_code == 3
    first, *lines = str(caught.value).splitlines()
    assert first == "7 errors in the configuration"
    assert lines == [
        f"{path}: there is no section [nod]; did you mean node?",
        f'{path}: node.id = "A"; allowed: letters a to z, digits, _ and -, at most 64',
        f"{path}: sources[1].hop_seconds = 5; allowed: 0.1 to 3 seconds",
        f'{path}: mqtt.protocol = 5; allowed: "5", "3.1.1"',
        'environment STREAMGENRE_LOG__FORMAT: log.format = "5"; allowed: "auto", "text", "json", "journald"',
        f"{path}: mqtt.url is missing; allowed: mqtt://HOST, mqtts://HOST, ws://HOST/PATH, wss://HOST/PATH",
        f"{path}: sources[1].id is missing; allowed: letters a to z, digits, _ and -, at most 64",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[mqtt]\nurl = 'mqtt://h'\nusrname = 'x'", "mqtt.usrname is no key; did you mean username?"),
        ("[decide]\nhold = 3", "decide.hold is no key; did you mean hold_seconds?"),
        ("[node]\nqqq = 1", "node.qqq is no key; known: id"),
        ("[decide]\nhop_seconds = 1", "decide.hop_seconds is no key; hop_seconds belongs to [[sources]]"),
        ("url = 'mqtt://h'", "url stands before every section; url belongs to [mqtt]"),
        ("nodes = 1", "nodes stands before every section; did you mean node?"),
        ("sources = 'mic'", "there may be several sources: write [[sources]]"),
        ("[sources]\nid = 'a'", "there may be several sources: write [[sources]]"),
        ("sources = ['mic']", 'sources[1] = "mic" is no table: write [[sources]]'),
        ("[[mqtt]]\nurl = 'mqtt://h'", "mqtt is a table: write [mqtt]"),
        ("mqtt = 'mqtt://h'", "mqtt is a table: write [mqtt]"),
        ('"a b" = 1', '"a b" stands before every section; known: node, sources,'),
        (
            "[history]\nkeep_days = true",
            "history.keep_days = true; allowed: whole numbers from 1 to 36,500 days",
        ),
        ("[history]\nkeep_days = 1.5", "history.keep_days = 1.5; allowed: whole numbers"),
        ("[history]\nkeep_days = '7'", 'history.keep_days = "7"; allowed: whole numbers'),
        ("[history]\npath = ''", 'history.path = ""; allowed: a path'),
        ("[decide]\nhold_seconds = nan", "decide.hold_seconds = nan; allowed: 0 to 60 seconds"),
        ("[decide]\nhold_seconds = inf", "decide.hold_seconds = inf; allowed: 0 to 60 seconds"),
        (f"[decide]\nhold_seconds = {'9' * 400}", f"decide.hold_seconds = {'9' * 80}…; allowed: 0 to 60"),
        ("[log]\nlevel = 2020-01-01", "log.level = 2020-01-01; allowed:"),
        ("[mqtt]\nurl = 'http://h'", 'mqtt.url = "http://h": http is none of mqtt, mqtts, ws, wss'),
        ("[mqtt]\nurl = 'mqtt://h'\nprefix = 'a b'", 'mqtt.prefix = "a b"; allowed: levels of letters'),
        ("[mqtt]\nurl = 'mqtts://h'\ncert_file = 'c'", "mqtt.cert_file needs mqtt.key_file"),
        ("[mqtt]\nurl = 'mqtts://h'\nkey_file = 'c'", "mqtt.key_file needs mqtt.cert_file"),
        (
            "[mqtt]\nurl = 'mqtt://h'\nca_file = 'c'",
            "mqtt.ca_file is of no use, for mqtt.url is not encrypted",
        ),
        ("[metrics]\nlisten = '0.0.0.0:80'", "metrics.listen = '0.0.0.0:80': other machines could read it"),
        ("[metrics]\nlisten = 'host:99999'", "metrics.listen = 'host:99999': not ADDRESS:PORT"),
        ("[json_lines]", "json_lines.path is missing; allowed: a path, or - for standard output"),
        ("[history]\npath = '~nobody-of-that-name/h'", "nobody's home is known by that name"),
        (SOURCE + SOURCE, 'sources[2].id = "a" is another source\'s, too'),
        (
            "[[sources]]\nid = 'a'\nsource = '-'\n[[sources]]\nid = 'b'\nsource = 'pcm:-?rate=8000'",
            "2 sources read standard input, which only one can",
        ),
        (SOURCE + "name = 'a\\u001b'".replace("'", '"'), 'sources[a].name = "a\\x1b"; allowed: at most 100'),
        ("[[sources]]\nid = 'a'\nsource = 'htp://h/'", "did you mean 'http'?"),
        ("[[sources]]\nid = 'a'\nsource = 'mic?channels=0'", "channels='0' is out of range"),
        ("[[sources]]\nid = 'a'\nsource = ''", 'sources[a].source = ""; allowed: mic[:NAME]'),
        ("[[sources]]\nid = 'a'\nsource = ['mic']", "sources[a].source = ['mic']; allowed: mic[:NAME]"),
    ],
)
def test_each_error_says_what_and_what_instead(text, told, tmp_path):
    assert told in only(tmp_path, text)


def test_a_wrong_value_is_not_called_missing_too(tmp_path):
    assert only(tmp_path, "[mqtt]\nurl = 5").startswith("mqtt.url = 5; allowed: mqtt://")


@pytest.mark.parametrize(
    "text",
    [
        "[mqtt]\nurl = 'mqtt://ann:hunter2@h'",
        "[mqtt]\nurl = 'mqtt://ann:hunter2/x@h'",
        "[mqtt]\nurl = 'mqtt://h'\npassword = 'hunter2'",
        "[mqtt]\nurl = ['mqtt://ann:hunter2@h']",
        "[[sources]]\nid = 'a'\nsource = 'htp://ann:hunter2@h'",
        "[[sources]]\nid = 'a'\nsource = 'http://h:x/?token=hunter2'",
        "[[sources]]\nid = 'a'\nsource = 'mic'\nmodel = 5\nname = 'http://ann:hunter2@h\\u0007'".replace(
            "'", '"'
        ),
    ],
)
def test_no_secret_is_told(text, tmp_path):
    told = "\n".join(complaints(tmp_path, text))
    assert told
    assert "hunter2" not in told


def test_a_password_in_the_url_is_refused_with_what_to_do(tmp_path):
    told = only(tmp_path, "[mqtt]\nurl = 'mqtt://ann:hunter2@h'")
    assert "mqtt://***@h" in told
    assert "name that as mqtt.password_file" in told


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        ("STREAMGENRE_MQT__URL", "STREAMGENRE_MQT__URL is no key; did you mean STREAMGENRE_MQTT__URL?"),
        ("STREAMGENRE_mqtt__url", "STREAMGENRE_mqtt__url is no key; did you mean STREAMGENRE_MQTT__URL?"),
        ("STREAMGENRE_MQTT_URL", "STREAMGENRE_MQTT_URL is not read; did you mean STREAMGENRE_MQTT__URL?"),
        ("STREAMGENRE_QQQ__ZZZ", "STREAMGENRE_QQQ__ZZZ is no key; see: streamgenre config show"),
        ("STREAMGENRE_SOURCES__0__ID", "sources are written in the file only, as [[sources]]"),
    ],
)
def test_an_unknown_variable_is_an_error(variable, told, tmp_path):
    assert told in only(tmp_path, "", {variable: "x"})


@pytest.mark.parametrize("variable", ["STREAMGENRE_MODELS", "STREAMGENRE_CONFIG", "STREAMGENRE", "PATH__X"])
def test_other_variables_are_left_alone(variable, tmp_path):
    assert complaints(tmp_path, "", {variable: "x"}) == []


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("STREAMGENRE_DECIDE__HOLD_SECONDS", "1_0"),
        ("STREAMGENRE_DECIDE__HOLD_SECONDS", "nan"),
        ("STREAMGENRE_DECIDE__HOLD_SECONDS", "two"),
        ("STREAMGENRE_DECIDE__HOLD_SECONDS", "61"),
        ("STREAMGENRE_HISTORY__KEEP_DAYS", "1e99"),
        ("STREAMGENRE_METRICS__ALLOW_PUBLIC", "maybe"),
    ],
)
def test_a_variable_is_read_as_its_key_has_it(variable, text, tmp_path):
    told = only(tmp_path, "", {variable: text})
    assert told.startswith(f"environment {variable}: ")
    assert "allowed: " in told


@pytest.mark.parametrize(
    ("text", "seconds"), [("2", 2.0), (" 2.5 ", 2.5), ("5e0", 5.0), ("+1", 1.0), ("0.12345", 0.123)]
)
def test_numbers_of_the_environment(text, seconds):
    settings = load_settings(None, {"STREAMGENRE_DECIDE__HOLD_SECONDS": text})
    assert settings.decide.hold_seconds == seconds


def test_what_the_environment_lacks_is_told_of_the_environment(tmp_path):
    told = only(tmp_path, "", {"STREAMGENRE_MQTT__USERNAME": "ann"})
    assert told.startswith("environment STREAMGENRE_MQTT__USERNAME: mqtt.url is missing")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"[node\n", r"not TOML: .* \(at line 1, column 6\)"),
        (b"[mqtt]\nurl = mqtt://h", r"not TOML: .* \(at line 2, column 7\); text stands in quotes"),
        (b"\n\nid = \xff", "not UTF-8 at line 3; save it as UTF-8"),
        ("[node]\nid = 'a'".encode("utf-16"), "not UTF-8 at line 1"),
        (b"a = " + b"[" * 100_000, "values are nested too deeply"),
        (b"a = " + b"9" * 10_000, "a number or a date in it is none"),
        (b"#" * (2**20 + 1), "more than 1,048,576 bytes is no configuration"),
    ],
    ids=["syntax", "no quotes", "latin-1", "utf-16", "deep", "number", "huge"],
)
def test_a_file_that_cannot_be_understood(raw, told, tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(raw)
    with pytest.raises(ConfigurationError, match=f"{re.escape(str(path))}: {told}"):
        load_settings(path, {})


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigurationError, match=r"no such file; .*streamgenre config init"):
        load_settings(tmp_path / "none.toml", {})
    with pytest.raises(ConfigurationError, match="a folder; name the file in it"):
        load_settings(tmp_path, {})
    with pytest.raises(ConfigurationError, match=r"cannot be read: .*too long"):
        load_settings(tmp_path / ("a" * 5000), {})


@pytest.mark.skipif(os.geteuid() == 0, reason="needs an ordinary user: root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = written(tmp_path, "")
    path.chmod(0)
    with pytest.raises(ConfigurationError, match="cannot be read: Permission denied"):
        load_settings(path, {})


def test_a_pipe_is_read_and_one_from_which_nothing_comes_is_no_configuration(tmp_path):
    """At a reload the pipe of the start is empty: that must not mean that there are no sources any more."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(ConfigurationError, match="a pipe from which nothing comes; name a file"):
        load_settings(fifo, {})
    keep = os.open(fifo, os.O_RDWR)
    writer = os.open(fifo, os.O_WRONLY)
    os.write(writer, b'[node]\nid = "bar"\n')
    os.close(writer)
    threading.Timer(0.1, os.close, [keep]).start()
    assert load_settings(fifo, {}).node == "bar"


def test_a_pipe_has_one_reader_and_a_file_many(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "raw").write_bytes(b"")
    pcm = 'source = "pcm:{}?rate=8000&channels=1&format=s16le"'
    text = "".join(
        f'[[sources]]\nid = "{name}{number}"\n{pcm.format(name)}\n'
        for name in ("pipe", "raw")
        for number in range(2)
    )
    assert f"2 sources read {tmp_path}/pipe, which only one can" in only(tmp_path, text)
