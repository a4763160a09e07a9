"""`streamgenre service`: the systemd units."""

from __future__ import annotations

import getpass
import json as json_format
from typing import Annotated

import typer

from streamgenre.cli.help_page import HelpfulCommand, HelpfulGroup
from streamgenre.cli.options import JsonAnswerOption
from streamgenre.service.actions import Action
from streamgenre.service.layout import SYSTEM, Layout, user_layout

EXAMPLES = """Examples:

sudo streamgenre service install

streamgenre service install --user

streamgenre service install --dry-run

streamgenre service print --stream-only

sudo streamgenre service uninstall
"""
STREAM_ONLY = "stream-only.conf"
NEWEST = 1000
"""A version of systemd that can read everything."""

app = typer.Typer(
    help="Run streamgenre under systemd: put its units in place, take them away, or print them.",
    no_args_is_help=True,
    epilog=EXAMPLES,
    cls=HelpfulGroup,
)

UserOption = Annotated[
    bool,
    typer.Option("--user", help="A service of your own, beside your sound server, instead of the machine's."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")]


INSTALL_EXAMPLES = """Examples:

sudo streamgenre service install

streamgenre service install --user

streamgenre service install --dry-run --json | jq -r '.steps[] | select(.step == "write").what'
"""


@app.command(epilog=INSTALL_EXAMPLES, cls=HelpfulCommand)
def install(
    *, user: UserOption = False, dry_run: DryRunOption = False, json: JsonAnswerOption = False
) -> None:
    """Put units, an example configuration and folders in place. Starts nothing."""
    from streamgenre.config.example import example
    from streamgenre.service.installation import installing
    from streamgenre.service.program import installed_program
    from streamgenre.service.service_manager import require_rights, version_of

    layout = _layout(user=user)
    version = version_of(layout)
    if not dry_run:
        require_rights(layout, "install")
    _do(installing(layout, installed_program(), version, example()), dry_run=dry_run, json=json)
    if not dry_run and not json:
        typer.echo(_next_commands(layout))


UNINSTALL_EXAMPLES = """Examples:

sudo streamgenre service uninstall

streamgenre service uninstall --user --dry-run
"""


@app.command(epilog=UNINSTALL_EXAMPLES, cls=HelpfulCommand)
def uninstall(
    *, user: UserOption = False, dry_run: DryRunOption = False, json: JsonAnswerOption = False
) -> None:
    """Stop the service and remove its units. Configuration and data stay."""
    from streamgenre.service.installation import removing
    from streamgenre.service.service_manager import require_rights, version_of

    layout = _layout(user=user)
    version_of(layout)
    if not dry_run:
        require_rights(layout, "uninstall")
    actions = removing(layout)
    if not actions and not json:
        typer.echo("No units of streamgenre are installed.")
        return
    _do(actions, dry_run=dry_run, json=json)
    if json:
        return
    typer.echo("Kept, where they exist; remove them yourself if they are not wanted:")
    for place in layout.kept:
        typer.echo(f"  {place}")


PRINT_EXAMPLES = """Examples:

streamgenre service print

streamgenre service print --user

streamgenre service print --stream-only > no-card.conf

streamgenre service print --json | jq -r 'keys[]'
"""


@app.command("print", epilog=PRINT_EXAMPLES, cls=HelpfulCommand)
def print_(
    *,
    user: UserOption = False,
    stream_only: Annotated[
        bool,
        typer.Option("--stream-only", help="The drop-in for machines that follow stations and hear no card."),
    ] = False,
    json: JsonAnswerOption = False,
) -> None:
    """Print the units as they would be installed here; what needs a newer systemd too."""
    from streamgenre.service.installation import units
    from streamgenre.service.program import installed_program
    from streamgenre.service.shipped_units import unit_text

    if stream_only:
        text = unit_text(STREAM_ONLY)
        typer.echo(json_format.dumps({STREAM_ONLY: text}) + "\n" if json else text, nl=False)
        return
    layout = _layout(user=user)
    files = units(layout, installed_program(), NEWEST)
    placed = {str(layout.units / name): text for name, text in files.items()}
    if json:
        typer.echo(json_format.dumps(placed, ensure_ascii=False))
    else:
        typer.echo("\n".join(f"# {path}\n{text}" for path, text in placed.items()), nl=False)


def _layout(*, user: bool) -> Layout:
    return user_layout() if user else SYSTEM


def _do(actions: list[Action], *, dry_run: bool, json: bool) -> None:
    """Tell and do one after the other; nothing is begun before all could be told."""
    from streamgenre.cli.progress import waiting

    plan = [(action, line) for action in actions if (line := action.told())]
    for action, line in plan:
        if not json:
            typer.echo(line)
        if not dry_run:
            with waiting(line):
                action.perform()
    if json:
        typer.echo(json_format.dumps({"done": not dry_run, "steps": [_step(line) for _, line in plan]}))
    elif dry_run:
        typer.echo("Nothing was done.")


def _step(line: str) -> dict[str, str]:
    step, _, what = line.partition(" ")
    return {"step": step, "what": what.strip()}


def _next_commands(layout: Layout) -> str:
    sudo, flag = ("", "--user ") if layout.is_user else ("sudo ", "")
    lines = [
        f"Name your sources in {layout.config_file}, then start it, now and at every boot:",
        f"  {sudo}systemctl {flag}enable --now streamgenre",
        f"  systemctl {flag}status streamgenre",
    ]
    if layout.is_user:
        lines += [
            "For it to run while you are not logged in:",
            f"  sudo loginctl enable-linger {getpass.getuser()}",
        ]
    return "\n".join(lines)
