"""Groups that hand made-up messages to a fleet's publisher, again until they are committed there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from streamgenre.fleet.crossing import Handed, Parcel, Receipt, Shown
from streamgenre.messages import Stamped
from streamgenre.publish.health_report import SourceHealth
from streamgenre.publish.payload import is_event
from streamgenre.settings import SourceSettings

Hand = Callable[[Parcel], Receipt]


def station(name: str, **more: object) -> SourceSettings:
    return SourceSettings(name, f"http://radio.example/{name}", **more)


@dataclass
class HandingGroup:
    """Follows stations by hand."""

    name: str
    hand_over: Hand
    epochs: dict[str, int] = field(default_factory=dict[str, int])
    queue: list[Handed] = field(default_factory=list[Handed])
    numbers: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    trouble: str | None = None

    def follow(self, name: str, epoch: int) -> None:
        self.epochs[name] = epoch

    def leave(self, name: str) -> None:
        del self.epochs[name]

    def say(self, name: str, *messages: Stamped, epoch: int | None = None) -> None:
        """Put messages of a station behind those that wait."""
        epoch = epoch or self.epochs[name]
        for stamped in messages:
            number = self.numbers.get((name, epoch), 0) + is_event(stamped.message)
            self.numbers[name, epoch] = number
            self.queue.append(Handed(name, epoch, number, stamped))

    def parcel(self, *shown: Shown) -> Parcel:
        health = tuple(SourceHealth(name, True, self.trouble) for name in self.epochs)
        return Parcel(self.name, tuple(self.queue), health, shown, dict(self.epochs))

    def hand(self, *shown: Shown) -> Receipt:
        """Hand everything over that is not receipted; states go once."""
        receipt = self.hand_over(self.parcel(*shown))
        self.book(receipt)
        return receipt

    def book(self, receipt: Receipt) -> None:
        self.queue = [one for one in self.queue if is_event(one.stamped.message) and not known(one, receipt)]


def known(handed: Handed, receipt: Receipt) -> bool:
    """Whether an event need not be sent again."""
    epoch, number = receipt.committed.get(handed.station, (0, 0))
    fenced = handed.station in receipt.fenced and epoch > handed.epoch
    return fenced or (handed.epoch == epoch and handed.number <= number)
