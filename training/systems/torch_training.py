"""The loop that trains a network: the same rows and seed give the same weights, interrupted or not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.systems.checkpoints import Checkpoint, Reached
from training.systems.estimator import Epoch, History, Progress
from training.systems.material import Material
from training.systems.training_settings import TrainingSettings

_CHUNK = 64
"""Rows at a time where nothing is learnt."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What a network learns from, or is measured on."""

    inputs: Tensor
    """(rows, frames, bands) float32."""
    labels: Tensor
    """(rows,) int64."""


class Training:
    """One network on its way."""

    def __init__(
        self, network: nn.Sequential, settings: TrainingSettings, seed: int, checkpoint: Checkpoint
    ) -> None:
        self._network = network.to(memory_format=torch.channels_last)
        self._settings = settings
        self._seed = seed
        self._checkpoint = checkpoint
        self._optimiser = _make_optimiser(network, settings)
        self._epochs: list[Epoch] = []
        self._best = network.state_dict()

    def run(self, train: Material, validation: Material, progress: Progress) -> History:
        """Train to the end, from where an interruption left it; the kept epoch's weights are in the network.

        Without validation rows their figures are NaN, and the last epoch is kept.
        """
        self._resume()
        learnt, held_out = _rows(train), _rows(validation)
        while not self._over():
            self._epoch(learnt, held_out, progress)
            self._save()
        self._network.load_state_dict(self._best)
        return History(self._epochs, self._kept())

    def _epoch(self, train: Rows, validation: Rows, progress: Progress) -> None:
        settings, done = self._settings, len(self._epochs)
        steps = -(-len(train.labels) // settings.batch)

        def step_done(step: int) -> None:
            progress(done * steps + step, settings.epochs * steps)

        seed = self._seed * 10_000 + done
        learnt = _train_epoch(self._network, self._optimiser, train, settings.batch, seed, step_done)
        self._epochs.append(Epoch(*learnt, *_measure(self._network, validation)))
        if self._kept() == done:
            self._best = {name: value.clone() for name, value in self._network.state_dict().items()}

    def _kept(self) -> int:
        """Tell the epoch with the lowest validation loss; the last where asked for, or none is known."""
        losses = [epoch.validation_loss for epoch in self._epochs]
        if self._settings.keep == "last" or math.isnan(losses[-1]):
            return len(losses) - 1
        return losses.index(min(losses))

    def _over(self) -> bool:
        done, patience = len(self._epochs), self._settings.patience
        return done >= self._settings.epochs or (0 < patience <= done and self._kept() < done - patience)

    def _resume(self) -> None:
        reached = self._checkpoint.load()
        if reached is not None:
            self._network.load_state_dict(reached.weights)
            self._optimiser.load_state_dict(reached.optimiser)
            self._best, self._epochs = reached.best, reached.epochs

    def _save(self) -> None:
        weights, optimiser = self._network.state_dict(), self._optimiser.state_dict()
        self._checkpoint.save(Reached(weights, self._best, optimiser, self._epochs))


def _rows(material: Material) -> Rows:
    return Rows(torch.from_numpy(material.inputs), torch.from_numpy(material.labels))


def _make_optimiser(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Weights of layers decay; biases and batch normalisation do not."""
    groups = [
        {
            "params": [value for value in network.parameters() if value.ndim > 1],
            "weight_decay": settings.weight_decay,
        },
        {"params": [value for value in network.parameters() if value.ndim == 1], "weight_decay": 0.0},
    ]
    if settings.optimiser == "sgd":
        return torch.optim.SGD(groups, settings.learning_rate, momentum=0.9)
    return torch.optim.Adam(groups, settings.learning_rate)


def _train_epoch(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    rows: Rows,
    batch: int,
    seed: int,
    step_done: Callable[[int], None],
) -> tuple[float, float]:
    """Learn from every row once, in an order that `seed` decides; return loss and accuracy on the way."""
    torch.manual_seed(seed)
    network.train()
    loss_sum, right = 0.0, 0
    for step, chosen in enumerate(_batches(len(rows.labels), batch), start=1):
        optimiser.zero_grad(set_to_none=True)
        logits, labels = network(rows.inputs[chosen]), rows.labels[chosen]
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()
        optimiser.step()
        loss_sum += loss.item() * len(chosen)
        right += int((logits.argmax(1) == labels).sum())
        step_done(step)
    return loss_sum / len(rows.labels), right / len(rows.labels)


@torch.no_grad()
def _measure(network: nn.Module, rows: Rows) -> tuple[float, float]:
    """Give mean loss and accuracy; NaN of no rows."""
    if not len(rows.labels):
        return math.nan, math.nan
    network.eval()
    logits = torch.cat([network(chunk) for chunk in rows.inputs.split(_CHUNK)])
    loss = nn.functional.cross_entropy(logits, rows.labels)
    return loss.item(), (logits.argmax(1) == rows.labels).float().mean().item()


def _batches(rows: int, batch: int) -> Iterator[Tensor]:
    """A lone last row is left out: batch normalisation has nothing to go by."""
    chosen = torch.randperm(rows).split(batch)
    return (part for part in chosen if len(part) > 1 or len(chosen) == 1)
