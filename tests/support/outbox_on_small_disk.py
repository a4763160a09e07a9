"""A process whose files may not grow: `python -m tests.support.outbox_on_small_disk FILE BYTES`.

Writes what it saw as JSON: numbers before, while and after the limit held.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
from pathlib import Path

from streamgenre.publish.outbox import Outbox, OutboxUnavailableError
from tests.support.publishing import payload


def main() -> None:
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.levelname)  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    outbox = Outbox(Path(sys.argv[1]))
    written = outbox.append([payload(title="before")])
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    refused = 0
    while refused < 5:
        try:
            written += outbox.append([payload(title="x" * 2000)])
        except OutboxUnavailableError:
            refused += 1
    trouble = outbox.trouble
    outbox.remember("main", "enabled", value=False)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    written += outbox.append([payload(title="after")])
    json.dump({"written": written, "trouble": trouble, "after": outbox.trouble, "logged": logged}, sys.stdout)
    outbox.close()


if __name__ == "__main__":
    main()
