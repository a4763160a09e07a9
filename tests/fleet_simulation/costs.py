"""What simulated stations cost: the measured costs, and a spread around them."""

from __future__ import annotations

import numpy as np

from streamgenre.fleet.placement.prior import prior_cost
from streamgenre.fleet.placement.station_kind import StationKind
from streamgenre.settings import PipelineSettings, SourceSettings
from tests.fleet_simulation.plan import CODECS, HOPS_SECONDS, STATION_SPREAD


def stations(count: int, rng: np.random.Generator) -> tuple[SourceSettings, ...]:
    """Return a fleet's stations."""
    hops = rng.choice(list(HOPS_SECONDS), size=count, p=list(HOPS_SECONDS.values()))
    return tuple(
        SourceSettings(
            f"s{number:05}",
            f"http://radio.example/{number}",
            pipeline=PipelineSettings(hop_seconds=float(hop)),
        )
        for number, hop in enumerate(hops)
    )


def true_costs(fleet: tuple[SourceSettings, ...], rng: np.random.Generator) -> dict[str, tuple[str, float]]:
    """Return codec and cores of each: the prior holds what was measured."""
    codecs = rng.choice(list(CODECS), size=len(fleet), p=list(CODECS.values()))
    spread = np.exp(rng.normal(0.0, STATION_SPREAD, len(fleet)))
    return {
        one.id: (
            str(codec),
            float(factor) * prior_cost(StationKind(str(codec), one.pipeline.hop_seconds, one.model)),
        )
        for one, codec, factor in zip(fleet, codecs, spread, strict=True)
    }
