"""`streamgenre demo`: the built-in programme through the whole pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from streamgenre.cli.options import JsonOption, ModelOption, default_node_id
from streamgenre.messages import Stamped, State

if TYPE_CHECKING:
    from rich.console import Console

    from streamgenre.publish.dashboard import DashboardView, Part

EXAMPLES = """Examples:

streamgenre demo

streamgenre demo --fast

streamgenre demo --fast --json
"""

SHOWN_AS = "built-in programme"
HASTE = 12.0
"""With --fast it is played so many times as fast where somebody looks: a few seconds, and all is seen."""
HASTY_FRAMES_PER_SECOND = 12.0
EXPLAINED = 78
"""So wide there is room to say what each command does."""


def demo(
    *,
    fast: Annotated[
        bool,
        typer.Option(
            "--fast", help="In some five seconds. Off a terminal it is always as fast as it can be."
        ),
    ] = False,
    model: ModelOption = "genre",
    json: JsonOption = False,
) -> None:
    """Play the built-in programme, about a minute, show what is heard in each part, and end."""
    from rich.console import Console

    from streamgenre.capture.demonstration.programme import ProgrammeSource
    from streamgenre.classify.registry import load_genre_model
    from streamgenre.cli.first_start import make_ready
    from streamgenre.cli.follow import FRAMES_PER_SECOND, Programme, follow, shows_dashboard
    from streamgenre.publish.dashboard import DashboardView
    from streamgenre.settings import SessionSettings

    as_json = json or not shows_dashboard()
    classifier = load_genre_model(model)
    make_ready(classifier)
    node = default_node_id()
    parts = parts_of_programme()
    listener = Listener(DashboardView(node, SHOWN_AS, classifier.identity.name, parts=parts))
    frames_per_second = HASTY_FRAMES_PER_SECOND if fast else FRAMES_PER_SECOND
    try:
        follow(
            lambda: ProgrammeSource(paced=not as_json, haste=HASTE if fast else 1.0),
            classifier,
            SessionSettings(),
            node=node,
            shown_as=SHOWN_AS,
            as_json=as_json,
            programme=Programme(parts, listener, frames_per_second),
        )
    finally:
        if listener.states:
            _report(listener, classifier.labels, Console(stderr=as_json, soft_wrap=True))


def parts_of_programme() -> tuple[Part, ...]:
    """Return what is known beforehand."""
    from streamgenre.capture.demonstration.programme import PROGRAMME
    from streamgenre.publish.dashboard import Part

    return tuple(
        Part(
            one.start_seconds,
            one.end_seconds,
            one.title,
            one.kind,
            one.style,
            one.expected_status,
            one.fitting,
        )
        for one in PROGRAMME
    )


class Listener:
    """Remembers what was heard."""

    def __init__(self, view: DashboardView) -> None:
        self.view = view
        self.states: list[State] = []

    def __call__(self, stamped: Stamped) -> None:
        self.view.update(stamped.message, stamped.latency_ms)
        if isinstance(stamped.message, State):
            self.states.append(stamped.message)


def _report(listener: Listener, labels: tuple[str, ...], console: Console) -> None:
    """Say what was heard in each part, and what to try next."""
    from streamgenre.cli.next_steps import next_steps
    from streamgenre.cli.progress import waiting
    from streamgenre.publish.dashboard import Look, heard_parts, part_report

    picture = listener.view.picture()
    heard = heard_parts(picture.parts, listener.states, labels)
    console.print(part_report(picture, heard, console.width, Look.of(console)))
    with waiting("looking what there is to listen to"):
        steps = next_steps()
    console.print("Try next:", highlight=False)
    longest = max(len(command) for command, _ in steps)
    for command, what in steps:
        explained = f"{command.ljust(longest)}  # {what}" if console.width >= EXPLAINED else command
        console.print(f"  {explained}", markup=False, highlight=False)
