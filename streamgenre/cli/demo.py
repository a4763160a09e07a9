"""`streamgenre demo`: the built-in programme through the whole pipeline."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from streamgenre.cli.options import JsonOption, ModelOption, default_node_id

EXAMPLES = """Examples:

streamgenre demo

streamgenre demo --fast --json
"""

WHAT_NEXT = """
That was our own synthesised programme; the genres are what the model honestly makes of it. Now yours:
  streamgenre listen PATH/TO/SONG.mp3
  streamgenre listen mic            (streamgenre devices lists them)
  streamgenre listen https://…      (any radio station's stream)"""


def demo(
    *,
    fast: Annotated[bool, typer.Option("--fast", help="As fast as possible, not in real time.")] = False,
    model: ModelOption = "genre",
    json: JsonOption = False,
) -> None:
    """Play the built-in programme, show what is heard in it, and end."""
    from streamgenre.capture.demonstration.programme import ProgrammeSource
    from streamgenre.classify.registry import load_genre_model
    from streamgenre.cli.follow import follow, shows_dashboard
    from streamgenre.settings import SessionSettings

    as_json = json or not shows_dashboard()
    follow(
        lambda: ProgrammeSource(paced=not fast and not as_json),
        load_genre_model(model),
        SessionSettings(),
        node=default_node_id(),
        shown_as="built-in programme",
        as_json=as_json,
    )
    print(WHAT_NEXT, file=sys.stderr if as_json else sys.stdout)
