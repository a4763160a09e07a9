"""`streamgenre service`: the systemd units."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from streamgenre.cli.options import EVERYWHERE
from streamgenre.service.actions import Action
from streamgenre.service.layout import SYSTEM, Layout, user_layout

EXAMPLES = """Examples:

sudo streamgenre service install

streamgenre service install --user

streamgenre service install --dry-run

streamgenre service print --stream-only

sudo streamgenre service uninstall
"""
NEWEST = 1000
"""A version of systemd that can read everything."""

app = typer.Typer(
    help="Run streamgenre under systemd: put its units in place, take them away, or print them.",
    no_args_is_help=True,
    epilog=f"{EXAMPLES}\n{EVERYWHERE}",
)

UserOption = Annotated[
    bool,
    typer.Option("--user", help="A service of your own, beside your sound server, instead of the machine's."),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; do nothing.")]


@app.command(epilog=EVERYWHERE)
def install(*, user: UserOption = False, dry_run: DryRunOption = False) -> None:
    """Put units, an example configuration and folders in place. Starts nothing."""
    from streamgenre.config.example import example
    from streamgenre.service.installation import installing
    from streamgenre.service.program import installed_program
    from streamgenre.service.service_manager import require_rights, version_of

    layout = _layout(user=user)
    version = version_of(layout)
    if not dry_run:
        require_rights(layout, "install")
    _do(installing(layout, installed_program(), version, example()), dry_run=dry_run)
    if not dry_run:
        typer.echo(_next_commands(layout))


@app.command(epilog=EVERYWHERE)
def uninstall(*, user: UserOption = False, dry_run: DryRunOption = False) -> None:
    """Stop the service and remove its units. Configuration and data stay."""
    from streamgenre.service.installation import removing
    from streamgenre.service.service_manager import require_rights, version_of

    layout = _layout(user=user)
    version_of(layout)
    if not dry_run:
        require_rights(layout, "uninstall")
    actions = removing(layout)
    if not actions:
        typer.echo("No units of streamgenre are installed.")
        return
    _do(actions, dry_run=dry_run)
    typer.echo("Kept, where they exist; remove them yourself if they are not wanted:")
    for place in layout.kept:
        typer.echo(f"  {place}")


@app.command("print", epilog=EVERYWHERE)
def print_(
    *,
    user: UserOption = False,
    stream_only: Annotated[
        bool,
        typer.Option("--stream-only", help="The drop-in for machines that follow stations and hear no card."),
    ] = False,
) -> None:
    """Print the units as they would be installed here; what needs a newer systemd too."""
    from streamgenre.service.installation import units
    from streamgenre.service.program import installed_program
    from streamgenre.service.shipped_units import unit_text

    if stream_only:
        typer.echo(unit_text("stream-only.conf"), nl=False)
        return
    layout = _layout(user=user)
    files = units(layout, installed_program(), NEWEST)
    typer.echo("\n".join(f"# {layout.units / name}\n{text}" for name, text in files.items()), nl=False)


def _layout(*, user: bool) -> Layout:
    return user_layout() if user else SYSTEM


def _do(actions: list[Action], *, dry_run: bool) -> None:
    """Tell and do one after the other; nothing is begun before all could be told."""
    plan = [(action, action.told()) for action in actions]
    for action, line in plan:
        if line:
            typer.echo(line)
            if not dry_run:
                action.perform()
    if dry_run:
        typer.echo("Nothing was done.")


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
