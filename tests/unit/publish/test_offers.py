"""What waits between those who offer and the one who tells: bounded, in order, states giving way."""

from __future__ import annotations

from streamgenre.publish.offers import Offer, Offers
from tests.support.publishing import online, state


def test_a_state_gives_way_within_its_epoch_only():
    offers = Offers(10)
    for epoch, seconds in ((7, 1.0), (7, 2.0), (8, 0.5), (8, 1.5)):
        assert offers.add(Offer("jazz", state(seconds), None, epoch))
    taken = offers.take(10)
    assert [(offer.epoch, offer.stamped.message.audio_seconds) for offer in taken] == [(7, 2.0), (8, 1.5)]
    assert [offer.first.message.audio_seconds for offer in taken if offer.first] == [1.0, 0.5]


def test_what_was_offered_with_its_first_state_keeps_it():
    offers = Offers(10)
    offers.add(Offer("jazz", state(5.0), state(1.0), 7))
    offers.put("rock", state(1.0))
    offers.add(Offer("jazz", state(6.0), state(5.5), 7))
    jazz, rock = offers.take(10)
    assert (jazz.first, jazz.stamped) == (state(1.0), state(6.0))
    assert rock.first is None


def test_full_or_closed_it_says_that_it_took_nothing():
    offers = Offers(1)
    assert offers.add(Offer("jazz", online(0)))
    assert offers.events == 1
    assert not offers.add(Offer("jazz", online(1)))
    assert offers.add(Offer("jazz", state(1)))
    offers.close()
    assert not offers.add(Offer("jazz", state(2)))
    assert offers.refused == 1
