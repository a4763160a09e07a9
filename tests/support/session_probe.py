"""A program: follows a SOURCE with a Session as the product does, and tells as JSON lines what it says.

A fresh process for each, since PortAudio keeps its list of devices as long as a process lives. It ends
in order when its stdin is closed.
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import asdict
from functools import partial

from streamgenre.capture.open_source import open_source
from streamgenre.messages import Diagnostics, Message, SourceChange, State
from streamgenre.session import Session
from streamgenre.settings import SessionSettings
from tests.support.fake_model import FakeModel


def told(message: Message) -> dict[str, object] | None:
    match message:
        case SourceChange(_, state, reason):
            return {"source": state, "reason": reason}
        case State() as state:
            return {
                "audio_seconds": state.audio_seconds,
                "status": state.status,
                "level_dbfs": state.level_dbfs,
                "lost_samples": state.lost_samples,
            }
        case Diagnostics() as diagnostics:
            return {"accounts": asdict(diagnostics.accounts), "reconnects": diagnostics.reconnects}
        case _:
            return None


def follow(text: str) -> None:
    session = Session(partial(open_source, text), FakeModel(), SessionSettings())
    threading.Thread(target=lambda: (sys.stdin.read(), session.stop()), daemon=True).start()
    for stamped in session:
        line = told(stamped.message)
        if line:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    follow(sys.argv[1])
