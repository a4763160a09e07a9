"""`fleet run` itself: has the fleet deployed, follows it, and waits for a head that is gone."""

from __future__ import annotations

import logging
import queue
import signal
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

from streamgenre.backoff import Backoff
from streamgenre.errors import StreamgenreError, UsageError
from streamgenre.fleet.answering import answers, connect
from streamgenre.fleet.driver_process import DriverProcess
from streamgenre.fleet.driver_words import Deploy, Deployed, Fares, Joined, Over, Refused, Said, Word
from streamgenre.fleet.ledger import Deployment
from streamgenre.fleet.own_cluster import forget_own_cluster, note_own_cluster, own_cluster
from streamgenre.fleet.summary import summary
from streamgenre.sd_notify import Notifier

TURN_SECONDS = 0.25
LOOK_SECONDS = 1.0
"""Between two looks whether the head answers."""
SILENT_LOOKS = 3
"""A head that is busy may miss one."""
LEAVE_SECONDS = 5.0
LEAVE_OWN_SECONDS = 60.0
"""A cluster of its own is ended in order."""
PAUSE_SECONDS = (1.0, 15.0)
"""Until the cluster is joined again, at first and at most."""
TOLD_SECONDS = 10.0
WATCHDOG_SHARE = 0.3

log = logging.getLogger(__name__)


