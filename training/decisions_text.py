"""The section of docs/models.md on decisions over time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.recipe import Recipe

MARKER = "<!-- decisions -->"
_END = "<!-- /decisions -->"

_COLUMNS = (
    "smoother",
    "stable status",
    "stable genre, all",
    "genre, known items",
    "genre, ever right",
    "false changes a minute",
    "hops agree",
    "seconds of music right / wrong / wrong and ≥ .8 sure",
)
_HEADER = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"


def decisions_text(recipe: Recipe, figures: Mapping[str, Any]) -> str:
    """Say everything in Markdown, without the markers."""
    parts = [_INTRODUCTION.format(folds=recipe.folds, seed=recipe.seed)]
    for kind, told in _KINDS.items():
        rows = figures["programmes"][kind]
        first = next(iter(rows.values()))
        parts.append(told.format(items=first["items"], minutes=first["minutes"]))
        parts.append("\n".join([_HEADER, *(_row(name, row) for name, row in rows.items())]))
    parts.append(_GOALS)
    parts.append(_published(figures))
    parts.append(_coverage(figures))
    return "\n\n".join(parts)


def put_between_markers(document: Path, text: str) -> None:
    """Replace what stands between the markers; a document without them is left alone, and said to be."""
    old = document.read_text(encoding="utf-8") if document.is_file() else ""
    if MARKER not in old:
        print(f"{document} has no {MARKER}: the section was not written")
        return
    before, after = old.split(MARKER, 1)
    after = after.split(_END, 1)[1] if _END in after else after
    document.write_text(f"{before}{MARKER}\n{text}\n{_END}{after}", encoding="utf-8")


_INTRODUCTION = """\
Times are in seconds from the true change, median / 95th percentile, at hop 0.5 s; "never" counts the items
that were not rightly and stably named before they ended, and "–" stands where there were too many of them
for the percentile. The judge is out of fold ({folds} folds by artist, seed {seed}): no head had heard an
artist it judges. An item is *known* if its own windows, pooled like a file's, name it. A false change tells
a status or genre that is not so; a change to `unknown`, to music without a genre, or back to the truth is
not one. Hops .25, .5, 1 and 2 s agree on a second if all that are stable then say the same, ±3 s around true
changes left out."""

_GOALS = """\
The goals were: stable status and genre within 6 s (median) and 10 s (95th percentile), at most one false
change a minute, hops agreeing on .98. The status and the agreement meet them, the genre's median too; **its
95th percentile and the false changes do not, with any smoother**: some quarter of the seconds of music is
misheard; on items whose every clip the model names rightly, some 1.2 false changes a minute were left (46
minutes, partitions 0, 10 and 11, the heads of 0.1.0). The smoother's own settings (dwell,
temper, memory, doubt, least confidence) were picked with partitions 0, 10 and 11 and programmes of seed 0 in
sight, so `hmm` is flattered against the others; calibration powers were fitted on partitions 10 to 12, other
divisions of the same clips."""

_CONFIDENCE = """\
Published confidence, out of fold, ten bins of equal mass; the floor is what a perfectly honest confidence
would show on so many (states of one clip are no independent trials)."""

_KINDS = {
    "songs": "**Songs**: {items} items in {minutes} minutes; music of two genres a programme in stretches of "
    "12–30 s, made of clips of 6 s and more one after another (splices within a genre; a clip may come "
    "again), speech, noise, silence; clips at their own levels.",
    "medleys": "**Medleys**: {items} items in {minutes} minutes; the same with clips of any length, so that "
    "most pieces last 2–3 s, less than a window: harder than any broadcast.",
}


def _row(name: str, row: Mapping[str, Any]) -> str:
    seconds = row["seconds"]
    cells = [
        f"`{name}`",
        _time(row["stable_status"]),
        _time(row["stable_genre"]),
        _time(row["stable_genre_known"]),
        _time(row["stable_genre_ever_right"]),
        f"{row['false_changes_a_minute']:.2f}",
        f"{row['hops_agree']:.3f}",
        f"{seconds['right']:.2f} / {seconds['wrong']:.2f} / {seconds['wrong_and_sure']:.3f}",
    ]
    return f"| {' | '.join(cells)} |"


def _time(times: Mapping[str, Any]) -> str:
    middle, late = ("–" if times[key] is None else f"{times[key]:.1f}" for key in ("median", "p95"))
    never = f", never {times['never']}" if times["never"] else ""
    return f"{middle} / {late} (n {times['n']}{never})"


def _published(figures: Mapping[str, Any]) -> str:
    lines = [
        _CONFIDENCE,
        "",
        "| smoother | what | n | names a genre | right when it does | mean confidence | ECE | floor |",
        "|---|---|---|---|---|---|---|---|",
    ]
    told = {"last_state": "last state of the clip", "states_after_6_s": "states after 6 s"}
    for name, found in figures["published"].items():
        lines += [_confidence(f"`{name}`", told[key], found[key]) for key in told]
    lines.append(_confidence("–", "verdict of the file", figures["published"]["hmm"]["verdict"]))
    return "\n".join(lines)


def _confidence(name: str, told: str, found: Mapping[str, Any]) -> str:
    return (
        f"| {name} | {told} | {found['n']} | {found['coverage']:.3f} | {found['accuracy']:.3f} | "
        f"{found['confidence']:.3f} | {found['calibration_error']:.3f} | "
        f"{found['calibration_error_of_a_perfect_one']:.3f} |"
    )


def _coverage(figures: Mapping[str, Any]) -> str:
    lines = [
        "Least confidence at which a genre is named (`hmm`, last state of the clip):",
        "",
        "| least confidence | names a genre | right when it does |",
        "|---|---|---|",
    ]
    lines += [
        f"| {row['min_confidence']:.2f} | {row['coverage']:.3f} | {row['accuracy']:.3f} |"
        for row in figures["coverage"]
    ]
    return "\n".join(lines)
