"""Many sources on a terminal: the board, the controls and the stage together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from rich.console import Console

from streamgenre.publish.dashboard.board import Board
from streamgenre.publish.dashboard.board_picture import BoardPicture, Key
from streamgenre.publish.dashboard.controls import Controls
from streamgenre.publish.dashboard.ending_signals import turn_signals_into_exits
from streamgenre.publish.dashboard.look import Look
from streamgenre.publish.dashboard.overview import compose, shows_both
from streamgenre.publish.dashboard.screen import Lines
from streamgenre.publish.dashboard.stage import Stage


class Wall:
    """Shows a board from `start` to `stop`. Telling that somebody quits is all it does to the program."""

    def __init__(
        self, console: Console, board: Board, quit_: Callable[[], None], *, frames_per_second: float = 4.0
    ) -> None:
        """`quit_`: called, by the thread that draws, for the key q and when the terminal is gone."""
        self._board = board
        self._quit = quit_
        self._controls = Controls()
        self._held: BoardPicture | None = None
        self._in_view: Key | None = None
        self._stage = Stage(console, self, quit_, frames_per_second=frames_per_second)
        self._undo = ExitStack()

    @property
    def in_view(self) -> Key | None:
        """The source whose detail is shown; any thread may ask."""
        return self._in_view

    @property
    def failure(self) -> Exception | None:
        """What broke the drawing."""
        return self._stage.failure

    def start(self) -> None:
        """Take the terminal."""
        with ExitStack() as undo:
            turn_signals_into_exits(undo)
            undo.callback(self._stage.close)
            self._stage.open()
            self._undo = undo.pop_all()

    def stop(self) -> None:
        """Give it back."""
        self._in_view = None
        self._undo.close()

    def draw(self, width: int, height: int, look: Look) -> Lines:
        """Called by the stage."""
        near = (self._controls.chosen, height)
        picture = self._held or self._board.picture(self._in_view, near)
        both = shows_both(picture, height)
        self._in_view = self._controls.in_view(picture.keys, both=both)
        return compose(picture, self._controls, width, height, look)

    def press(self, key: str) -> None:
        """Called by the stage."""
        picture = self._held or self._board.picture(near=(self._controls.chosen, 0))
        self._controls.press(key, picture.keys, picture.fleet_names, picture.troubled)
        if self._controls.quitting:
            self._quit()
        if self._controls.paused != (self._held is not None):
            self._held = self._board.picture(self._in_view) if self._controls.paused else None
