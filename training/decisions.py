"""`python -m training decisions`: calibrate what is published, and measure decisions over time."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from streamgenre.classify import load_model
from streamgenre.classify.onnx_model import OnnxModel
from streamgenre.classify.toml_text import toml_text
from streamgenre.messages import AudioFormat, Observation
from streamgenre.settings import CalibrationSettings, SmoothingName
from training.clip_windows import decode_clip
from training.corpus import Corpus
from training.datasets import GENRE_SETS, Clip
from training.decisions_text import decisions_text, put_between_markers
from training.evaluate import choose_temperature
from training.heard import Deciding, Heard, RememberingListener, hear
from training.judges import NetworkListener, Partition, cooled, make_partition, out_of_fold
from training.programme_table import ProgrammeHeard, smoother_row
from training.programmes import RATE_HZ, ProgrammeMaker
from training.published import SMOOTHERS, ClipHeard, coverage_table, fit_calibration, published_figures
from training.recipe import Recipe
from training.train import RESULTS, load_corpus

HOPS_SECONDS = (0.25, 0.5, 1.0, 2.0)
LISTEN_HOP_SECONDS = 0.5
PROGRAMMES_A_FOLD = 3
SONG_SECONDS = 5.5
THRESHOLDS = (0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A recipe's networks, clips and out-of-fold judges."""

    recipe: Recipe
    networks: Sequence[OnnxModel]
    clips: Sequence[Clip]
    partitions: Mapping[int, Partition]
    """By seed: the recipe's own, on which figures are measured, and those on which maps are chosen."""

    def listener(self) -> NetworkListener:
        return NetworkListener(self.networks, self.recipe.outputs)


def decisions(recipe: Recipe, data: Path, models: Path, document: Path) -> dict[str, Any]:
    """Measure everything; write JSON, the card's [calibration] and the section of the document."""
    bench = make_bench(recipe, data)
    clips = judged_clips(bench)
    deciding = Deciding(recipe.genre.labels)
    calibration = fit_calibration([clips[seed] for seed in recipe.choice_seeds], deciding)
    deciding = replace(deciding, calibration=calibration)
    figures: dict[str, Any] = {"calibration": asdict(calibration), "published": {}, "programmes": {}}
    for name in SMOOTHERS:
        figures["published"][name] = published_figures(clips[recipe.seed], _smoothed(deciding, name))
    figures["coverage"] = coverage_table(clips[recipe.seed], deciding, THRESHOLDS)
    for kind, least_seconds in {"songs": SONG_SECONDS, "medleys": 0.0}.items():
        heard = judged_programmes(bench, least_seconds)
        figures["programmes"][kind] = {
            name: smoother_row(heard, _smoothed(deciding, name), LISTEN_HOP_SECONDS) for name in SMOOTHERS
        }
    _write(recipe, figures, calibration, models, document)
    return figures


def make_bench(recipe: Recipe, data: Path) -> Bench:
    """Fit the judges of every partition, each cooled as the shipped heads are."""
    genre, gate = (load_corpus(recipe, head, data) for head in (recipe.genre, recipe.gate))
    made = {seed: make_partition(recipe, genre, gate, seed) for seed in (recipe.seed, *recipe.choice_seeds)}
    chosen = [made[seed] for seed in recipe.choice_seeds]
    temperatures = {"genre": _temperature(genre, chosen, "genre"), "gate": _temperature(gate, chosen, "gate")}
    return Bench(
        recipe,
        [load_model(name) for name in recipe.networks],
        list({clip.key: clip for corpus in (genre, gate) for clip in corpus.clips}.values()),
        {seed: cooled(partition, temperatures) for seed, partition in made.items()},
    )


def judged_clips(bench: Bench) -> dict[int, list[ClipHeard]]:
    """Hear every clip with a genre as `listen` does, and have it judged out of fold, by partition."""
    clips = [clip for clip in bench.clips if clip.dataset in GENRE_SETS]
    with ThreadPoolExecutor(2) as pool:
        heard = list(pool.map(lambda clip: _hear_clip(bench, clip), clips))
    return {
        seed: [
            ClipHeard(clip.label, one.observations(partition.judge(clip)))
            for clip, one in zip(clips, heard, strict=True)
        ]
        for seed, partition in bench.partitions.items()
    }


def judged_programmes(bench: Bench, least_song_seconds: float) -> list[ProgrammeHeard]:
    """Make and hear programmes of each fold's clips, judged by the judge who never heard their artists."""
    partition, found = bench.partitions[bench.recipe.seed], list[ProgrammeHeard]()
    for fold, judge in enumerate(partition.judges):
        mine = [clip for clip in bench.clips if partition.fold_of[clip.key] == fold]
        maker = ProgrammeMaker(mine, least_song_seconds)
        for number in range(PROGRAMMES_A_FOLD):
            programme = maker.make([bench.recipe.seed, fold, number])
            listener = RememberingListener(bench.listener())
            hops: dict[float, list[Observation]] = {}
            for hop in HOPS_SECONDS:
                heard = hear(programme.samples, AudioFormat(RATE_HZ, 1), listener, hop)
                hops[hop] = heard.observations(judge)
            found.append(ProgrammeHeard(programme.items, programme.edges, hops))
            print(f"fold {fold}, programme {number}: {programme.edges[-1]:.0f} s", flush=True)
    return found


def _hear_clip(bench: Bench, clip: Clip) -> Heard:
    samples, audio_format = decode_clip(clip)
    listener = bench.listener()
    return hear(samples, audio_format, listener, LISTEN_HOP_SECONDS)


def _smoothed(deciding: Deciding, name: SmoothingName) -> Deciding:
    return replace(deciding, settings=replace(deciding.settings, smoothing=name))


def _temperature(corpus: Corpus, partitions: Sequence[Partition], role: str) -> float:
    found = [choose_temperature(corpus, out_of_fold(corpus, one, role)) for one in partitions]
    return float(np.mean(found))


def _write(
    recipe: Recipe, figures: dict[str, Any], calibration: CalibrationSettings, models: Path, document: Path
) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, indent=1) + "\n"
    (RESULTS / f"decisions-{recipe.name}.json").write_text(text, encoding="utf-8")
    write_calibration(models / recipe.name / "card.toml", calibration, figures["published"]["hmm"])
    put_between_markers(document, decisions_text(recipe, figures))


def write_calibration(card: Path, calibration: CalibrationSettings, published: Mapping[str, Any]) -> None:
    """Put [calibration] and the figures of what is published into a card; all else stays."""
    if not card.is_file():
        print(f"no card at {card}: train the model first; its calibration is in the results")
        return
    values = tomllib.loads(card.read_text(encoding="utf-8"))
    accuracy = dict(values.pop("accuracy", {})) | {"published": dict(published)}
    values["calibration"] = asdict(calibration)
    card.write_text(toml_text(values | {"accuracy": accuracy}), encoding="utf-8")
