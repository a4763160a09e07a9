"""Writes the message pages' tables and their JSON Schema anew: python -m tests.support.message_reference."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.json_layout import layout
from tests.support.message_fields import ALL, COMMON, FILE, LATE, MESSAGES, RESULT, Field, object_schema

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "messages.md", DOCS / "mqtt.md")
SCHEMA_FILE = DOCS / "messages.schema.json"
_BLOCK = re.compile(r"(<!-- (\w+): ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def field_blocks() -> dict[str, str]:
    """Return the table of each type, keys that all share apart."""
    shared = {id(one) for one in (*COMMON, LATE)}
    tables = {kind.name: [one for one in kind.fields if id(one) not in shared] for kind in ALL}
    return {name: _table(fields) for name, fields in (tables | {"common": [*COMMON, LATE]}).items()}


def json_schema() -> dict[str, Any]:
    """Return the schema of any one message; results and rows of `classify` are beside them."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "streamgenre messages",
        "description": "A line of NDJSON, a payload of MQTT, a row of the history. Unknown keys are allowed.",
        "oneOf": [{"$ref": f"#/$defs/{kind.name}"} for kind in MESSAGES],
        "$defs": {kind.name: object_schema(kind) for kind in (*MESSAGES, RESULT, FILE)},
    }


def schema_text() -> str:
    return layout(json_schema()) + "\n"


def with_blocks(page: str, kind: str, block_of: Callable[[str], str | None]) -> str:
    """Return a page with each block of a kind written anew; None leaves one as it is."""

    def replaced(found: re.Match[str]) -> str:
        begin, name_of_kind, name, end = found.groups()
        block = block_of(name) if name_of_kind == kind else None
        return found[0] if block is None else f"{begin}{block.rstrip()}\n{end}"

    return _BLOCK.sub(replaced, page)


def blocks_in(page: str, kind: str) -> dict[str, str]:
    """Return the text of each block of a kind."""
    return {
        name: found[0].removeprefix(begin).removesuffix(end)
        for found in _BLOCK.finditer(page)
        for begin, name_of_kind, name, end in [found.groups()]
        if name_of_kind == kind
    }


def _table(fields: list[Field]) -> str:
    rows = ["| field | meaning | unit, range | `null` or left out |", "| --- | --- | --- | --- |"]
    return "\n".join([*rows, *(_row(one) for one in fields)])


def _row(one: Field) -> str:
    missing = f"`null`: {one.null}" if one.null else ""
    if one.absent:
        missing += f"{'; ' if missing else ''}left out: {one.absent}"
    return f"| `{one.name}` | {one.meaning} | {one.kind.words} | {missing} |"


def main() -> None:
    """Write what has changed."""
    tables = field_blocks()
    for page in PAGES:
        page.write_text(with_blocks(page.read_text(), "fields", tables.__getitem__))
    SCHEMA_FILE.write_text(schema_text())


if __name__ == "__main__":
    main()
