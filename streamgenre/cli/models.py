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

from streamgenre.cli.help_page import HelpfulCommand, HelpfulGroup
from streamgenre.cli.options import JsonAnswerOption, installed_models
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
    help="List, show, verify and add models.", no_args_is_help=True, epilog=EXAMPLES, cls=HelpfulGroup
)

NameArgument = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A model's name, or its folder.", autocompletion=installed_models),
]


LIST_EXAMPLES = """Examples:

streamgenre models list

streamgenre models list --json | jq -r '.[] | select(.gives.genres) | .name'
"""


@app.command("list", epilog=LIST_EXAMPLES, cls=HelpfulCommand)
def list_(*, json: JsonAnswerOption = False) -> None:
    """List the models that are installed: yours first, then the shipped ones."""
    from streamgenre.classify.model_card import read_card
    from streamgenre.classify.registry import list_models

    if json:
        found = [_listed(name, folder) for name, folder in list_models().items()]
        typer.echo(json_format.dumps(found, ensure_ascii=False))
        return
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


SHOW_EXAMPLES = """Examples:

streamgenre models show genre

streamgenre models show ~/my-model --json | jq .accuracy
"""


@app.command(epilog=SHOW_EXAMPLES, cls=HelpfulCommand)
def show(model: NameArgument, *, json: JsonAnswerOption = False) -> None:
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


VERIFY_EXAMPLES = """Examples:

streamgenre models verify

streamgenre models verify genre-light ~/my-model

streamgenre models verify --json | jq '.[] | select(.passed | not)'
"""


@app.command(epilog=VERIFY_EXAMPLES, cls=HelpfulCommand)
def verify(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="Names or folders; all that are installed when none is named.",
            autocompletion=installed_models,
        ),
    ] = None,
    *,
    json: JsonAnswerOption = False,
) -> None:
    """Run the golden vectors here and compare: all models, or those named."""
    from streamgenre.classify.registry import list_models
    from streamgenre.cli.progress import progress
    from streamgenre.cli.verification import failures, payload, told, verify_one

    names = models or list(list_models())
    found = list(progress(map(verify_one, names), len(names), "verifying"))
    if json:
        typer.echo(json_format.dumps([payload(one) for one in found], ensure_ascii=False))
    for one in () if json else found:
        typer.echo(told(one))
    if words := failures(found):
        raise ModelError(words)


ADD_EXAMPLES = """Examples:

streamgenre models add ~/my-model

streamgenre models add genre.onnx --name mine
"""


@app.command(epilog=ADD_EXAMPLES, cls=HelpfulCommand)
def add(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|FILE",
            help="A folder with model.onnx and card.toml, or an ONNX file. Beside the file lies its "
            "card (same name with .toml, or card.toml) or the metadata of Essentia (same name with .json).",
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", help="Another name than the model's own.")] = None,
    *,
    json: JsonAnswerOption = False,
) -> None:
    """Install your own model, after checking that it loads, answers and matches its card."""
    from streamgenre.classify.install import install_model
    from streamgenre.classify.registry import user_models_folder
    from streamgenre.cli.model_summary import gives, payload
    from streamgenre.cli.progress import waiting

    with waiting(f"checking {path}"):
        card = install_model(path, name)
    folder = user_models_folder() / card.name
    if json:
        told = {"name": card.name, **payload(card, folder)}
        typer.echo(json_format.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"installed {card.name} in {folder}: it gives {gives(card)}")
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


def _listed(name: str, folder: Path) -> dict[str, object]:
    """Return what scripts are told of an installed model, with the error of one that cannot be read."""
    from streamgenre.classify.model_card import read_card
    from streamgenre.cli.model_summary import payload

    try:
        return {"name": name, **payload(read_card(folder), folder), "error": None}
    except ModelError as error:
        return {"name": name, "folder": str(folder), "error": str(error)}
