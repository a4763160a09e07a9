"""From the posteriors of overlapping windows to one belief, weighted by the evidence each window adds."""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from streamgenre.settings import SmootherSettings, SmoothingName

Float64 = NDArray[np.float64]

_LEAST_SHARE = 1e-12
_STRETCHES = 16
_LEAST_AGE_SECONDS = 0.1


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
    """Hidden Markov filter whose hidden state is when the present stretch of one label began.

    Stretches last `dwell_seconds` on average, and each decision may begin one. How likely it is that one
    still lasts follows from how well what it gathered foretells the next window (Adams and MacKay 2007;
    Fearnhead and Liu 2007), to the power temper × evidence_seconds / window_seconds: overlapping windows
    share their evidence. Within a stretch log posteriors are averaged, not added: the windows of one track
    share its bias, so more of them make a belief steadier, not surer.
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
        self._begin_one(1.0 - _stay(evidence_seconds, elapsed_seconds, s.dwell_seconds, s.idle_seconds))
        count = self._count
        shares, beliefs = self._shares[:count], self._beliefs[:count]
        if evidence_seconds > 0.0:
            doubted = (1.0 - s.doubt) * posterior + s.doubt / self._labels
            shares *= (beliefs @ doubted) ** (s.temper * min(evidence_seconds / s.window_seconds, 1.0))
            self._gather(np.log(doubted), evidence_seconds)
            beliefs[:] = self._believed(self._logs[:count], self._seconds[:count])
        shares /= shares.sum()
        self._belief = shares @ beliefs
        return self._belief

    def reset(self) -> None:
        self._count = 1
        self._shares = np.zeros(_STRETCHES + 1)
        self._seconds = np.zeros(_STRETCHES + 1)
        self._logs = np.zeros((_STRETCHES + 1, self._labels))
        self._beliefs = np.full((_STRETCHES + 1, self._labels), 1.0 / self._labels)
        self._shares[0] = 1.0
        self._belief = _uniform(self._labels)

    def _begin_one(self, share: float) -> None:
        count = self._count
        self._shares[:count] *= 1.0 - share
        self._shares[count], self._seconds[count] = share, 0.0
        self._logs[count], self._beliefs[count] = 0.0, 1.0 / self._labels
        self._count = count + 1
        if self._count > _STRETCHES:
            ages = np.log(self._seconds + _LEAST_AGE_SECONDS)
            self._merge(int(np.argmin(ages[:-1] - ages[1:])))

    def _merge(self, older: int) -> None:
        """Make one of two stretches that began one after the other: where they are nearest in age."""
        pair, rest = slice(older, older + 2), slice(older + 2, self._count)
        total = max(float(self._shares[pair].sum()), _LEAST_SHARE)
        weights = self._shares[pair] / total
        self._seconds[older] = weights @ self._seconds[pair]
        self._logs[older] = weights @ self._logs[pair]
        self._beliefs[older] = self._believed(self._logs[older], self._seconds[older])
        self._shares[older] = total
        for kept in (self._shares, self._seconds, self._logs, self._beliefs):
            kept[older + 1 : self._count - 1] = kept[rest]
        self._count -= 1

    def _believed(self, logs: Float64, seconds: Float64 | float) -> Float64:
        """(…, labels) float64: what stretches believe that gathered so much in so long; rows sum to 1."""
        means = logs / (np.asarray(seconds) + self._settings.prior_seconds)[..., None]
        weights = np.exp(means - means.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    def _gather(self, log_posterior: Float64, evidence_seconds: float) -> None:
        memory = self._settings.memory_seconds
        keep = math.exp(-evidence_seconds / memory)
        self._logs[: self._count] *= keep
        self._logs[: self._count] += (1.0 - keep) * memory * log_posterior
        self._seconds[: self._count] *= keep
        self._seconds[: self._count] += (1.0 - keep) * memory


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
