"""Runs many calls of the program in one process, which imports it once, and tells each by its number.

Called with a file: a JSON list of calls, each a list of words. What --no-color changes stays changed.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

from streamgenre.cli.main import main

if __name__ == "__main__":
    for number, words in enumerate(json.loads(Path(sys.argv[1]).read_text())):
        sys.stdout.write(f"=== {number} ===\n")
        sys.stdout.flush()
        sys.argv = ["streamgenre", *words]
        with suppress(SystemExit):
            main()
