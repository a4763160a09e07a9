"""How the page looks: light and dark, on paper and on a telephone; a pattern beside each colour."""

from __future__ import annotations

from collections.abc import Sequence

from streamgenre.publish.history_colours import OTHER, STATUS_LOOKS, Look, look

STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #1c1f24; --faint: #5b6470; --rule: #e3e6ea;
  --link: #0b5cad }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 68rem;
  margin: 0 auto; padding: 1.5rem 1rem 3rem; overflow-wrap: anywhere }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .3rem; border-top: 1px solid var(--rule); padding-top: 1.5rem }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem }
p { margin: .2rem 0; max-width: 48rem }
a { color: var(--link) }
.faint, figcaption, thead th, summary, footer { color: var(--faint) }
figcaption, summary, footer { font-size: .85rem }
summary { cursor: pointer }
figure { margin: 1rem 0 0 }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); padding-top: 1rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
.shares, .days, .hours { width: 100% }
th, td { text-align: left; vertical-align: top; padding: .12rem .9rem .12rem 0; font-weight: normal }
td:last-child { padding-right: 0 }
thead th { font-size: .85rem; white-space: nowrap }
tbody th, .figure, .nb, time { white-space: nowrap }
.figure { text-align: right }
.most { min-width: 9rem; width: 34% }
.grow { width: 50% }
svg { display: block; print-color-adjust: exact; -webkit-print-color-adjust: exact }
svg.swatch { display: inline-block; width: 1.5rem; height: .95rem; vertical-align: -.1rem;
  margin-right: .5rem }
svg.bar { width: 100%; min-width: 3.5rem; height: 1.1rem; margin-top: .15rem }
svg text { font: 11px system-ui, sans-serif; fill: var(--faint) }
svg text.on { text-anchor: middle; pointer-events: none; paint-order: stroke; stroke-width: 3px;
  stroke-linejoin: round }
.ribbon { display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: .7rem }
.names { font-size: .8rem; color: var(--faint); white-space: nowrap; max-width: 24vw; overflow: hidden }
.names div { display: flex; align-items: center; justify-content: flex-end }
.grid { stroke: var(--rule) }
.dead { fill: var(--ink); stroke: var(--ink); stroke-width: 2 }
.key { display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: .4rem 0 0; margin: 0; list-style: none;
  font-size: .85rem }
@media (max-width: 1000px) { .over640 { display: none } }
@media (max-width: 760px) { .over420, .second { display: none } }
@media (max-width: 560px) { .over230, .spare, .days .drawn, .days .figure, .hours .figure { display: none }
  time { white-space: normal; display: inline-block; min-width: 5.2rem } th, td { padding-right: .55rem }
  body { padding: 1rem .75rem } .most { min-width: 6rem; width: auto }
  .grow { width: 20% } .hours .drawn { width: 40% } }
@media screen and (prefers-color-scheme: dark) {
  :root { --page: #14171b; --ink: #e8eaed; --faint: #a3abb5; --rule: #2c3138; --link: #8ab8ff } }
@media print { body { max-width: none; padding: 0; font-size: 10pt } h2, h3 { break-after: avoid }
  figure, tr { break-inside: avoid } a { color: inherit; text-decoration: none } }
"""

# Statuses are greys: on a dark page dark ones, with light patterns.
DARK_STATUSES = {
    "music": "#56677a",
    "speech": "#6f6048",
    "noise": "#6a6a6a",
    "unknown": "#4d4d4d",
    "silence": "#363b44",
    "no_signal": "#30343a",
    OTHER: "#66727e",
}
DARK_INK, DARK_PATTERN = "#ffffff", "#ffffff66"
TILE, DENSE_TILE = 8, 5
STROKES = {
    "/": ("M0 {0}L{0} 0M-1 1L1 -1M{1} {2}L{2} {1}",),
    "\\": ("M0 0L{0} {0}M-1 {1}L1 {2}M{1} -1L{2} 1",),
    "-": ("M0 {3}H{0}",),
    "|": ("M{3} 0V{0}",),
    ".": ("M{3} {3}h.01",),
    "x": ("M0 {0}L{0} 0", "M0 0L{0} {0}"),
    "+": ("M0 {3}H{0}", "M{3} 0V{0}"),
    "": (),
}


def label_styles(shown: Sequence[str]) -> str:
    """Return the rules that colour the labels, numbered in their order, for light and dark pages."""
    rules, dark = "", ""
    for number, label in enumerate(shown):
        drawn = look(label)
        rules += _rules(number, drawn)
        if label in STATUS_LOOKS:
            dark += _rules(number, Look(DARK_STATUSES[label], drawn.pattern, DARK_INK, DARK_PATTERN))
    return f"{rules}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _rules(number: int, drawn: Look) -> str:
    return (
        f".c{number} {{ fill: url(#p{number}) }} .f{number} {{ fill: {drawn.colour} }}"
        f" .h{number} {{ stroke: {drawn.pattern_ink} }}"
        f" svg text.i{number} {{ fill: {drawn.ink}; stroke: {drawn.colour} }}\n"
    )


def patterns(shown: Sequence[str]) -> str:
    """Return the drawing that holds a pattern for each label; it takes no room."""
    drawn = "".join(_pattern(number, look(label).pattern) for number, label in enumerate(shown))
    hidden = 'width="0" height="0" style="position:absolute" aria-hidden="true"'
    return f"<svg {hidden}><defs>{drawn}</defs></svg>\n"


def _pattern(number: int, pattern: str) -> str:
    tile = DENSE_TILE if len(pattern) > 2 else TILE
    paths = "".join(STROKES[pattern[:1]]).format(tile, tile - 1, tile + 1, tile / 2)
    width = 2 if pattern[:1] == "." else 1
    lines = (
        f'<path d="{paths}" class="h{number}" stroke-width="{width}" stroke-linecap="round"/>'
        if paths
        else ""
    )
    return (
        f'<pattern id="p{number}" width="{tile}" height="{tile}" patternUnits="userSpaceOnUse">'
        f'<rect width="{tile}" height="{tile}" class="f{number}"/>{lines}</pattern>'
    )
