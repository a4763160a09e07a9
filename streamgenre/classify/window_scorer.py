"""The windows of one source, scored in order: what neighbouring windows share is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from streamgenre.messages import Float32, Scores, Window

if TYPE_CHECKING:
    from streamgenre.classify.onnx_model import OnnxModel


class WindowScorer:
    """Holds what one source's last window left behind; the model itself holds nothing of any source.

    Silent windows may be left out, windows may jump or lie off the grid of frames: whatever is not
    known is computed. A model without a frame context scores every window whole.
    """

    def __init__(self, model: OnnxModel) -> None:
        self._model = model
        self._known: tuple[int, Float32] | None = None

    def process(self, window: Window) -> Scores:
        """Score the next window; raises ValueError for another shape, NaN or infinities."""
        names = [head.output for head in self._model.genre_heads]
        return self._model.interpret(self.outputs(window, names))[0]

    def outputs(self, window: Window, names: Sequence[str]) -> list[Float32]:
        """Give outputs of the graph by name for the next window, (1, columns) float32 each."""
        context = self._model.card.frame_context
        if context is None:
            return self._model.outputs(window.features[None], names)
        before, new_frames = self._before(window.first_frame)
        *found, after = self._model.step(
            window.features[None], [*names, context.output], before=before, new_frames=new_frames
        )
        self._known = None if window.first_frame is None else (window.first_frame, after)
        return found

    def reset(self) -> None:
        """Forget the last window: at the start, and after a gap."""
        self._known = None

    def _before(self, first_frame: int | None) -> tuple[Float32 | None, int]:
        frames = self._model.front_end.window_frames
        if self._known is None or first_frame is None:
            return None, frames
        known_from, values = self._known
        new_frames = first_frame - known_from
        return (values, new_frames) if 0 <= new_frames < frames else (None, frames)
