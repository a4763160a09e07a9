"""What is simulated, and every assumption made of what cannot be had here: a hundred machines."""

from __future__ import annotations

from dataclasses import dataclass

BEAT_SECONDS, TURN_SECONDS, REPORT_SECONDS, TICK_SECONDS = 0.5, 0.1, 1.5, 0.25
"""As in `streamgenre.fleet`: group, ray_group, ray_supervisor; a test holds them to those."""
RAY_NOTICES_SECONDS = 15.0
"""Until Ray calls a machine gone that says nothing more; measured with Ray 2.60 on one machine."""
RAY_TELLS_SECONDS = 0.05
"""Until a machine that lives tells that a process on it has ended; some 0.01 s was measured."""
CODECS = {"mp3float": 0.6, "aac": 0.3, "vorbis": 0.04, "opus": 0.04, "flac": 0.02}
"""Share of the stations."""
HOPS_SECONDS = {0.25: 0.05, 0.5: 0.8, 1.0: 0.15}
STATION_SPREAD = 0.15
"""Of what a station costs around the measured figure of its kind: sigma of the logarithm."""
MACHINE_SPREAD = 0.1
"""Of machines' speeds, likewise."""
MEASURING_SPREAD = 0.1
"""Of each measurement of a station's load, likewise."""
MEASURED_AFTER_SECONDS = 5.0
"""Sound that a station's decoding is first measured over."""
PROCESS_START_SECONDS, PROCESS_START_SPREAD = 3.0, 0.35
"""From asking for a group until it reports: median, and sigma of the logarithm."""
OPENING_SECONDS, OPENING_SPREAD = 1.2, 0.5
"""From orders to the first decision on a station's sound, likewise."""
OPENING_CPU_SECONDS = 0.15
"""Of a core, for each station opened: those that one group opens at once wait for each other.

Measured: 0.14 to 0.21 s a station, in three times sixteen of a real Icecast, the burst worked off included.
"""
LATE_MEMORY_SECONDS = 10.0
"""A group forgets how late it was, as the engine does."""
SLOW_OPENING, SLOW_OPENING_SECONDS = 0.005, 10.0
"""Share of the openings that fail at first, and what the second try costs."""
ANSWER_SECONDS, ANSWER_SPREAD = 0.01, 1.0
"""Until a report is answered, as for processes."""
SLOW_ANSWER, SLOW_ANSWER_SECONDS = 0.01, 2.0
"""Share of the answers that take up to so long."""
LETTING_GO_SECONDS = 0.05, 0.35
"""Until a group has closed a station it is to follow no more, at least and at most."""
HANDING_OVER_SECONDS = 0.1, 0.7
"""From there until the publisher has its last event and the group can say so."""
SUPERVISOR_START_SECONDS, SUPERVISOR_START_SPREAD = 3.0, 0.3
"""Until a supervisor that has died is back, as for processes."""
REPAIR_SECONDS = 600.0
"""Until a machine that died is there again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes, and faults an hour; all far more often than in life, so that an hour shows many."""

    stations: int = 10_000
    machines: int = 100
    cores: float = 4.0
    """Of each machine."""
    hours: float = 1.0
    deaths_an_hour: float = 20.0
    """Machines that lose power; they come back after REPAIR_SECONDS."""
    cuts_an_hour: float = 20.0
    """Machines that lose the network for 3 to 40 s, and go on following for as long as their lease holds."""
    crashes_an_hour: float = 60.0
    """Groups whose process is killed."""
    restarts_an_hour: float = 12.0
    """Of the supervisor."""
    noises_an_hour: float = 6.0
    """Machines of which another program takes 50 to 90 % for five to ten minutes."""
    joins_an_hour: float = 5.0
    """Machines that are added."""
    quiet_seconds: float = 120.0
    """At the beginning, in which nothing fails."""
    seed: int = 0

    @property
    def seconds(self) -> float:
        return self.hours * 3600.0
