"""Words, figures and tables of the page: escaped, and exact for programs that read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from html import escape

from streamgenre.publish.history_hours import at_zone
from streamgenre.publish.history_text import brief, length, percent

FIGURES = frozenset({"share", "time", "length", "followed", "in all", "longest", "music", "speech", "silent"})
SPARE = frozenset({"speech", "longest"})
"""Columns that a telephone has no room for."""


def safe(text: str) -> str:
    """Return words from the network as text, nothing of which a browser obeys."""
    return escape(brief(text))


def foreign(text: str) -> str:
    """Return words in any language and direction, which end where they end."""
    return f"<bdi>{safe(text)}</bdi>" if text else ""


def seconds(value: float, words: str | None = None) -> str:
    """Return a length of time, exact beneath its words, which need no escaping yet."""
    return f'<data value="{value:.3f}">{escape(words or length(value))}</data>'


def share(value: float) -> str:
    """Return a share, exact beneath its words."""
    return f'<data value="{value:.4f}">{escape(percent(value))}</data>'


def moment(ms: int, zone: tzinfo, form: str) -> str:
    """Return a time of day, with its zone's offset beneath its words."""
    local = at_zone(ms, zone)
    return f'<time datetime="{local.isoformat(timespec="milliseconds")}">{local:{form}}</time>'


def table(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; `name` says in its class what it holds, the cells are safe already."""
    kinds = [_kind(head, place == len(heads) - 1) if place else "" for place, head in enumerate(heads)]
    head = "".join(f'<th scope="col"{kind}>{words}</th>' for words, kind in zip(heads, kinds, strict=True))
    body = "".join(f"<tr>{_cells(cells, kinds)}</tr>\n" for cells in rows)
    return (
        f'<div class="scroll"><table class="{name}"><thead><tr>{head}</tr></thead><tbody>\n{body}'
        "</tbody></table></div>\n"
    )


def _cells(cells: Sequence[str], kinds: Sequence[str]) -> str:
    first, *others = cells
    rest = "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(others, kinds[1:], strict=True))
    return f'<th scope="row">{first}</th>{rest}'


def _kind(head: str, last: bool) -> str:  # noqa: FBT001
    names = [
        *(["figure"] if head in FIGURES else []),
        *(["spare"] if head in SPARE else []),
        *(["grow" if last else "drawn"] if head == "" else []),
        *(["most"] if head in ("most", "title") else []),
    ]
    return f' class="{" ".join(names)}"' if names else ""
