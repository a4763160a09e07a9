# ruff: noqa: INP001  # Sphinx reads this file; nothing imports it
"""How Sphinx makes the site: `make docs`. The pages are plain Markdown; docs/index.md says their order."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of

from sphinx.application import Sphinx

project = "streamgenre"
author = "the authors of streamgenre"
version = release = version_of("streamgenre")

# The source is the repository, so that links between docs/ and the pages beside it lead somewhere.
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md"]
exclude_patterns = [".*", "build", "dist"]
extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 6
nitpicky = True
smartquotes = False
suppress_warnings = ["misc.highlighting_failure"]  # JSON on the pages leaves things out with …
highlight_language = "none"

html_theme = "furo"
html_title = "streamgenre"
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_additional_pages = {"index": "to-the-first-page.html"}
templates_path = ["site"]
pygments_dark_style = "github-dark"
copybutton_exclude = ".linenos, .gp, .go"

LISTED = re.compile(r"^- \[([^\]]+)\]\((\S+)\.md\)", re.MULTILINE)


def order_pages(_: Sphinx, docname: str, source: list[str]) -> None:
    """Make of each section of the first page, which lists pages, a part of the navigation."""
    if docname != root_doc:
        return
    for section in re.split(r"^## ", source[0], flags=re.MULTILINE)[1:]:
        pages = [f"{title} <{page.replace('../', '/')}>" for title, page in LISTED.findall(section)]
        if pages:
            caption = section.partition("\n")[0]
            lines = ["```{toctree}", ":hidden:", f":caption: {caption}", *pages, "```"]
            source[0] += "\n".join(["", *lines, ""])


def setup(app: Sphinx) -> None:
    """Have it done whenever the first page is read."""
    app.connect("source-read", order_pages)
