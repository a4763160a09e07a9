"""`python -m training …`: convert pretrained weights, train, evaluate."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from training.convert_musicnn import convert_musicnn
from training.datasets import default_data_folder
from training.musicnn_wheel import MusicnnWheel
from training.recipe import RECIPES, read_recipe
from training.train import evaluate, train

MODELS = Path(__file__).parents[1] / "models"


def main() -> None:
    arguments = _parser().parse_args()
    match arguments.command:
        case "convert-musicnn":
            for folder in convert_musicnn(_wheel(arguments.wheel), arguments.models):
                print(f"wrote {folder}")
        case "train":
            recipe, wheel = read_recipe(arguments.recipe), _wheel(arguments.wheel)
            print(f"wrote {train(recipe, arguments.data, wheel, arguments.models)}")
        case "evaluate":
            _, figures = evaluate(read_recipe(arguments.recipe), arguments.data)
            print(json.dumps(figures, indent=1))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    convert = commands.add_parser("convert-musicnn", help="musicnn wheel → models/msd_musicnn, mtt_musicnn")
    run = commands.add_parser("train", help="train a recipe on all clips and export it, figures in its card")
    measure = commands.add_parser("evaluate", help="print a recipe's out-of-fold figures as JSON")
    for command in (run, measure):
        command.add_argument("recipe", choices=sorted(path.stem for path in RECIPES.glob("*.toml")))
        command.add_argument("--data", type=Path, default=default_data_folder(), help="the research clips")
    for command in (convert, run):
        command.add_argument("--wheel", type=Path, help="the wheel of musicnn 0.1.0; downloaded if absent")
        command.add_argument("--models", type=Path, default=MODELS, help="folder to write into")
    return parser


def _wheel(path: Path | None) -> MusicnnWheel:
    return MusicnnWheel(path) if path else MusicnnWheel.downloaded()


if __name__ == "__main__":
    main()
