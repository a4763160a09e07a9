"""What `listen mic` takes of a core, on a private sound server: `python -m tests.bench.live_microphone`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from streamgenre.bench.effort import FULL
from streamgenre.bench.listening import Listener, listening
from streamgenre.bench.models import genre_models
from streamgenre.bench.recordings import write_recording
from streamgenre.bench.sounds import music_in_stereo
from streamgenre.capture.demonstration.synthesis import RATE_HZ
from tests.support.pipewire import running_pipewire

FILLING_SECONDS = 6.0
HOP_SECONDS = 0.5


def share_of_a_core(listener: Listener, seconds: float) -> float:
    begin, spent = time.monotonic(), listener.cpu_seconds()
    time.sleep(seconds)
    return (listener.cpu_seconds() - spent) / (time.monotonic() - begin)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    models = genre_models(FULL)
    with running_pipewire() as server, tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "song.flac"
        write_recording(song, music_in_stereo(len(models) * (seconds + 2 * FILLING_SECONDS)), RATE_HZ)
        server.play(song)
        for model in models:
            options = ("mic", "--model", model, "--hop", str(HOP_SECONDS))
            with listening(*options, environment=server.environment) as listener:
                time.sleep(FILLING_SECONDS)
                share = share_of_a_core(listener, seconds)
                sys.stdout.write(
                    f"{model}, microphone, hop {HOP_SECONDS:g} s: {share:.2%} of a core over {seconds:g} s, "
                    f"{listener.pss_mib():.0f} MiB\n"
                )


if __name__ == "__main__":
    main()
