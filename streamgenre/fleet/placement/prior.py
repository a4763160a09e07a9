"""What a station is believed to cost before any like it was measured.

Measured with `python -m tests.fleet_simulation.measure` on one core of a server's AMD EPYC, 16 stations in
44.1 or 48 kHz stereo. Only the proportions matter for long: a fleet measures its own stations.
"""

from __future__ import annotations

from functools import lru_cache

from streamgenre.fleet.placement.station_kind import StationKind

ENGINE_CORES = 0.0039
"""Resampling and the front end, whatever the hop."""
DECISION_CORE_SECONDS = 0.0017
"""Inference and smoothing, each decision."""
HANDING_CORES = 0.0016
"""Moving decoded sound and messages between threads and processes."""
DECODING_CORES = {
    "mp3": 0.0060,
    "aac": 0.0062,
    "vorbis": 0.0070,
    "opus": 0.0063,
    "flac": 0.0031,
}
"""By what the names of FFmpeg's decoders have in them: `mp3float`, `libopus`."""
OTHER_DECODING_CORES = 0.0062


@lru_cache(maxsize=1024)
def prior_cost(kind: StationKind) -> float:
    """Cores."""
    known = (cores for name, cores in DECODING_CORES.items() if name in (kind.codec or ""))
    decoding = next(known, OTHER_DECODING_CORES)
    return ENGINE_CORES + DECISION_CORE_SECONDS / kind.hop_seconds + HANDING_CORES + decoding
