"""The first decision is made before anybody waits for it: kernels are compiled, the model has its memory."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

import numpy as np

from streamgenre.messages import AudioBlock, AudioFormat
from streamgenre.pipeline import Classifier, SourcePipeline
from streamgenre.settings import PipelineSettings

EXTEND_SECONDS = 60.0
"""Asked for at a time; compiling on a small machine takes minutes."""
AGAIN_SECONDS = 15.0
TOLD_SECONDS = 3.0
_FORMAT = AudioFormat(44_100, 2)

log = logging.getLogger(__name__)


@contextmanager
def asking_for_time(extend_timeout: Callable[[float], None]) -> Generator[None]:
    """Ask for more time, again and again, while the block runs: who waits would else take it for hanging."""
    done = threading.Event()
    asking = threading.Thread(target=_ask, args=[extend_timeout, done], name="warm-up", daemon=True)
    asking.start()
    try:
        yield
    finally:
        done.set()
        asking.join()


def warm_up(models: Iterable[Classifier]) -> None:
    """Let each model decide once on noise."""
    began = time.monotonic()
    with _telling_soon():
        for model in models:
            decide_once(model)
    if (seconds := time.monotonic() - began) > TOLD_SECONDS:
        log.info("kernels and models were ready after %.0f s; the next start finds them compiled", seconds)


@contextmanager
def _telling_soon() -> Generator[None]:
    """Who sees nothing for half a minute takes it for hanging, too."""
    words = "getting ready; the first start compiles for this processor, up to a minute"
    telling = threading.Timer(TOLD_SECONDS, log.info, [words])
    telling.daemon = True
    telling.start()
    try:
        yield
    finally:
        telling.cancel()


def _ask(extend_timeout: Callable[[float], None], done: threading.Event) -> None:
    extend_timeout(EXTEND_SECONDS)
    while not done.wait(AGAIN_SECONDS):
        extend_timeout(EXTEND_SECONDS)


def decide_once(model: Classifier) -> None:
    """Hear some noise: what is compiled by that is kept for the next start."""
    pipeline = SourcePipeline(_FORMAT, model, PipelineSettings(hop_seconds=3.0))
    samples = round((model.front_end.window_seconds + 1.0) * _FORMAT.sample_rate_hz)
    noise = np.random.default_rng(0).standard_normal((samples, _FORMAT.channels)).astype(np.float32)
    pipeline.process(AudioBlock(noise * np.float32(0.1), 0))
    pipeline.flush()
