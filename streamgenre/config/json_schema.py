"""The JSON Schema of the file, for editors and other programs."""

from __future__ import annotations

from streamgenre.config.keys import Key, Section
from streamgenre.config.kinds import Schema
from streamgenre.config.table import SECTIONS
from streamgenre.config.words import default_in_words

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TOGETHER = {"mqtt": {"cert_file": ["key_file"], "key_file": ["cert_file"]}}


def json_schema() -> Schema:
    """Return the schema of one file on its own.

    What it cannot say `config check` does: ids that are alike, SOURCEs and URLs that make no sense,
    addresses that are public, and what the environment adds.
    """
    return {
        "$schema": DIALECT,
        "title": "streamgenre configuration",
        "type": "object",
        "additionalProperties": False,
        "properties": {section.name: _of_section(section) for section in SECTIONS},
    }


def _of_section(section: Section) -> Schema:
    table: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: _of_key(key) for key in section.keys},
    }
    if needed := [key.name for key in section.keys if key.needed]:
        table["required"] = needed
    if section.name in TOGETHER:
        table["dependentRequired"] = TOGETHER[section.name]
    schema: Schema = {"description": section.meaning}
    return schema | ({"type": "array", "items": table} if section.many else table)


def _of_key(key: Key) -> Schema:
    default = "" if key.needed else f"; default: {default_in_words(key).replace('`', '')}"
    schema: Schema = {"description": f"{key.meaning} (allowed: {key.kind.allowed}{default})"}
    schema |= key.kind.schema()
    if key.default is not None and not key.otherwise:
        schema["default"] = key.default
    return schema | {"examples": [key.example]}
