"""`streamgenre config`: the file the daemon runs by, written, checked and shown."""

from __future__ import annotations

import json as json_format
import os
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamgenre.cli.help_page import HelpfulCommand, HelpfulGroup
from streamgenre.cli.options import JsonAnswerOption
from streamgenre.cli.tables import one_line

if TYPE_CHECKING:
    from streamgenre.config import Loaded

EXAMPLES = """Examples:

streamgenre config init

streamgenre config check /etc/streamgenre/streamgenre.toml

STREAMGENRE_LOG__LEVEL=debug streamgenre config show

streamgenre config schema > streamgenre.schema.json
"""

app = typer.Typer(
    help="Write, check and show the configuration.",
    no_args_is_help=True,
    epilog=EXAMPLES,
    cls=HelpfulGroup,
)

PathArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="PATH",
        help="Default: $STREAMGENRE_CONFIG, else /etc/streamgenre/streamgenre.toml for root and services, "
        "else ~/.config/streamgenre/streamgenre.toml.",
    ),
]

INIT_EXAMPLES = """Examples:

streamgenre config init

streamgenre config init bar.toml --force

streamgenre config init - | less
"""


@app.command(epilog=INIT_EXAMPLES, cls=HelpfulCommand)
def init(
    path: PathArgument = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write a commented file with every key; - prints it."""
    from streamgenre.config.default_path import default_config_path
    from streamgenre.config.example import example
    from streamgenre.config.new_file import write_new

    if path is not None and str(path) == "-":
        typer.echo(example(), nl=False)
        return
    written = path or default_config_path()
    readable = write_new(written, example(), force=force, with_folders=path is None)
    who = "others may read it, too" if readable else "only you may read it"
    try_next = f"streamgenre config check {shlex.quote(str(written))}"
    typer.echo(one_line(f"{written}: written, {who}; try: {try_next}"))


CHECK_EXAMPLES = """Examples:

streamgenre config check

streamgenre config check new.toml && sudo systemctl reload streamgenre

streamgenre config check --json | jq -r '.sources[].id'
"""


@app.command(epilog=CHECK_EXAMPLES, cls=HelpfulCommand)
def check(path: PathArgument = None, *, json: JsonAnswerOption = False) -> None:
    """Say what the file and the environment hold, or everything that is wrong with them."""
    from streamgenre.config import default_config_path, load

    found = _found(load(path or default_config_path(), os.environ))
    typer.echo(json_format.dumps(asdict(found), ensure_ascii=False) if json else _summary(found))


SHOW_EXAMPLES = """Examples:

streamgenre config show

streamgenre config show bar.toml --json | jq .sources
"""


@app.command(epilog=SHOW_EXAMPLES, cls=HelpfulCommand)
def show(path: PathArgument = None, *, json: JsonAnswerOption = False) -> None:
    """Show what holds and where each value comes from; credentials are masked."""
    from streamgenre.config import default_config_path, load
    from streamgenre.config.showing import as_object, as_toml

    usual = default_config_path()
    loaded = load(path or (usual if os.path.lexists(usual) else None), os.environ)
    if loaded.path is None:
        typer.echo(f"{usual}: no such file; this is what holds without it", err=True)
    text = json_format.dumps(as_object(loaded), ensure_ascii=False) + "\n" if json else as_toml(loaded)
    typer.echo(text, nl=False)


SCHEMA_EXAMPLES = """Examples:

streamgenre config schema > streamgenre.schema.json

streamgenre config schema | jq '.properties.mqtt.properties | keys'
"""


@app.command(epilog=SCHEMA_EXAMPLES, cls=HelpfulCommand)
def schema() -> None:
    """Print the JSON Schema (2020-12) of the file, for editors."""
    from streamgenre.config.json_schema import json_schema

    typer.echo(json_format.dumps(json_schema(), indent=2, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class _SourceFound:
    """One source of the file."""

    id: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """What a good configuration holds, in a few words."""

    path: str
    node: str
    sources: list[_SourceFound]
    told_to: list[str]
    """Sections of those that are told."""
    from_environment: int
    """How many values the environment gave."""


def _found(loaded: Loaded) -> _Found:
    settings = loaded.settings
    return _Found(
        str(loaded.path),
        settings.node,
        [_SourceFound(source.id, source.enabled) for source in settings.sources],
        [name for name in ("mqtt", "history", "metrics", "json_lines") if getattr(settings, name)],
        sum(given.origin == "environment" for given in loaded.gathered.values()),
    )


def _summary(found: _Found) -> str:
    names = [f"{source.id}{'' if source.enabled else ' (disabled)'}" for source in found.sources]
    count = f"{len(names)} source{'' if len(names) == 1 else 's'}" if names else "no source to follow"
    parts = [
        f"node {found.node}",
        f"{count}: {', '.join(names)}" if names else count,
        f"told to: {', '.join(found.told_to)}" if found.told_to else "told to nobody",
    ]
    parts += [f"{found.from_environment} from the environment"] if found.from_environment else []
    return one_line(f"{found.path}: good; {'; '.join(parts)}")
