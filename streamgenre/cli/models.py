"""`streamgenre models`: the cards of what is installed, and installing one's own."""

from __future__ import annotations

import json as json_format
import os
import shutil
import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from streamgenre.cli.options import EVERYWHERE, JsonOption
from streamgenre.cli.tables import literal, table_console
from streamgenre.errors import ModelError, StreamgenreError, UsageError

EXAMPLES = """Examples:

streamgenre models list

streamgenre models show genre

streamgenre models verify

streamgenre models add ~/my-model
"""
CARD_FILES = ("golden.npz", "LICENSE", "PROVENANCE.md")

app = typer.Typer(
    help="List, show, verify and add models.", no_args_is_help=True, epilog=f"{EXAMPLES}\n{EVERYWHERE}"
)

NameArgument = Annotated[str, typer.Argument(metavar="MODEL", help="A model's name, or its folder.")]


@app.command("list", epilog=EVERYWHERE)
def list_() -> None:
    """List the models that are installed: yours first, then the shipped ones."""
    from streamgenre.classify.model_card import read_card
    from streamgenre.classify.registry import list_models

    table = Table("name", "gives", "licence", "folder", box=None, header_style="bold")
    for name, folder in list_models().items():
        try:
            card = read_card(folder)
        except ModelError as error:
            table.add_row(literal(name), literal(str(error), "red"), "", literal(str(folder)))
            continue
        shown = name if card.name == name else f"{name} (its card says {card.name})"
        gives = ", ".join(f"{len(head.labels)} {head.output}" for head in card.heads)
        table.add_row(*map(literal, (shown, gives, card.licence, str(folder))))
    table_console().print(table)


@app.command(epilog=EVERYWHERE)
def show(model: NameArgument, *, json: JsonOption = False) -> None:
    """Show a model's card: labels, licence, accuracy and how it was measured."""
    from streamgenre.classify.model_card import CARD_FILE, read_card
    from streamgenre.classify.registry import find_model

    folder = find_model(model)
    read_card(folder)
    text = (folder / CARD_FILE).read_text(encoding="utf-8")
    typer.echo(json_format.dumps(tomllib.loads(text), ensure_ascii=False) if json else text, nl=json)


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
def add(folder: Annotated[Path, typer.Argument(help="A folder with model.onnx and card.toml.")]) -> None:
    """Install your own model, after checking that it loads and matches its card."""
    from streamgenre.classify.onnx_model import OnnxModel
    from streamgenre.classify.registry import user_models_folder

    if not folder.is_dir():
        raise ModelError(f"{folder}: no such folder; a model is a folder with model.onnx and card.toml")
    card = OnnxModel(folder).card
    target = user_models_folder() / card.name
    if target.exists():
        raise UsageError(
            f"{target} exists already; remove it first, or give your model another name in its card"
        )
    wanted = [folder / name for name in (card.path.name, card.graph_file, *CARD_FILES)]
    try:
        _install([file for file in wanted if file.is_file()], target)
    except OSError as error:
        remedy = "set XDG_DATA_HOME to a folder that can be written and has room"
        raise StreamgenreError(f"cannot install in {target}: {error.strerror}; {remedy}") from error
    typer.echo(
        f"installed {card.name} in {target}; hear it with: streamgenre listen --model {card.name} SOURCE"
    )


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


def _install(files: list[Path], target: Path) -> None:
    """Copy the files into a new folder, all of them or none."""
    partial = target.with_name(f".{target.name}-{os.getpid()}.part")
    try:
        partial.mkdir(parents=True)
        for file in files:
            shutil.copy2(file, partial / file.name)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
