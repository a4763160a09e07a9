"""`streamgenre models`: the cards of what is installed, and installing one's own."""

from __future__ import annotations

import json as json_format
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from streamgenre.cli.options import EVERYWHERE, JsonOption
from streamgenre.cli.tables import literal, one_line, table_console
from streamgenre.errors import ModelError

if TYPE_CHECKING:
    from streamgenre.classify.model_card import ModelCard

EXAMPLES = """Examples:

streamgenre models list

streamgenre models show genre

streamgenre models verify

streamgenre models add ~/my-model

streamgenre models add genre.onnx --name mine
"""

app = typer.Typer(
    help="List, show, verify and add models.", no_args_is_help=True, epilog=f"{EXAMPLES}\n{EVERYWHERE}"
)

NameArgument = Annotated[str, typer.Argument(metavar="MODEL", help="A model's name, or its folder.")]


@app.command("list", epilog=EVERYWHERE)
def list_() -> None:
    """List the models that are installed: yours first, then the shipped ones."""
    from streamgenre.classify.model_card import read_card
    from streamgenre.classify.registry import list_models

    console, wide = table_console(), not sys.stdout.isatty()
    table = _listing(with_folder=wide)
    refused: list[ModelError] = []
    for name, folder in list_models().items():
        try:
            cells = _row(name, read_card(folder))
        except ModelError as error:
            refused.append(error)
            cells = [literal(name), literal("refused", "red"), Text(), Text()]
        table.add_row(*cells, *([literal(str(folder))] if wide else []))
    console.print(table)
    for error in refused:
        console.print(literal(str(error), "red"))


@app.command(epilog=EVERYWHERE)
def show(model: NameArgument, *, json: JsonOption = False) -> None:
    """Show a model's card: labels, licence, accuracy and how it was measured."""
    from streamgenre.classify.model_card import CARD_FILE, read_card
    from streamgenre.classify.registry import find_model
    from streamgenre.cli.model_summary import summary

    folder = find_model(model)
    card = read_card(folder)
    text = (folder / CARD_FILE).read_text(encoding="utf-8")
    if json:
        typer.echo(json_format.dumps(tomllib.loads(text), ensure_ascii=False, default=str))
        return
    for word, line in summary(card, folder):
        typer.echo(f"# {word:<8}  {one_line(line)}")
    typer.echo(f"\n{text}", nl=False)


@app.command(epilog=EVERYWHERE)
def verify(models: Annotated[list[str] | None, typer.Argument(metavar="[MODEL]...")] = None) -> None:
    """Run the golden vectors here and compare: all models, or those named."""
    from streamgenre.classify.registry import list_models

    failed = [name for name in models or list(list_models()) if not _verified(name)]
    if failed:
        raise ModelError(
            f"{', '.join(failed)}: not as the golden vectors say; reinstall the model or onnxruntime"
        )


@app.command(epilog=EVERYWHERE)
def add(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|FILE",
            help="A folder with model.onnx and card.toml, or an ONNX file with beside it its card (same name "
            "with .toml, or card.toml) or the metadata that Essentia publishes (same name with .json).",
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="Another name than the model's own.")] = None,
) -> None:
    """Install your own model, after checking that it loads, answers and matches its card."""
    from streamgenre.classify.install import install_model
    from streamgenre.classify.registry import user_models_folder
    from streamgenre.cli.model_summary import gives

    card = install_model(path, name)
    typer.echo(f"installed {card.name} in {user_models_folder() / card.name}: it gives {gives(card)}")
    if card.genre is not None:
        typer.echo(f"hear it with: streamgenre listen --model {card.name} SOURCE")
    else:
        typer.echo("tags are no genres: it cannot be listened with; streamgenre.classify.load_model reads it")


def _listing(*, with_folder: bool) -> Table:
    """Make the table; on a terminal a model is one line, cut where it does not fit."""
    table = Table(box=None, header_style="bold")
    for heading in ("name", "gives", "accuracy", "licence"):
        table.add_column(heading, no_wrap=heading in ("name", "gives"))
    if with_folder:
        table.add_column("folder")
    return table


def _row(name: str, card: ModelCard) -> list[Text]:
    from streamgenre.cli.model_summary import accuracy, gives

    shown = name if card.name == name else f"{name} (its card says {card.name})"
    cells = [literal(text) for text in (shown, gives(card), accuracy(card), card.licence)]
    for cell in cells:
        cell.no_wrap, cell.overflow = True, "ellipsis"
    return cells


def _verified(name: str) -> bool:
    """Verify one model and say what was found."""
    from streamgenre.classify.golden import verify_model

    try:
        report = verify_model(name)
    except ModelError as error:
        typer.echo(f"{name}: FAILED: {error}")
        return False
    for check in report.checks:
        word = "ok" if check.passed else "FAILED"
        errors = f"largest error {check.max_error:.1e}, allowed {check.tolerance:.1e}"
        typer.echo(f"{name}: {check.output}: {word}: {errors} ({report.windows} windows)")
    return report.passed
