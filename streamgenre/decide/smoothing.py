"""From the posteriors of overlapping windows to one belief, weighted by the evidence each window adds."""

from __future__ import annotations

from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamgenre.settings import SmootherSettings, SmoothingName

Float64 = NDArray[np.float64]

_LEAST_BELIEF = 1e-12


class Smoother(Protocol):
    """A running belief over the labels; it starts uniform and fades to that while nothing feeds it."""

    @property
    def belief(self) -> Float64:
        """(labels,) float64, sums to 1; the caller does not write to it."""
        ...

    def process(self, posterior: Float64, evidence_seconds: float, elapsed_seconds: float) -> Float64:
        """Let time pass, then weigh in the audio that is new in this window; return the belief.

        `posterior` is (labels,) float64, sums to 1; zeros are allowed. `evidence_seconds` is what the
        window adds to those before it; with 0.0 the posterior is ignored.
        """
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class HmmSmoother:
    """Forward filter of a continuous-time Markov chain whose states last `dwell_seconds` on average.

    A window's likelihood is its posterior over the uniform prior, to the power
    temper × evidence_seconds / window_seconds: overlapping windows share their evidence. It is weighed in
    at the middle of the time that passes, which makes long hops and short ones agree to second order.
    """

    def __init__(self, labels: int, settings: SmootherSettings) -> None:
        self._settings = settings
        self._labels = labels
        self.reset()

    @property
    def belief(self) -> Float64:
        return self._belief

    def process(self, posterior: Float64, evidence_seconds: float, elapsed_seconds: float) -> Float64:
        s = self._settings
        stay = _stay(evidence_seconds, elapsed_seconds, s.dwell_seconds, s.idle_seconds)
        self._belief = _fade(self._belief, np.sqrt(stay))
        if evidence_seconds > 0.0:
            ratio = np.log((1.0 - s.doubt) * self._labels * posterior + s.doubt)
            share = min(evidence_seconds / s.window_seconds, 1.0)
            logs = np.log(np.maximum(self._belief, _LEAST_BELIEF)) + s.temper * share * ratio
            self._belief = np.exp(logs - logs.max())
            self._belief /= self._belief.sum()
        self._belief = _fade(self._belief, np.sqrt(stay))
        return self._belief

    def reset(self) -> None:
        self._belief = _uniform(self._labels)


class EmaSmoother:
    """Exponential average of the posteriors over evidence, with a little of the prior mixed in."""

    def __init__(self, labels: int, settings: SmootherSettings) -> None:
        self._settings = settings
        self._labels = labels
        self.reset()

    @property
    def belief(self) -> Float64:
        weights = self._seconds + self._settings.prior_seconds / self._labels
        return weights / weights.sum()

    def process(self, posterior: Float64, evidence_seconds: float, elapsed_seconds: float) -> Float64:
        s = self._settings
        stay = _stay(evidence_seconds, elapsed_seconds, None, s.idle_seconds)
        self._seconds = stay * (stay * self._seconds + (1.0 - stay) * self._seconds.mean())
        keep = np.exp(-evidence_seconds / s.ema_seconds)
        self._seconds = keep * self._seconds + (1.0 - keep) * s.ema_seconds * posterior
        return self.belief

    def reset(self) -> None:
        self._seconds = np.zeros(self._labels)


class VoteSmoother:
    """Every second of the last `vote_seconds` has one vote, split as the square of its window's posterior.

    A clear window gives nearly all of it to one label; whole votes would hang on where a hop happens to fall.
    """

    def __init__(self, labels: int, settings: SmootherSettings) -> None:
        self._settings = settings
        self._labels = labels
        self.reset()

    @property
    def belief(self) -> Float64:
        votes = np.full(self._labels, self._settings.prior_seconds / self._labels)
        for _, ballot in self._ballots:
            votes += ballot
        return votes / votes.sum()

    def process(self, posterior: Float64, evidence_seconds: float, elapsed_seconds: float) -> Float64:
        self._now_seconds += elapsed_seconds
        if evidence_seconds > 0.0:
            ballot = posterior**2
            self._ballots.append((self._now_seconds, evidence_seconds * ballot / ballot.sum()))
        while self._ballots and self._ballots[0][0] <= self._now_seconds - self._settings.vote_seconds:
            self._ballots.popleft()
        return self.belief

    def reset(self) -> None:
        self._now_seconds = 0.0
        self._ballots: deque[tuple[float, Float64]] = deque()


class NoSmoother:
    """The posterior of the last window that brought evidence, fading while none comes."""

    def __init__(self, labels: int, settings: SmootherSettings) -> None:
        self._settings = settings
        self._labels = labels
        self.reset()

    @property
    def belief(self) -> Float64:
        return self._belief

    def process(self, posterior: Float64, evidence_seconds: float, elapsed_seconds: float) -> Float64:
        if evidence_seconds > 0.0:
            self._belief = np.asarray(posterior, np.float64)
        else:
            stay = _stay(0.0, elapsed_seconds, None, self._settings.idle_seconds)
            self._belief = _fade(self._belief, stay)
        return self._belief

    def reset(self) -> None:
        self._belief = _uniform(self._labels)


def make_smoother(name: SmoothingName, labels: int, settings: SmootherSettings) -> Smoother:
    """Return the smoother of that name over so many labels."""
    kinds = {"hmm": HmmSmoother, "ema": EmaSmoother, "vote": VoteSmoother, "none": NoSmoother}
    return kinds[name](labels, settings)


def _stay(
    evidence_seconds: float, elapsed_seconds: float, dwell_seconds: float | None, idle_seconds: float
) -> float:
    """Return the share of a belief that outlasts `elapsed_seconds`, fed or idle."""
    fed = min(evidence_seconds, elapsed_seconds)
    rate = fed / dwell_seconds if dwell_seconds else 0.0
    return float(np.exp(-rate - (elapsed_seconds - fed) / idle_seconds))


def _fade(belief: Float64, stay: float) -> Float64:
    return stay * belief + (1.0 - stay) / len(belief)


def _uniform(labels: int) -> Float64:
    return np.full(labels, 1.0 / labels)
