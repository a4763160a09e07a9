"""Linear heads: standardised features, softmax, weights held back by an L2 penalty."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

Float64 = NDArray[np.float64]
Integers = NDArray[np.int64]

_LEAST_SCALE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """logits = features · kernel + bias; the standardisation is folded in."""

    kernel: Float64
    """(features, labels)"""
    bias: Float64
    """(labels,)"""

    def log_posterior(self, features: NDArray[np.float32]) -> Float64:
        """(N, features) → (N, labels) natural logarithms of a distribution."""
        return log_softmax(features.astype(np.float64) @ self.kernel + self.bias)

    def cooled(self, temperature: float) -> LinearHead:
        """Divide the logits by a temperature: above 1 the posterior gets flatter."""
        return replace(self, kernel=self.kernel / temperature, bias=self.bias / temperature)


def fit_linear_head(
    features: NDArray[np.float32], labels: Integers, weights: Float64, label_count: int, penalty: float
) -> LinearHead:
    """Minimise weighted mean cross-entropy + penalty/2 · |kernel|² over standardised features.

    features: (N, features), those that do not vary count for nothing; labels: (N,) 0 to label_count - 1, each
    present; weights: (N,) positive.
    """
    missing = set(range(label_count)) - set(labels.tolist())
    if missing:
        raise ValueError(f"no training window has label {min(missing)}")
    share = weights / weights.sum()
    mean = share @ features
    scale = np.sqrt(share @ (features - mean) ** 2)
    moving = scale > _LEAST_SCALE
    values = (features[:, moving] - mean[moving]) / scale[moving]
    with threadpool_limits(1):  # sums of a fixed order, whatever the number of cores
        found, bias = _minimise(values, np.eye(label_count)[labels], share, penalty)
    kernel = np.zeros((features.shape[1], label_count))
    kernel[moving] = found / scale[moving, None]
    return LinearHead(kernel, bias - mean @ kernel)


def _minimise(values: Float64, targets: Float64, share: Float64, penalty: float) -> tuple[Float64, Float64]:
    """Give kernel and bias of the least loss; it is convex, so where it starts does not matter."""
    shape = (values.shape[1], targets.shape[1])

    def loss_and_gradient(parameters: Float64) -> tuple[float, Float64]:
        kernel, bias = parameters[: -shape[1]].reshape(shape), parameters[-shape[1] :]
        log_posterior = log_softmax(values @ kernel + bias)
        error = share[:, None] * (np.exp(log_posterior) - targets)
        loss = -share @ (targets * log_posterior).sum(axis=1) + penalty / 2 * np.sum(kernel**2)
        return loss, np.append(values.T @ error + penalty * kernel, error.sum(axis=0))

    start = np.zeros((shape[0] + 1) * shape[1])
    options = {"maxiter": 2000, "maxfun": 3000, "ftol": 1e-12, "gtol": 1e-6}
    found = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    return found.x[: -shape[1]].reshape(shape), found.x[-shape[1] :]


def balanced_weights(clip_of: Integers, clip_labels: Integers, clip_groups: Integers) -> Float64:
    """Weigh windows so that labels count equally, an artist within one by the root of his clips.

    clip_of: (windows,) index into clips; clip_labels, clip_groups: (clips,). The clips of one artist
    count equally, and so do the windows of a clip. Returns (windows,), sum 1.
    """
    present, windows_of = np.unique(clip_of, return_counts=True)
    labels, groups = clip_labels[present], clip_groups[present]
    _, pair_of, pair_sizes = np.unique(
        np.stack([labels, groups]), axis=1, return_inverse=True, return_counts=True
    )
    clip_share = 1 / np.sqrt(pair_sizes[pair_of.ravel()])
    clip_share /= np.bincount(labels, clip_share)[labels]
    share = np.zeros(len(clip_labels))
    share[present] = clip_share / windows_of
    weights = share[clip_of]
    return weights / weights.sum()


def best_temperature(log_posterior: Float64, labels: Integers, weights: Float64) -> float:
    """Give the temperature with the least weighted cross-entropy, to 1 %, between 0.2 and 10."""
    candidates = np.geomspace(0.2, 10, 400)
    rows = np.arange(len(labels))
    losses = [-(weights * log_softmax(log_posterior / t)[rows, labels]).sum() for t in candidates]
    return float(candidates[int(np.argmin(losses))])


def log_softmax(logits: Float64) -> Float64:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
