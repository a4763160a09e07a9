"""What a sink of PulseAudio or PipeWire plays, through parec: PortAudio cannot list monitors."""

from __future__ import annotations

import re

from streamgenre.capture.devices.capture_device import CaptureDevice, choose
from streamgenre.capture.devices.pactl import Sink, default_sink_name, list_sinks
from streamgenre.capture.devices.parec import Parec
from streamgenre.capture.devices.sink_watch import SinkWatch
from streamgenre.capture.source_text import printable
from streamgenre.messages import AudioBlock, AudioFormat

BLOCK_SECONDS = 0.1


class MonitorSource:
    """The monitor of one sink, at the sink's own rate and channel count.

    Each source has a parec of its own: the server serves any number of them, and none can hold up
    another. Without a name it is the default sink that is meant: when another becomes that, it ends,
    to be opened again there.
    """

    live = True
    reopens = True
    title = None
    damage = None

    def __init__(self, name: str | None = None) -> None:
        sinks = {sink["name"]: sink for sink in list_sinks()}
        sink = choose(_devices(list(sinks.values())), name, "sink to monitor")
        self._block_samples = max(1, round(sink.sample_rate_hz * BLOCK_SECONDS))
        self._closed = False
        self._parec = Parec(sink)
        self._watch = SinkWatch(
            sink.name, sinks[sink.name].get("index", -1), self._parec.end, follows_default=name is None
        )

    @property
    def format(self) -> AudioFormat:
        return self._parec.format

    @property
    def process_id(self) -> int:
        """Of parec."""
        return self._parec.process_id

    @property
    def lost_samples(self) -> int:
        """Samples overwritten because the reader was too slow."""
        return self._parec.lost_samples

    @property
    def backlog_seconds(self) -> float:
        return self._parec.backlog_seconds

    def read(self, timeout_seconds: float) -> AudioBlock | None:
        if self._closed:
            raise ValueError("this monitor is closed")
        return self._parec.read(self._block_samples, timeout_seconds)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._watch.close()
            self._parec.close()


def list_monitors() -> list[CaptureDevice]:
    """Return the sinks of the running sound server. Raises SourceError when it or pactl is missing."""
    return _devices(list_sinks())


def _devices(sinks: list[Sink]) -> list[CaptureDevice]:
    default_name = default_sink_name()
    return [device for sink in sinks if (device := _device(sink, default_name))]


def _device(sink: Sink, default_name: str | None) -> CaptureDevice | None:
    specification = re.search(r"(\d+)ch (\d+)Hz", str(sink.get("sample_specification")))
    if specification is None:
        return None
    return CaptureDevice(
        kind="monitor",
        name=sink["name"],
        identity=f"monitor:{sink['name']}",
        description=printable(sink.get("description") or sink["name"]),  # a telephone's owner chose it
        channels=int(specification[1]),
        sample_rate_hz=int(specification[2]),
        default=sink["name"] == default_name,
    )
