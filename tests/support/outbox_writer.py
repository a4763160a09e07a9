"""A process to be killed: it follows three made-up sources and delivers their events on stdout.

`python -m tests.support.outbox_writer FILE SEED`; one line of JSON an event, in one write.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from pathlib import Path

from streamgenre.messages import Stamped
from streamgenre.publish.dispatcher import Dispatcher
from streamgenre.publish.outbox import Outbox
from tests.support.publishing import segment, state, title

SOURCES = ("bar", "hall", "roof")


def broadcast(dispatcher: Dispatcher, chance: random.Random) -> None:
    """Offer until killed: bursts of titles, stretches that end, pauses."""
    seconds = dict.fromkeys(SOURCES, 0.0)
    began = dict.fromkeys(SOURCES, 0.0)
    while True:
        source = chance.choice(SOURCES)
        seconds[source] += 0.5
        now = seconds[source]
        for message in _told(chance, now, began[source]):
            dispatcher.offer(source, message)
            if message.message.__class__.__name__ == "Segment":
                began[source] = now
        time.sleep(chance.choice((0.0, 0.0, 0.0005, 0.003)))


def _told(chance: random.Random, now: float, began: float) -> list[Stamped]:
    kind = chance.random()
    if kind < 0.5:
        return [state(now)]
    if kind < 0.9:
        return [title(now, f"{chance.random()}") for _ in range(chance.choice((1, 1, 1, 20)))]
    return [segment(now, began), state(now, chance.choice(("jazz", "blues")))]


def deliver(outbox: Outbox) -> None:
    """As a broker connection does: one row at a time, noted as sent once it is out."""
    while True:
        row = outbox.waiting()
        if row is None:
            time.sleep(0.001)
            continue
        os.write(1, row.wording().encode() + b"\n")
        outbox.sent(row.row_id)


def main() -> None:
    outbox = Outbox(Path(sys.argv[1]))
    dispatcher = Dispatcher("node", outbox, [], heartbeat_seconds=0.02)
    dispatcher.start()
    threading.Thread(target=deliver, args=(outbox,), daemon=True).start()
    broadcast(dispatcher, random.Random(int(sys.argv[2])))


if __name__ == "__main__":
    main()
