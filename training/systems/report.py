"""The tables of docs/models.md, written between markers from the results of every system."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamgenre.errors import StreamgenreError
from training.default_text import default_lines, gate_lines
from training.systems.evaluation import RESULTS_FILE
from training.systems.live_cost import live_cost
from training.systems.recipe import is_system, recipe_names

LIVE_FILE = "live.json"
LEAKING = ("d1", "e2", "e3")
"""Systems whose figures are taken apart by who was tested."""
PICTURES = {
    "confusion.png": "confusion matrices of tracks",
    "curves.png": "learning curves",
    "importances.png": "feature importances",
    "map.png": "t-SNE of the last layer but one",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One system's results."""

    name: str
    told: Mapping[str, Any]
    model_bytes: int
    cpu_share: float
    """CPU seconds a second of audio."""

    def trial(self, name: str) -> Mapping[str, Any] | None:
        return self.told["trials"].get(name)


def write_report(results: Path, models: Path, document: Path) -> list[str]:
    """Fill the document's places, copy the pictures beside it, and return the systems not trained yet."""
    names = [name for name in recipe_names() if is_system(name)]
    trained = [name for name in names if _is_trained(name, results, models)]
    rows = [_row(name, results, models) for name in trained]
    text = document.read_text(encoding="utf-8")
    for place, lines in (
        ("systems", _systems(rows)),
        ("trials", _trials(rows)),
        ("leaks", _leaks(rows)),
        ("details", _details(rows, results, document.parent)),
    ):
        text = _filled(text, place, "\n".join(lines))
    default = results / "genre.json"
    if default.is_file():
        figures = json.loads(default.read_text(encoding="utf-8"))
        text = _filled(text, "default", "\n".join(default_lines(figures)))
        text = _filled(text, "gate", "\n".join(gate_lines(figures)))
    document.write_text(text, encoding="utf-8")
    return [name for name in names if name not in trained]


def _row(name: str, results: Path, models: Path) -> Row:
    told = json.loads((results / name / RESULTS_FILE).read_text(encoding="utf-8"))
    size = (models / name / "model.onnx").stat().st_size
    return Row(name, told, size, _live(models / name, results / LIVE_FILE))


def _is_trained(name: str, results: Path, models: Path) -> bool:
    return (results / name / RESULTS_FILE).is_file() and (models / name / "model.onnx").is_file()


def _live(folder: Path, kept: Path) -> float:
    """Measure once a model: what is kept is by the card's digest."""
    known: dict[str, float] = json.loads(kept.read_text()) if kept.is_file() else {}
    card = (folder / "card.toml").read_text(encoding="utf-8")
    digest = next(line.split('"')[1] for line in card.splitlines() if line.startswith("sha256"))
    if digest not in known:
        known[digest] = round(live_cost(folder), 5)
        kept.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return known[digest]


def _systems(rows: list[Row]) -> Iterator[str]:
    yield "| | system | the paper's figure | ours, their protocol | | | ours, honest | | | model | live |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    yield "| | | | window | track | n | window | track | n | kB | CPU |"
    for row in rows:
        title, figure = row.told["title"], row.told["paper"]["figure"]
        shipped = [f"{row.model_bytes / 1000:,.0f}", f"{100 * row.cpu_share:.1f} %"]
        if row.trial("clips, paper") is None:
            yield _system(row, row.name, title, figure, "", shipped)
            continue
        yield _system(row, row.name, f"{title}, five genres", figure, "", ["–", "–"])
        yield _system(row, f"{row.name}, shipped", f"{title} of clips, ten genres", "", "clips, ", shipped)


def _system(row: Row, name: str, title: str, figure: str, trials: str, shipped: list[str]) -> str:
    cells = [f"**{name[:2].upper()}{name[2:]}**", title, figure]
    for kind in ("paper", "honest"):
        cells += _accuracies(row.trial(f"{trials}{kind}"))
    return f"| {' | '.join([*cells, *shipped])} |"


