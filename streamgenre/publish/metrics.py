"""What Prometheus reads: counted from the payloads, aged and written at each scrape."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from streamgenre.clock import Clock, SystemClock
from streamgenre.publish.health_report import HealthReport
from streamgenre.publish.metric_family import MetricFamily, Sample
from streamgenre.publish.node_metrics import ENGINE_ALIVE, NODE_METRICS, NodeProbes
from streamgenre.publish.payload import Payload
from streamgenre.publish.publisher import SourceIdentity
from streamgenre.publish.source_metrics import LATENCY, LATENCY_MEANING, SOURCE_METRICS, SourceView
from streamgenre.publish.source_tally import LATENCY_SECONDS, SourceTally

log = logging.getLogger(__name__)
_FAMILIES = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}


class MetricsPublisher:
    """Never touches disk or network. Any thread may call anything.

    With `sources`, these are shown from the start and no others; without, each that is heard.
    """

    def __init__(
        self,
        version: str,
        sources: Sequence[SourceIdentity] | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._version = version
        self._health: Callable[[], HealthReport] | None = None
        self._probes = NodeProbes()
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._any = sources is None
        self._forgotten: set[str] = set()
        self._identities = {source.id: source for source in sources or ()}
        self._tallies = {source: SourceTally() for source in self._identities}
        self._asking = threading.Lock()
        self._totals: dict[str, tuple[float, float]] = {}
        """Of the node's counters: the value last read, and that of the parts before."""
        self._silent: set[str] = set()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def start(self) -> None:
        """Nothing needs to be begun: what is told is counted, what is asked is answered."""

    def publish(self, payload: Payload) -> None:
        """Count a message."""
        now = self._clock.monotonic()
        with self._lock:
            tally = self._tally(payload["source"])
            if tally is not None:
                tally.hear(payload, now)

    def stop(self, timeout_seconds: float) -> None:
        """Nothing waits."""

    def watch(self, probes: NodeProbes, health: Callable[[], HealthReport] | None = None) -> None:
        """Ask these from now on: the parts that are made after this one."""
        self._probes, self._health = probes, health

    def replace_sources(self, sources: Sequence[SourceIdentity]) -> None:
        """The configuration was read again: forget what left it, show what came."""
        with self._lock:
            self._any = False
            self._forgotten.clear()
            self._identities = {source.id: source for source in sources}
            self._tallies = {
                source: self._tallies.get(source) or SourceTally() for source in self._identities
            }

    def forget(self, source: str) -> None:
        """A source has left the configuration; what still comes of it is not counted."""
        with self._lock:
            self._forgotten.add(source)
            self._identities.pop(source, None)
            self._tallies.pop(source, None)

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Return the metrics and their content type, in the format that an Accept header asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def collect(self) -> Iterator[Metric]:
        """Yield each family as it is now: for the registry."""
        build = GaugeMetricFamily("streamgenre_build_info", _BUILD_MEANING, labels=("version",))
        build.add_metric((self._version,), 1.0)
        yield build
        for family in NODE_METRICS:
            if samples := self._ask(family):
                yield _metric(family, (), [((), samples)])
        report = self._report()
        if report:
            yield _metric(ENGINE_ALIVE, (), [((), list(ENGINE_ALIVE.read(report)))])
        with self._lock:
            metrics = list(_source_metrics(self._views(report)))
        yield from metrics

    def _tally(self, source: str) -> SourceTally | None:
        tally = self._tallies.get(source)
        if tally is None and self._any and source not in self._forgotten:
            self._identities[source] = SourceIdentity(source, source, "", ())
            tally = self._tallies[source] = SourceTally()
        return tally

    def _views(self, report: HealthReport | None) -> list[SourceView]:
        now = self._clock.monotonic()
        health = {source.id: source for source in report.sources} if report else {}
        return [
            SourceView(tally, self._identities[source], health.get(source), now)
            for source, tally in sorted(self._tallies.items())
        ]

    def _report(self) -> HealthReport | None:
        try:
            return self._health() if self._health else None
        except Exception as error:  # noqa: BLE001  # a scrape tells what it can
            self._tell_once("health", error)
            return None

    def _ask(self, family: MetricFamily[NodeProbes]) -> list[Sample]:
        """A part that cannot answer must not hide the others."""
        try:
            with self._asking:  # an older answer after a newer one would look like a part that was replaced
                return [self._never_less(family, sample) for sample in family.read(self._probes)]
        except Exception as error:  # noqa: BLE001  # a scrape tells what it can
            self._tell_once(family.name, error)
            return []

    def _never_less(self, family: MetricFamily[NodeProbes], sample: Sample) -> Sample:
        """A part that was replaced counts from zero again; its counter goes on."""
        if family.kind != "counter":
            return sample
        labels, value = sample
        before, earlier = self._totals.get(family.name, (0.0, 0.0))
        earlier += before if value < before else 0.0
        self._totals[family.name] = (value, earlier)
        return labels, earlier + value

    def _tell_once(self, name: str, error: Exception) -> None:
        if name not in self._silent:
            log.error("%s is left out of the metrics: %r", name, error)
        self._silent.add(name)


_BUILD_MEANING = "Always 1; tells the version"


def names_and_meanings() -> dict[str, str]:
    """Return every metric of ours, as docs/metrics.md lists them."""
    families = {family.name: family.meaning for family in (ENGINE_ALIVE, *NODE_METRICS, *SOURCE_METRICS)}
    return {"streamgenre_build_info": _BUILD_MEANING, **families, LATENCY: LATENCY_MEANING}


def _source_metrics(views: list[SourceView]) -> Iterator[Metric]:
    for family in SOURCE_METRICS:
        samples = [((view.identity.id,), list(family.read(view))) for view in views]
        if any(found for _, found in samples):
            yield _metric(family, ("source",), samples)
    if views:
        yield _latency_metric(views)


def _metric(
    family: MetricFamily[HealthReport] | MetricFamily[NodeProbes] | MetricFamily[SourceView],
    leading: tuple[str, ...],
    samples: list[tuple[tuple[str, ...], list[Sample]]],
) -> Metric:
    metric = _FAMILIES[family.kind](family.name, family.meaning, labels=(*leading, *family.labels))
    for first, found in samples:
        for labels, value in found:
            metric.add_metric((*first, *labels), value)
    return metric


def _latency_metric(views: list[SourceView]) -> Metric:
    metric = HistogramMetricFamily(LATENCY, LATENCY_MEANING, labels=("source",))
    edges = [str(edge) for edge in LATENCY_SECONDS] + ["+Inf"]
    for view in views:
        counts = accumulate(view.tally.latencies)
        buckets = [(edge, float(count)) for edge, count in zip(edges, counts, strict=True)]
        metric.add_metric((view.identity.id,), buckets, view.tally.latency_sum_seconds)
    return metric
