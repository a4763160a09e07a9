"""Every field of every message, once: the tables of docs/messages.md and the JSON Schema are made of this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, get_args

from streamgenre.fleet.known_group import GroupState
from streamgenre.messages import AlarmKind, SourceState, Stability, Status
from streamgenre.publish.live import LIVE_SECONDS
from streamgenre.publish.payload import SCHEMA, TOP_IN_STATE

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be."""

    words: str
    """For people: unit and range."""
    schema: Schema
    """The same for programs, `null` apart."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key of an object."""

    name: str
    kind: Kind
    meaning: str
    null: str = ""
    """When it is null; empty: never."""
    absent: str = ""
    """When the key is left out; empty: never."""


@dataclass(frozen=True, slots=True)
class MessageType:
    """One type of object, its keys in order."""

    name: str
    fields: tuple[Field, ...]
    fixed: dict[str, Any] = field(default_factory=dict[str, Any])
    """Keys with one value for the whole type."""

    @property
    def keys(self) -> list[str]:
        return [field.name for field in self.fields]


def _enum(words: Iterable[str]) -> Kind:
    names = list(words)
    return Kind(", ".join(f"`{name}`" for name in names), {"enum": names})


def _object(fields: tuple[Field, ...]) -> Schema:
    return object_schema(MessageType("", fields))


def object_schema(kind: MessageType) -> Schema:
    """Keys that are not known are allowed: readers pass over them."""
    properties = {one.name: _property(one, kind.fixed) for one in kind.fields}
    required = [one.name for one in kind.fields if not one.absent]
    return {"type": "object", "properties": properties, "required": required}


def _property(one: Field, fixed: dict[str, Any]) -> Schema:
    if one.name in fixed:
        return {"const": fixed[one.name]}
    found = dict(one.kind.schema)
    if one.null and "enum" in found:
        found["enum"] = [*found["enum"], None]
    elif one.null:
        found["type"] = [found["type"], "null"]
    return {"description": one.meaning.replace("`", ""), **found}


def _list_of(fields: tuple[Field, ...], words: str, most: int | None = None) -> Kind:
    limit = {} if most is None else {"maxItems": most}
    return Kind(words, {"type": "array", "items": _object(fields), **limit})


