"""Who comes in at the care half's desk: coordinators, by passkeys alone, never by the hospital's sign-in (DECISIONS 14)."""

from aftercall.outside import acts
from aftercall.outside.half import Half
from aftercall.outside.store.seats import SEATS
from aftercall.signin.reception import Reception, Room
from aftercall.signin.seat import CARE
from aftercall.words import Randomness

COOKIE = "care"  # not the hospital's: on one machine both halves may have the same host, and cookies know no port
AGAIN = ("people", "peers")
"""Pages that ask for a fresh touch of the passkey, and come back after it."""


def reception_of(half: Half, rand: Randomness) -> Reception:
    s = half.settings
    room = Room(
        s.programme,
        lambda: s.address,
        s,
        half.store,
        half.clock,
        SEATS,
        half.noted,
        COOKIE,
        (CARE,),
        AGAIN,
        acts.HERE,
    )
    return Reception(room, half.sign_in_key, rand)
