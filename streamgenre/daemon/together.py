"""Several things that may each take a while, or hang, done at the same time and not waited for for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence


def together(works: Sequence[Callable[[], None]], timeout_seconds: float) -> None:
    """Do all of them, and return when they are done or the time is up; what hangs is left behind."""
    give_up_at = time.monotonic() + timeout_seconds
    threads = [threading.Thread(target=work, name="together", daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, give_up_at - time.monotonic()))
