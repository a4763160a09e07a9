"""Every key there is: parser, example, schema, reference and `show` are all made of this one table."""

from __future__ import annotations

from typing import get_args

from streamgenre.config.keys import Key, Section, default_of
from streamgenre.config.kinds import Choice, Flag, Number, Text, Whole
from streamgenre.config.node_id import LONGEST_ID, default_node_id
from streamgenre.config.texts import (
    absolute_path,
    absolute_source,
    broker_url,
    credential_path,
    model_or_folder,
    output_path,
)
from streamgenre.settings import (
    DecideSettings,
    HistorySettings,
    LogFormat,
    LogLevel,
    LogSettings,
    MetricsSettings,
    MqttDiscovery,
    MqttProtocol,
    MqttSettings,
    PipelineSettings,
    SmoothingName,
    SourceSettings,
)

PRINTABLE = r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029]"

ID = Text(f"letters a to z, digits, _ and -, at most {LONGEST_ID}", r"[a-z0-9_-]+", LONGEST_ID)
NAME = Text("at most 100 printable characters", f"{PRINTABLE}*", 100)
PATH = Text("a path", r"[^\u0000]+")
FILE_OR_STDOUT = Text("a path, or - for standard output", r"[^\u0000]+")
SOURCE = Text(
    "mic[:NAME], monitor[:NAME], a file, http(s)://…, rtsp://…, - or pcm:PATH?rate=…", f"{PRINTABLE}+"
)
MODEL = Text("a model's name, or a folder with model.onnx and card.toml", f"{PRINTABLE}+")
BROKER = Text("mqtt://HOST, mqtts://HOST, ws://HOST/PATH, wss://HOST/PATH", r"[A-Za-z]+://\S+")
PREFIX = Text("levels of letters, digits, _ and -, with / between them", r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
ADDRESS = Text("ADDRESS:PORT or [ADDRESS]:PORT", r"\S+:[0-9]{1,5}", 100)
USER = Text("printable characters", f"{PRINTABLE}+", 1000)
SILENCE = Number(-120, 0, "dBFS")
DEAD_AIR = Number(1, 3600, "seconds")

NODE = Section(
    "node",
    "This machine",
    (
        Key(
            "id",
            ID,
            "What it is called in topics, payloads and metrics",
            "bar",
            otherwise="the host's name",
            computed=default_node_id,
            restart=True,
        ),
    ),
)
SOURCES = Section(
    "sources",
    "What is listened to: one such table a source",
    (
        Key("id", ID, "What it is called in topics and payloads; no two are alike", "main", needed=True),
        Key("name", NAME, "What people see", "The bar", default_of(SourceSettings, "name"), "the id"),
        Key(
            "source",
            SOURCE,
            "Where its sound comes from; a relative path is taken from the folder of this file",
            "mic",
            needed=True,
            secret=True,
            made=absolute_source,
        ),
        Key(
            "model",
            MODEL,
            "Its model",
            "genre-light",
            otherwise="`[model] name`",
            inherits=("model", "name"),
            made=model_or_folder,
        ),
        Key(
            "hop_seconds",
            Number(0.1, 3.0, "seconds"),
            "Time between two decisions",
            1.0,
            default_of(PipelineSettings, "hop_seconds"),
        ),
        Key(
            "enabled",
            Flag(),
            "Whether it is followed at first; what is asked over MQTT goes before it",
            example=False,
            default=default_of(SourceSettings, "enabled"),
        ),
        Key(
            "dead_air_seconds",
            DEAD_AIR,
            "Silence that is an alarm",
            60.0,
            otherwise="`[decide] dead_air_seconds`",
            inherits=("decide", "dead_air_seconds"),
        ),
        Key(
            "silence_dbfs",
            SILENCE,
            "What is softer for a second is silence",
            -50.0,
            otherwise="`[decide] silence_dbfs`",
            inherits=("decide", "silence_dbfs"),
        ),
    ),
    many=True,
)
MODELS = Section(
    "model",
    "The model of every source that names none",
    (
        Key(
            "name",
            MODEL,
            "A shipped or installed model, or a folder",
            "genre-light",
            default_of(SourceSettings, "model"),
            made=model_or_folder,
        ),
    ),
)
DECIDE = Section(
    "decide",
    "How decisions become one belief, for every source that says nothing of its own",
    (
        Key(
            "smoothing",
            Choice(get_args(SmoothingName)),
            "The smoother: a hidden Markov filter, an exponential average, a vote, or none",
            "ema",
            default_of(DecideSettings, "smoothing"),
        ),
        Key(
            "hold_seconds",
            Number(0, 60, "seconds"),
            "Evidence a new genre must gather before it is called stable",
            4.0,
            default_of(DecideSettings, "hold_seconds"),
        ),
        Key(
            "dead_air_seconds",
            DEAD_AIR,
            "Silence that is an alarm",
            60.0,
            default_of(DecideSettings, "dead_air_seconds"),
        ),
        Key(
            "silence_dbfs",
            SILENCE,
            "What is softer for a second is silence",
            -50.0,
            default_of(DecideSettings, "silence_dbfs"),
        ),
    ),
)
MQTT = Section(
    "mqtt",
    "A broker that is told; with it, Home Assistant. Without this section none is",
    (
        Key(
            "url",
            BROKER,
            "The broker, each form with [USER@] and [:PORT]; a password is never written here",
            "mqtts://broker.example",
            needed=True,
            secret=True,
            made=broker_url,
        ),
        Key(
            "username",
            USER,
            "Goes before that of the URL",
            "streamgenre",
            otherwise="that of the URL, or nobody",
        ),
        Key(
            "password_file",
            PATH,
            "A file with the password alone, or the bare name of a systemd credential",
            "/etc/streamgenre/mqtt-password",
            otherwise="the systemd credential mqtt-password, if there is one",
            made=credential_path,
        ),
        Key(
            "ca_file",
            PATH,
            "PEM of the authorities trusted, for mqtts and wss",
            "/etc/streamgenre/ca.pem",
            otherwise="those of the system",
            made=credential_path,
        ),
        Key(
            "cert_file",
            PATH,
            "PEM of the client certificate; needs key_file",
            "/etc/streamgenre/client.pem",
            otherwise="none",
            made=credential_path,
        ),
        Key(
            "key_file",
            PATH,
            "PEM of its key, without a passphrase; needs cert_file",
            "/etc/streamgenre/client.key",
            otherwise="none",
            made=credential_path,
        ),
        Key("prefix", PREFIX, "First level of every topic", "radio", default_of(MqttSettings, "prefix")),
        Key(
            "heartbeat_seconds",
            Number(1, 3600, "seconds"),
            "A steady state is sent again after this, and expires after three",
            60.0,
            default_of(MqttSettings, "heartbeat_seconds"),
        ),
        Key(
            "discovery",
            Choice(get_args(MqttDiscovery)),
            "How Home Assistant is told of the sources: components is for versions before 2024.11",
            "off",
            default_of(MqttSettings, "discovery"),
        ),
        Key(
            "protocol",
            Choice(get_args(MqttProtocol)),
            "Version of MQTT spoken",
            "3.1.1",
            default_of(MqttSettings, "protocol"),
        ),
    ),
    optional=True,
)
HISTORY = Section(
    "history",
    "What played when is kept. Without this section it is not",
    (
        Key(
            "path",
            PATH,
            "The SQLite file",
            "/var/lib/streamgenre/history.sqlite",
            otherwise="history.sqlite in the state directory",
            restart=True,
            made=absolute_path,
        ),
        Key(
            "keep_days",
            Whole(1, 36_500, "days"),
            "Events that ended longer ago are deleted",
            90,
            default_of(HistorySettings, "keep_days"),
        ),
    ),
    optional=True,
)
METRICS = Section(
    "metrics",
    "Prometheus metrics and health over HTTP. Without this section nothing is served",
    (
        Key(
            "listen",
            ADDRESS,
            "Where; port 0 is any that is free",
            "127.0.0.1:9500",
            default_of(MetricsSettings, "listen"),
            restart=True,
        ),
        Key(
            "allow_public",
            Flag(),
            "Whether the address may be one that other machines reach: there is no password",
            example=True,
            default=default_of(MetricsSettings, "allow_public"),
        ),
    ),
    optional=True,
)
JSON_LINES = Section(
    "json_lines",
    "Every message as a line of JSON. Without this section none is written",
    (
        Key(
            "path",
            FILE_OR_STDOUT,
            "The file or FIFO they are appended to",
            "/var/lib/streamgenre/messages.ndjson",
            needed=True,
            made=output_path,
        ),
    ),
    optional=True,
)
LOG = Section(
    "log",
    "What is logged",
    (
        Key(
            "level",
            Choice(get_args(LogLevel)),
            "The least that is written",
            "warning",
            default_of(LogSettings, "level"),
        ),
        Key(
            "format",
            Choice(get_args(LogFormat)),
            "How: auto is journald's fields under systemd, colours on a terminal, else text",
            "json",
            default_of(LogSettings, "format"),
        ),
    ),
)

SECTIONS = (NODE, SOURCES, MODELS, DECIDE, MQTT, HISTORY, METRICS, JSON_LINES, LOG)
BY_NAME = {section.name: section for section in SECTIONS}
RESTART_ONLY = tuple(
    f"{section.name}.{key.name}" for section in SECTIONS for key in section.keys if key.restart
)
