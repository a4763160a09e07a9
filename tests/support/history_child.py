"""A process that writes a history until it is killed: `python -m tests.support.history_child PATH FIRST`."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from streamgenre.publish.history import HistoryPublisher
from streamgenre.settings import HistorySettings
from tests.support.synthetic_week import START, segment


def main() -> None:
    """Publish segments numbered from FIRST on."""
    publisher = HistoryPublisher(HistorySettings(path=Path(sys.argv[1]), keep_days=36_500))
    publisher.start()
    seq = int(sys.argv[2])
    while True:
        at = START + timedelta(seconds=seq)
        publisher.publish(segment(at, at + timedelta(seconds=1), seq=seq))
        seq += 1
        time.sleep(0.0005)


if __name__ == "__main__":
    main()