NUMBER = {"type": "number"}
TIME = Kind(
    "RFC 3339, UTC, milliseconds",
    {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
)
SECONDS = Kind("seconds, 3 decimals", NUMBER | {"minimum": 0})
LENGTH = Kind("seconds, 3 decimals", NUMBER | {"minimum": 0})
PROBABILITY = Kind("0 to 1, 4 decimals", NUMBER | {"minimum": 0, "maximum": 1})
LEVEL = Kind("dBFS, −120.0 and up, 1 decimal", NUMBER | {"minimum": -120})
MILLISECONDS = Kind("ms, 1 decimal", NUMBER | {"minimum": 0})
NUMBER_OF_CORES = Kind("cores", NUMBER | {"minimum": 0})
COUNT = Kind("whole number", {"type": "integer", "minimum": 0})
TEXT = Kind("text", {"type": "string"})
TITLE = Kind("one line of text", {"type": "string"})
FLAG = Kind("`true`, `false`", {"type": "boolean"})
ID = Kind("a to z, 0 to 9, `_`, `-`", {"type": "string", "pattern": "^[a-z0-9_-]+$"})
LABEL = Kind("a label of the model", {"type": "string"})
STATUS, STABILITY = _enum(get_args(Status)), _enum(get_args(Stability))
NO_GENRE = "unless `status` is `music` and one genre is believed"
NO_TITLE = "the source tells none"

_ROW = (Field("label", LABEL, "Label"), Field("p", PROBABILITY, "Probability"))
_SIDE = (Field("status", STATUS, "Status"), Field("genre", LABEL, "Genre", null=NO_GENRE))
_MODEL = (
    Field("name", TEXT, "Name of the model"),
    Field("sha256", Kind("64 hexadecimal digits", {"type": "string", "pattern": "^[0-9a-f]{64}$"}), "Hash"),
)
_ACCOUNTS = (
    Field("captured", COUNT, "Received, whatever became of them"),
    Field("analysed", COUNT, "Covered by a decided window"),
    Field("skipped", Kind("by reason", {"type": "object"}), "Left out on purpose, by reason"),
    Field("lost", COUNT, "Received and dropped"),
    Field("pending", COUNT, "Nothing decided about them yet"),
)
SIDE = Kind("`{status, genre}`", _object(_SIDE))
RANKED = f"`[{{label, p}}, …]`, at most {TOP_IN_STATE}"
ALARMS = {"enum": list(get_args(AlarmKind))}

NODE, SOURCE = Field("node", ID, "The machine"), Field("source", ID, "The source")
_SCHEMA = Field("schema", COUNT, "Version of these objects; only a breaking change raises it")
_TYPE = Field("type", TEXT, "Which object this is")
_TIME = Field("time", TIME, "When it was decided, by the node's clock")
_AUDIO = Field(
    "audio_seconds", SECONDS, "Audio from the start of the source; it stands still while none comes"
)
COMMON = (
    *(_SCHEMA, _TYPE, NODE, SOURCE),
    Field(
        "seq", COUNT, "Number of this event; in `state` and `diagnostics` that of the last event before it"
    ),
    Field(
        "epoch",
        COUNT,
        "Which grant of the station to a group this is of; it grows, and what is of an earlier one is past",
        absent="unless a fleet follows it",
    ),
    *(_TIME, _AUDIO),
)
LATE = Field(
    "late",
    Kind("`true`", {"enum": [True]}),
    "Sent again, from before a restart, or over 10 s after it was committed: no news",
    absent="unless it is late; only on MQTT",
)

_STATE = (
    Field("status", STATUS, "What is heard"),
    Field("genre", LABEL, "What is believed", null=NO_GENRE),
    Field(
        "confidence",
        PROBABILITY,
        "Of the genre where there is one, else of the status",
        null="nothing was measured",
    ),
    Field("stability", STABILITY, "Whether the evidence since the last change meets `hold_seconds`"),
    Field("since", TIME, "When this status and genre began"),
    Field(
        "top",
        _list_of(_ROW, RANKED, TOP_IN_STATE),
        "The best genres, best first; `[]`: nothing was classified",
    ),
    Field("tags", _list_of(_ROW, "`[{label, p}, …]`"), "The strongest tags, best first; each `p` on its own"),
    Field("level_dbfs", LEVEL, "RMS of the last 0.4 s over all channels", null="nothing was heard just now"),
    Field("title", TITLE, "What the source says is playing", null=NO_TITLE),
    Field("short", FLAG, "Less than a window of audio, repeated to fill it"),
    Field("lost_samples", COUNT, "Samples received and dropped so far"),
    Field(
        "latency_ms",
        MILLISECONDS,
        "From the arrival of the audio to the decision",
        null="`status` is `no_signal`",
    ),
    Field("model", Kind("`{name, sha256}`", _object(_MODEL)), "Which weights spoke"),
    Field("reason", TEXT, "Why the status is what it is", absent="the status says enough"),
    Field(
        "alarms",
        Kind("list of kinds of alarms", {"type": "array", "items": ALARMS}),
        "Active now",
        absent="none is active",
    ),
)
_SEGMENT_SECONDS = (
    Field("start_seconds", SECONDS, "The same in audio"),
    Field("end_seconds", SECONDS, "The same in audio"),
    Field("status", STATUS, "What was heard"),
    Field("genre", LABEL, "What was believed", null=NO_GENRE),
    Field("mean_confidence", PROBABILITY, "Mean over its length", null="nothing was measured"),
    Field("title", TITLE, "The title that stood longest within it", null=NO_TITLE),
    Field("reason", _enum(("change", "end", "reconfigured", "restart")), "Why it ended"),
)
_SEGMENT = (
    Field("start", TIME, "When it began"),
    Field("end", TIME, "When it ended"),
    *_SEGMENT_SECONDS,
)
_DIAGNOSTICS = (
    Field("accounts", Kind("samples at the source's rate", _object(_ACCOUNTS)), "Where every sample went"),
    Field("not_finite_samples", COUNT, "NaN or infinite values set to zero"),
    Field("clipped_samples", COUNT, "Values at full scale in runs of three or more"),
    Field("hop_seconds", SECONDS, "Time between two decisions, in force"),
    Field("reconnects", COUNT, "Times the source was opened again"),
    Field("latency_ms", MILLISECONDS, "Since the newest audio arrived"),
    Field(
        "dc_offset",
        Kind("−1 to 1, 4 decimals", NUMBER | {"minimum": -1, "maximum": 1}),
        "Mean of the channel where it is greatest",
    ),
    Field("lag_seconds", SECONDS, "Audio received and not yet analysed"),
    Field("upstream_gap_seconds", SECONDS, "Lost by device or server before it came here, by the clocks"),
    Field(
        "last_audio_seconds_ago",
        SECONDS,
        "Clock time since the last sample",
        null="none came yet; a recording",
    ),
)
_DEPTHS = tuple(
    Field(name, kind, meaning, null, absent="in `listen`")
    for name, kind, meaning, null in (
        ("queue_depth", COUNT, "Messages of the node that wait to be committed", ""),
        ("outbox_depth", COUNT, "Events of the node that wait for the broker", ""),
        ("events_lost", COUNT, "Events of the node that will never arrive", ""),
        ("outbox_trouble", TEXT, "Why events cannot be written to disk", "they can"),
    )
)


def _of(name: str, *fields: Field, late: bool = True) -> MessageType:
    return MessageType(name, (*COMMON, *fields, *([LATE] if late else [])), {"schema": SCHEMA, "type": name})


STATE = _of("state", *_STATE, late=False)
CHANGE = _of(
    "change",
    Field("from", SIDE, "Status and genre before"),
    Field("to", SIDE, "Status and genre from now on"),
    Field("previous_seconds", LENGTH, "How long the one before lasted, in audio"),
)
SEGMENT = _of("segment", *_SEGMENT)
TITLE_CHANGE = _of(
    "title",
    Field("title", TITLE, "The new title", null=NO_TITLE),
    Field("previous", TITLE, "The one before", null="there was none"),
)
ALARM = _of(
    "alarm",
    Field("kind", _enum(get_args(AlarmKind)), "What is wrong"),
    Field("active", FLAG, "Whether it begins or ends"),
    Field("since", TIME, "When its cause began; the same at its end"),
    Field(
        "level_dbfs", LEVEL, "Level at this moment", null="nothing was heard just now; the end after a crash"
    ),
)
SOURCE_CHANGE = _of(
    "source",
    Field("state", _enum(get_args(SourceState)), "What became of the source"),
    Field("reason", TEXT, "Why, in words", null="there is nothing to add"),
)
DIAGNOSTICS = _of("diagnostics", *_DIAGNOSTICS, *_DEPTHS, late=False)
NODE_DIAGNOSTICS = MessageType(
    "node-diagnostics",
    (
        *(_SCHEMA, _TYPE, NODE),
        Field("time", TIME, "Of the newest account below", null="there is none yet"),
        Field("events_waiting", COUNT, "Events that wait for the broker"),
        Field("events_lost", COUNT, "Events dropped unsent since the outbox was made"),
        Field(
            "configuration_error", TEXT, "Why the newest configuration is not in force", null="it is in force"
        ),
        Field("version", TEXT, "Of the program"),
        Field("uptime_seconds", SECONDS, "For how long it has been running"),
        Field(
            "sources",
            Kind("`[{diagnostics}, …]`", {"type": "array", "items": object_schema(DIAGNOSTICS)}),
            "The newest `diagnostics` of each source, of a fleet 1,000 at most",
        ),
        Field("sources_left_out", COUNT, "Sources that are not among them", absent="none is left out"),
    ),
    {"schema": SCHEMA, "type": "diagnostics"},
)
NOT_KNOWN = "it is not known"
_SUPERVISOR = (
    Field("machine", TEXT, "Where it runs"),
    Field("up_seconds", SECONDS, "For how long it has been running"),
    Field("trouble", TEXT, "Why it cannot keep what it must know after a restart", null="it can"),
)
_PUBLISHER = (
    Field("machine", TEXT, "Where it runs"),
    Field("up_seconds", SECONDS, "For how long it has been running"),
    Field("trouble", TEXT, "Why it cannot publish", null="it can"),
    Field("events_waiting", COUNT, "Events that wait for the broker", absent="it does not answer"),
)
_COUNTS = (
    Field("total", COUNT, "Stations of the list"),
    Field("heard", COUNT, "Those that are heard"),
    Field("waiting", COUNT, "Those that no group follows just now"),
    Field("failing", COUNT, "Those that are followed, switched on and not heard for 5 s or more"),
    Field("disabled", COUNT, "Those that are switched off"),
)
CORES = Kind("cores, 3 decimals", NUMBER | {"minimum": 0})
_MACHINE = (
    Field("id", TEXT, "Name of its host, and what no other start of Ray there shares"),
    Field("alive", FLAG, "Whether Ray finds it"),
    Field("cores", NUMBER_OF_CORES, "That it gives to the fleet"),
    Field("groups", COUNT, "Groups on it"),
    Field("stations", COUNT, "Stations that those follow"),
    Field("load", CORES, "Cores in use"),
    Field("lag_seconds", SECONDS, "How late the station is served that is served latest"),
)
_GROUP = (
    Field("id", TEXT, "Name of the group"),
    Field("machine", TEXT, "Where it runs"),
    Field("state", _enum(get_args(GroupState)), "How it is"),
    Field("pid", COUNT, "Its process", null=NOT_KNOWN),
    Field("stations", COUNT, "Stations it follows"),
    Field("failing", COUNT, "Those of them that fail"),
    Field("load", CORES, "Cores in use, decoding included"),
    Field("lag_seconds", SECONDS, "How late the station is served that is served latest"),
    Field("seen_seconds_ago", SECONDS, "Since it was last heard of", null="it has not been yet"),
    Field("starts", COUNT, "How often it was started"),
    Field("trouble", TEXT, "What is wrong with it", null="nothing"),
)
_FAILING = (
    Field("station", ID, "The station"),
    Field("name", TEXT, "The same for people", null="it has none"),
    Field("group", TEXT, "The group that follows it"),
    Field("epoch", COUNT, "Of the grant to it"),
    Field("state", _enum(get_args(SourceState)), "What became of it", null="it has not been opened yet"),
    Field("reason", TEXT, "Why, in words", null="there is nothing to add"),
    Field("seconds", SECONDS, "For how long"),
)
FLEET = MessageType(
    "fleet",
    (
        *(_SCHEMA, _TYPE, NODE),
        Field("time", TIME, "When it was so, by the supervisor's clock"),
        Field("version", TEXT, "Of the program"),
        Field("supervisor", Kind("`{machine, up_seconds, trouble}`", _object(_SUPERVISOR)), "Who decides"),
        Field("publisher", Kind("`{machine, …}`", _object(_PUBLISHER)), "Who publishes"),
        Field("stations", Kind("`{total, heard, …}`", _object(_COUNTS)), "How many, and how they are"),
        Field("machines", _list_of(_MACHINE, "`[{id, alive, …}, …]`"), "The worst first"),
        Field("groups", _list_of(_GROUP, "`[{id, machine, …}, …]`"), "The worst first"),
        Field("failing", _list_of(_FAILING, "`[{station, …}, …]`"), "The newest first"),
        Field(
            "problems",
            Kind("list of texts", {"type": "array", "items": {"type": "string"}}),
            "Of the list of stations",
        ),
    ),
    {"schema": SCHEMA, "type": "fleet"},
)
LIVE = MessageType(
    "live",
    (
        *(_SCHEMA, _TYPE, NODE, SOURCE, _TIME, _AUDIO),
        Field("level_dbfs", LEVEL, "RMS of the last 0.4 s", null="nothing was heard just now"),
        Field("peak_dbfs", LEVEL, "Sample peak of the last 0.4 s", null="likewise"),
        Field(
            "mel",
            Kind(
                "list of numbers, 2 decimals, in the scale of the model's card",
                {"type": "array", "items": NUMBER},
            ),
            f"The model's frames of the last {LIVE_SECONDS} s, their mean in each band, low to high;"
            " `[]`: no window yet, or a model of handmade features",
        ),
        Field(
            "state",
            Kind("`{state}`", object_schema(STATE)),
            "The newest `state`, whether or not it was sent",
            null="there is none yet",
        ),
    ),
    {"schema": SCHEMA, "type": "live"},
)
RESULT = MessageType(
    "result",
    (
        Field("ok", FLAG, "Whether it was done"),
        Field("error", TEXT, "What was wrong with it", null="`ok`"),
        Field(
            "request",
            Kind("any JSON", {}),
            "The request; as text, cut at 200 characters, where it is no JSON",
        ),
    ),
)
_PIECE = (
    Field("start", TIME, "Of a file there is no clock time", null="always"),
    Field("end", TIME, "Likewise", null="always"),
    *_SEGMENT_SECONDS,
)
FILE = MessageType(
    "file",
    (
        Field("path", TEXT, "As it was given, or found in a folder that was"),
        Field("seconds", LENGTH, "Length of the audio", null="it could not be read"),
        Field("status", STATUS, "Of the whole file", null="it could not be read"),
        Field("genre", LABEL, "Of the whole file", null=NO_GENRE),
        Field(
            "confidence",
            PROBABILITY,
            "Of the genre where there is one, else of the status",
            null="nothing was measured",
        ),
        Field(
            "top",
            _list_of(_ROW, "`[{label, p}, …]`"),
            "Every genre, best first; `[]`: nothing was classified",
        ),
        Field("tags", _list_of(_ROW, "`[{label, p}, …]`"), "The strongest tags, best first"),
        Field("segments", _list_of(_PIECE, "`[{segment}, …]`"), "Its stretches: the own fields of `segment`"),
        Field("short", FLAG, "Less than a window of audio, repeated to fill it"),
        Field("error", TEXT, "Why it could not be read", null="it could"),
        Field("damage", TEXT, "What is wrong with the file", absent="nothing was found"),
        Field("not_finite_samples", COUNT, "NaN or infinite values set to zero", absent="there were none"),
        Field("reason", TEXT, "Why the status is what it is", absent="the status says enough"),
    ),
)
EVENTS = (CHANGE, SEGMENT, TITLE_CHANGE, ALARM, SOURCE_CHANGE)
MESSAGES = (STATE, *EVENTS, DIAGNOSTICS, NODE_DIAGNOSTICS, LIVE, FLEET)
ALL = (*MESSAGES, RESULT, FILE)
