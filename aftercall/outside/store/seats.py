"""Who sits at the care half's desk: coordinators, by passkeys alone (signin/seats.py)."""

from aftercall.outside.store.tables import passkey, seat
from aftercall.signin.seat import CARE
from aftercall.signin.seats import Seats

SEATS = Seats(seat, passkey, CARE)
