"""`streamgenre config`: the file the daemon runs by, written, checked and shown."""

from __future__ import annotations

import json as json_format
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamgenre.cli.options import EVERYWHERE

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
    epilog=f"{EXAMPLES}\n{EVERYWHERE}",
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


@app.command(epilog=f"{INIT_EXAMPLES}\n{EVERYWHERE}")
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
    typer.echo(f"{written}: written, {who}; try: streamgenre config check {written}")


CHECK_EXAMPLES = """Examples:

streamgenre config check

streamgenre config check new.toml && sudo systemctl reload streamgenre
"""


@app.command(epilog=f"{CHECK_EXAMPLES}\n{EVERYWHERE}")
def check(path: PathArgument = None) -> None:
    """Say what the file and the environment hold, or everything that is wrong with them."""
    from streamgenre.config import default_config_path, load

    typer.echo(_summary(load(path or default_config_path(), os.environ)))


SHOW_EXAMPLES = """Examples:

streamgenre config show

streamgenre config show bar.toml --json | jq .sources
"""


@app.command(epilog=f"{SHOW_EXAMPLES}\n{EVERYWHERE}")
def show(
    path: PathArgument = None, *, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False
) -> None:
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


@app.command(epilog=f"{SCHEMA_EXAMPLES}\n{EVERYWHERE}")
def schema() -> None:
    """Print the JSON Schema (2020-12) of the file, for editors."""
    from streamgenre.config.json_schema import json_schema

    typer.echo(json_format.dumps(json_schema(), indent=2, ensure_ascii=False))


def _summary(loaded: Loaded) -> str:
    settings = loaded.settings
    names = [f"{source.id}{'' if source.enabled else ' (disabled)'}" for source in settings.sources]
    count = f"{len(names)} source{'' if len(names) == 1 else 's'}" if names else "no source to follow"
    publishers = [name for name in ("mqtt", "history", "metrics", "json_lines") if getattr(settings, name)]
    said = sum(given.origin == "environment" for given in loaded.gathered.values())
    parts = [
        f"node {settings.node}",
        f"{count}: {', '.join(names)}" if names else count,
        f"told to: {', '.join(publishers)}" if publishers else "told to nobody",
    ]
    parts += [f"{said} from the environment"] if said else []
    return f"{loaded.path}: good; {'; '.join(parts)}"