class FleetRun:
    """Runs in one thread. Raises StreamgenreError where the first attempt fails."""

    def __init__(
        self,
        address: str,
        folder: Path,
        load: Callable[[], Deployment],
        notifier: Notifier,
        wishes: SimpleQueue[int],
    ) -> None:
        """`load` reads stations and settings; `wishes` are signals to obey."""
        self._folder = folder
        self._load = load
        self._notifier = notifier
        self._wishes = wishes
        self._address, self._is_guest = _find_own(address, folder)
        self._deployment = load()
        self._joined: Joined | None = None
        self._deployed: int | None = None
        """Number of what was deployed last; None: nothing yet."""
        self._over = False
        """Somebody else has ended the fleet, as far as the driver can tell."""
        self._told = ("", float("-inf"))
        self._looked_at = self._fed_at = 0.0
        self._silent_looks = 0
        self._pauses = Backoff(*PAUSE_SECONDS)

    def run(self) -> int | None:
        """Follow the fleet until a signal, which is returned; None: somebody else has ended the fleet."""
        driver = self._new_driver()
        try:
            while True:
                wish = self._next_wish(TURN_SECONDS)
                if wish == signal.SIGHUP:
                    self._reload(driver)
                elif wish is not None:
                    self._leave(driver)
                    return wish
                if self._listen(driver) and not self._head_is_gone():
                    continue
                if self._is_ended():
                    self._part(driver, LEAVE_SECONDS)
                    return None
                driver.kill()
                wish = self._wait()
                if wish is not None:
                    return wish
                driver = self._new_driver()
        finally:
            driver.kill()
            if self._joined and self._joined.is_own:
                forget_own_cluster(self._folder)

    def _new_driver(self) -> DriverProcess:
        self._silent_looks = 0
        return DriverProcess(self._address, self._folder)

    def _next_wish(self, seconds: float) -> int | None:
        self._feed_watchdog()
        try:
            return self._wishes.get(timeout=seconds)
        except queue.Empty:
            return None

    def _feed_watchdog(self) -> None:
        now, patience_seconds = time.monotonic(), self._notifier.watchdog_seconds
        if patience_seconds and now - self._fed_at >= patience_seconds * WATCHDOG_SHARE:
            self._fed_at = now
            self._notifier.watchdog()

    def _reload(self, driver: DriverProcess | None) -> None:
        """Go on by the new files, or by what was read before where they are bad."""
        if self._deployed is not None:
            self._notifier.reloading()
        try:
            self._deployment = self._load()
        except StreamgenreError as error:
            log.error("the new configuration is refused, the old one stays in force: %s", error)  # noqa: TRY400  # it is expected
            if self._deployed is not None:
                self._notifier.ready()
        else:
            if driver and driver.joined:
                driver.say(Deploy(self._deployment))

    def _listen(self, driver: DriverProcess) -> bool:
        """Take what the driver said; whether it is still there, and the fleet."""
        while True:
            try:
                word = driver.words.get_nowait()
            except queue.Empty:
                return not self._over
            if word is None:
                return False
            self._take(word, driver)

    def _take(self, word: Word, driver: DriverProcess) -> None:
        match word:
            case Joined():
                driver.joined = True
                self._join(word)
                driver.say(Deploy(self._deployment, again=self._deployment.number == self._deployed))
            case Deployed(number):
                self._deployed = number
                self._pauses.reset()
                self._notifier.ready()
            case Said(level, text):
                log.log(level, "%s", text)
            case Fares(status):
                self._tell(summary(status))
            case Over():
                self._over = True
            case Refused(text, code):
                self._refuse(text, code)
            case _:
                pass

    def _refuse(self, text: str, code: int) -> None:
        if self._joined is not None:
            log.error("%s", text)
            return
        error = StreamgenreError(text)
        error.exit_code = code
        raise error

    def _join(self, joined: Joined) -> None:
        if joined.remark:
            log.warning("%s", joined.remark)
        if joined.is_own:
            log.info("no cluster is used but one on this machine alone, which ends with this command")
            note_own_cluster(self._folder, joined.address)
        else:
            log.info("joined the cluster at %s; machines: %d", joined.address, joined.machines)
            self._address = joined.address
        self._joined = joined

    def _tell(self, text: str) -> None:
        self._notifier.status(text)
        told, at = self._told
        if text != told and time.monotonic() - at >= TOLD_SECONDS:
            log.info("%s", text)
            self._told = text, time.monotonic()

    def _head_is_gone(self) -> bool:
        now = time.monotonic()
        if self._joined is None or self._joined.is_own or now - self._looked_at < LOOK_SECONDS:
            return False
        self._looked_at = now
        try:
            connect(self._joined.address)
        except ConnectionRefusedError:
            return True
        except OSError:
            self._silent_looks += 1
        else:
            self._silent_looks = 0
        return self._silent_looks >= SILENT_LOOKS

    def _is_ended(self) -> bool:
        """Whether the fleet was ended, not its cluster lost; says so."""
        joined = self._joined
        if joined is None:
            raise StreamgenreError("Ray's connection ended before it was made; --debug shows more")
        answered = joined.is_own or answers(joined.address)
        self._over = (self._over and answered) or (self._is_guest and not answered)
        if self._over and self._deployed is None:
            raise StreamgenreError("the fleet that ran here was just being ended; run this again")
        if self._over:
            log.info("the fleet was ended")
        return self._over

    def _wait(self) -> int | None:
        """Return once it is worth trying again; a signal that ends the waiting."""
        assert self._joined is not None
        address = self._joined.address
        if self._joined.is_own:
            log.error("the cluster of this command is gone; another one is started")
        elif answers(address):
            log.warning("the connection to the cluster at %s was lost; it is joined again", address)
        else:
            return self._wait_for_head(address)
        return self._rest(self._pauses.next_pause_seconds())

    def _wait_for_head(self, address: str) -> int | None:
        words = f"the head of the cluster at {address} is gone, and the fleet with it"
        log.error("%s; waiting until it is started again", words)
        self._notifier.status(f"{words}; waiting")
        while not answers(address):
            wish = self._rest(LOOK_SECONDS)
            if wish is not None:
                return wish
        log.info("the head of the cluster at %s is there again; the fleet is deployed anew", address)
        return None

    def _rest(self, seconds: float) -> int | None:
        """Let time pass; return a signal that is to end the command."""
        wish = self._next_wish(seconds)
        if wish == signal.SIGHUP:
            self._reload(None)
            return None
        return wish

    def _leave(self, driver: DriverProcess) -> None:
        """Leave the fleet to itself, or end it where its cluster ends with this command."""
        self._notifier.stopping()
        if self._joined and not self._joined.is_own:
            self._part(driver, LEAVE_SECONDS)
            if self._deployed is not None:
                log.info("the fleet goes on without this command; end it with: streamgenre fleet stop")
            return
        log.info("the fleet is being ended; Ctrl-C again ends it at once")
        if not self._part(driver, LEAVE_OWN_SECONDS):
            log.error("the fleet did not end in order")

    def _part(self, driver: DriverProcess, seconds: float) -> bool:
        """Let the driver end in order, whether it did; another signal cuts that short."""
        driver.end()
        give_up = time.monotonic() + seconds
        while driver.running and time.monotonic() < give_up:
            if self._next_wish(TURN_SECONDS) in (signal.SIGINT, signal.SIGTERM):
                break
            self._hear_out(driver)
        self._hear_out(driver)
        return not driver.running

    def _hear_out(self, driver: DriverProcess) -> None:
        while True:
            try:
                word = driver.words.get_nowait()
            except queue.Empty:
                return
            if isinstance(word, Said):
                log.log(word.level, "%s", word.text)


def _find_own(address: str, folder: Path) -> tuple[str, bool]:
    """Where another `fleet run` has a cluster of its own, its fleet is given this list."""
    found = own_cluster(folder) if address in ("auto", "local") else None
    if found is None:
        return address, False
    if address == "local":
        raise UsageError(
            "a fleet runs on this machine already, on a cluster of its own; leave --address out to give it "
            "this list, or end it first: streamgenre fleet stop"
        )
    return found, True
