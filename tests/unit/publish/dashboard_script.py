"""A made-up broadcast, told in messages, for the dashboard's tests."""

from __future__ import annotations

import io

import numpy as np
from rich.console import Console, RenderableType

from streamgenre.messages import LabelProbability, Level, ModelIdentity, State, Status
from streamgenre.publish.dashboard.picture import Picture
from streamgenre.publish.dashboard.view import DashboardView

MODEL = ModelIdentity("genre", "ab" * 32)
SOUND = Level(-18.3, -6.1, silent=False, digital_zero=False)
SILENCE = Level(-120.0, -120.0, silent=True, digital_zero=True)
START_SECONDS = 128.0
GENRES = ("jazz", "blues", "classical", "pop", "rock")


class Clock:
    def __init__(self) -> None:
        self.seconds = START_SECONDS

    def __call__(self) -> float:
        return self.seconds


def state(
    audio_seconds: float,
    status: Status = "music",
    genre: str | None = "jazz",
    *,
    confidence: float | None = 0.87,
    since_seconds: float = 0.0,
    title: str | None = "Artist - Title",
    reason: str | None = None,
    genres: tuple[str, ...] = GENRES,
) -> State:
    shares = np.array([0.6, 0.2, 0.1, 0.07, 0.03])[: len(genres)]
    rows = zip(genres, shares.tolist(), strict=True)
    return State(
        audio_seconds=audio_seconds,
        status=status,
        genre=genre,
        confidence=confidence,
        stability="stable" if audio_seconds - since_seconds > 2 else "provisional",
        since_seconds=since_seconds,
        top=tuple(LabelProbability(name, p) for name, p in rows) if status == "music" else (),
        tags=(LabelProbability("instrumental", 0.41),),
        level_dbfs=-18.3,
        title=title,
        short=False,
        lost_samples=7,
        model=MODEL,
        reason=reason,
    )


def feed(view: DashboardView, clock: Clock, seconds: float = 30.0) -> None:
    """Ten seconds each of jazz, silence and a hesitant rock."""
    rng = np.random.default_rng(1)
    for tenth in range(1, round(seconds * 10) + 1):
        at = tenth / 10
        clock.seconds = START_SECONDS + at
        silent = 10 < at <= 20
        view.meter(SILENCE if silent else SOUND, rng.uniform(-80, 0, 96).astype(np.float32))
        if tenth % 5 == 0:
            view.update(_told_at(at), latency_ms=41.0)


def _told_at(at: float) -> State:
    if at <= 10:
        return state(at)
    if at <= 20:
        return state(at, "silence", None, confidence=1.0, since_seconds=10.0, reason="digital zero")
    return state(at, genre="rock", confidence=0.34, since_seconds=20.0)


def told(seconds: float = 30.0) -> Picture:
    clock = Clock()
    view = DashboardView("bar", "main", "genre", now=clock)
    feed(view, clock, seconds)
    return view.picture()


def shown(renderable: RenderableType, width: int, height: int = 100, **console: object) -> str:
    """What a terminal would be sent."""
    output = io.StringIO()
    settings: dict[str, object] = {"color_system": None, "force_terminal": True, **console}
    Console(file=output, width=width, height=height, legacy_windows=False, _environ={}, **settings).print(  # type: ignore[arg-type]
        renderable, end=""
    )
    return output.getvalue()
