"""What an estimator is trained and tested on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from streamgenre.settings import FrontEndSettings
from training.systems.levelling import Levelling

Float32 = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Rows with labels; several rows may come from one track."""

    inputs: Float32
    """(rows, frames, bands) float32, as the front end below makes windows, levelled where that is said."""
    labels: Integers
    """(rows,) index into `label_names`."""
    label_names: tuple[str, ...]
    track_of: Integers
    """(rows,) index into the tracks."""
    tracks: tuple[str, ...]
    """Name of each track."""
    credits: tuple[str, ...]
    """Artist of each track as the source writes it; empty where nobody knows."""
    splits: tuple[str, ...]
    """train, valid or test of each track in the fault-filtered split; empty where it is in none."""
    front_end: FrontEndSettings
    """What makes such rows of sound."""
    skipped: dict[str, str] = field(default_factory=dict)
    """What was left out, and why."""
    levelling: Levelling | None = None
    """What lies between the front end's rows and the inputs; None: nothing."""

    @property
    def divided(self) -> bool:
        """Whether it came with train, valid and test of its own."""
        return {"train", "valid", "test"} <= set(self.splits)

    @property
    def uncredited(self) -> int:
        """Tracks nobody is known to be the artist of."""
        return sum(not credit.strip() for credit in self.credits)

    def rows(self, chosen: NDArray[np.bool_] | Integers) -> Material:
        """Give some of the rows, tracks unchanged."""
        return replace(
            self, inputs=self.inputs[chosen], labels=self.labels[chosen], track_of=self.track_of[chosen]
        )