def _accuracies(trial: Mapping[str, Any] | None) -> list[str]:
    if trial is None:
        return ["–"] * 3
    window, track = trial["window"]["accuracy"], trial["track"]["accuracy"]
    count = f"{track[3]:,}" if window[3] == track[3] else f"{window[3]:,} / {track[3]:,}"
    return [_percent(window), _percent(track), count]


def _percent(share: list[float]) -> str:
    return f"{100 * share[0]:.1f} ({100 * share[1]:.0f}–{100 * share[2]:.0f})"


def _trials(rows: list[Row]) -> Iterator[str]:
    yield "| system | trial | trained on | window | track | n | same track | same artist |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        for name, trial in row.told["trials"].items():
            shared = trial["tested_rows_trained_on"]
            known = [f"{100 * shared[key]:.0f} %" for key in ("same_track", "same_artist")]
            trained = f"{trial['rows_trained_on']:,}, to {100 * trial['train_accuracy']:.1f} %"
            cells = [row.name.upper(), name, trained, *_accuracies(trial), *known]
            yield f"| {' | '.join(cells)} |"


def _leaks(rows: list[Row]) -> Iterator[str]:
    yield "| system | trial | windows | of a track trained on | of an artist trained on | of neither |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        if row.name not in LEAKING:
            continue
        for name, trial in row.told["trials"].items():
            found = trial["by_acquaintance"]
            kinds = [
                f"{_percent(found[kind])}, n {found[kind][3]:,}" if kind in found else "–"
                for kind in ("same_track", "same_artist", "neither")
            ]
            cells = [row.name.upper(), name, _percent(trial["window"]["accuracy"]), *kinds]
            yield f"| {' | '.join(cells)} |"


def _details(rows: list[Row], results: Path, docs: Path) -> Iterator[str]:
    for row in rows:
        yield f"### {row.name.upper()}: {row.told['title']}"
        yield ""
        yield f"As described: {row.told['paper']['described']}. Ours: {row.told['paper']['deviation']}."
        yield ""
        yield from _by_label(row)
        yield ""
        yield from _grid(row.told.get("grid", ()))
        for file, what in PICTURES.items():
            drawn = results / row.name / file
            if drawn.is_file():
                (docs / "models").mkdir(parents=True, exist_ok=True)
                shutil.copyfile(drawn, docs / "models" / f"{row.name}-{file}")
                yield f"![{row.name.upper()}: {what}](models/{row.name}-{file})"
                yield ""


def _grid(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Tell the best of a grid search, which is reported and not used."""
    if found:
        best = {key: value for key, value in found[0].items() if key != "validation"}
        told = ", ".join(f"{key.replace('_', ' ')} {value or 'none'}" for key, value in best.items())
        share = found[0]["validation"]
        yield (
            f"Grid search on the validation rows of the honest trial (n {share[3]}, {len(found)} settings), "
            f"told and not used: best with {told}, {_percent(share)}."
        )
        yield ""


def _by_label(row: Row) -> Iterator[str]:
    """Precision, recall and F1 of tracks, both protocols."""
    trials = {name: trial for name in ("paper", "honest") if (trial := row.trial(name)) is not None}
    labels = list(dict.fromkeys(label for trial in trials.values() for label in trial["labels"]))
    heads = " | ".join(f"{name}: precision | recall | F1 | n" for name in trials)
    yield f"| tracks | {heads} |"
    yield "|---|" + "---|" * (4 * len(trials))
    for label in labels:
        cells = [label]
        for trial in trials.values():
            found = trial["track"]["by_label"].get(label)
            cells += [f"{found[key]:.2f}" for key in ("precision", "recall", "f1")] if found else ["–"] * 3
            cells.append(str(found["n"]) if found else "–")
        yield f"| {' | '.join(cells)} |"


def _filled(text: str, place: str, content: str) -> str:
    begin, end = f"<!-- {place}: begin -->", f"<!-- {place}: end -->"
    if begin not in text or end not in text:
        raise StreamgenreError(f"the document has no place between {begin} and {end}")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{content}\n{end}{after}"
