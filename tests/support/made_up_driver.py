"""A driver of `fleet run` without Ray: `python -m tests.support.made_up_driver ADDRESS FOLDER`.

What it does is in FOLDER/manner: names of what is to go wrong, one a line. What it was told it notes in
FOLDER/noted.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from streamgenre.fleet.driver_words import Deploy, Deployed, Fares, Joined, Over, Refused, Said, hear, say

STATUS = {
    "stations": {"total": 1, "heard": 1, "waiting": 0, "failing": 0, "disabled": 0},
    "failing": [],
    "machines": [],
    "groups": [],
    "publisher": {},
    "supervisor": {},
}


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    address, folder = sys.argv[1], Path(sys.argv[2])
    manners = manners_in(folder)
    note(folder, f"began {address}")
    if "dies" in manners:
        os._exit(1)
    if "breaks-off" in manners:
        os.write(1, b"\xff\0\0\0half a word")
        os._exit(1)
    if "refuses" in manners:
        say(sys.stdout.buffer, Refused("it cannot be", 3))
        os._exit(3)
    own = not address.startswith("127.")
    say(sys.stdout.buffer, Joined("127.0.0.1:1" if own else address, own, 1, "for a reason"))
    if "is-deaf" in manners:
        time.sleep(600)
    while (word := hear(sys.stdin.buffer)) is not None:
        assert isinstance(word, Deploy)
        note(folder, f"deploys {word.deployment.number}{' again' if word.again else ''}")
        say(sys.stdout.buffer, Deployed(word.deployment.number))
        say(sys.stdout.buffer, Fares(STATUS))
        manners = manners_in(folder)
        if "over" in manners:
            say(sys.stdout.buffer, Over())
        if "falls" in manners:
            (folder / "manner").write_text("")
            os._exit(1)
    note(folder, "is asked to end")
    if "hangs" in manners:
        time.sleep(600)
    say(sys.stdout.buffer, Said(30, "the last words"))
    note(folder, "ended in order")


def manners_in(folder: Path) -> list[str]:
    return (folder / "manner").read_text().split()


def note(folder: Path, line: str) -> None:
    with (folder / "noted").open("a") as file:
        file.write(f"{line}\n")


if __name__ == "__main__":
    main()
