"""The protocol of a trial in a sentence, as it turned out on the material at hand."""

from __future__ import annotations

from collections.abc import Mapping

from training.systems.material import Material
from training.systems.recipe import ProtocolName, Trial

NOBODY = "no artist is known"

_IN_WORDS: Mapping[ProtocolName, str] = {
    "seen_rows": "one row in {folds} tested, drawn at random from the very rows that were trained on",
    "random_rows": "rows drawn at random, one in {folds} tested, whatever track or artist they come from",
    "random_tracks": "tracks drawn at random, one in {folds} tested: no track on both sides, artists on both",
    "fault_filtered": "the fault-filtered split of GTZAN (Kereliuk, Sturm and Larsen 2015: 443 tracks for "
    "training, 197 for validation, 290 tested), less the training tracks whose artist is also tested: no "
    "artist and no track on both sides",
    "artist_folds": "{folds} folds by artist: no artist and no track on both sides",
}
_DIVIDED = (
    "the split that came with the data, less the training tracks whose artist is also tested: no artist and "
    "no track on both sides"
)


def in_words(trial: Trial, material: Material) -> str:
    """Say who was tested, and who was trained on."""
    if trial.protocol == "own_split":
        return _own_split(trial, material)
    words = _IN_WORDS[trial.protocol].format(folds=trial.folds)
    if trial.protocol in {"seen_rows", "fault_filtered"}:
        return words
    runs = trial.runs or trial.folds
    return f"{words}; {runs} of {trial.folds} such divisions" if runs < trial.folds else words


def _own_split(trial: Trial, material: Material) -> str:
    """Say which of the two it was, and what of it the data do not allow to promise."""
    nobody = material.uncredited == len(material.tracks)
    if material.divided:
        words = "the split that came with the data: no track on both sides" if nobody else _DIVIDED
    elif nobody:
        words = f"{trial.folds} folds: no track on both sides"
    else:
        words = _IN_WORDS["artist_folds"].format(folds=trial.folds)
    return "; ".join([words, *_reservations(material, nobody=nobody)])


def _reservations(material: Material, *, nobody: bool) -> list[str]:
    sides = set(material.splits) - {""}
    unused = sides and not material.divided
    found = [f"the split of the data has only {', '.join(sorted(sides))} and was not used"] if unused else []
    if nobody:
        found.append(f"{NOBODY}, so one may be on both sides, and the figure then flatters")
    elif material.uncredited:
        number = material.uncredited
        have = "track has" if number == 1 else "tracks have"
        found.append(f"{number} {have} no artist, and each counts as by another one")
    return found
