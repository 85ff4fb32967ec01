"""Who sits at the hospital's desk (signin/seats.py), and who looks at their own page by a code that came to their own phone."""

import hmac

from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.inside.store.tables import credential, session
from aftercall.signin.seat import COORDINATOR, Session
from aftercall.signin.seats import DESK as DESK
from aftercall.signin.seats import LASTS as AT_A_DESK
from aftercall.signin.seats import LINK as LINK
from aftercall.signin.seats import Seats
from aftercall.words import Moment
from aftercall.workers import alone

MINE, CODE = "mine", "code"
"""Two more that a row of `session` may be: a look at one's own page, and a code that opens it."""
LASTS = {**AT_A_DESK, MINE: retention.MINE, CODE: retention.CODE}
TRIES = 5  # of one code
SEATS = Seats(session, credential, COORDINATOR, LASTS)
begin, once, find, of, touch, end = SEATS.begin, SEATS.once, SEATS.find, SEATS.of, SEATS.touch, SEATS.end


def type_code(conn: Connection, org: str, name: str, proof: str, now: Moment) -> Session | None:
    """The right code, once, within five tries; a wrong one and none at all look the same."""
    alone(conn, "seats", org)
    found = find(conn, org, CODE, name, now)
    if found is None:
        return None
    right = hmac.compare_digest(SEATS.proof_of(conn, org, name), proof)
    tried = session.update().where(SEATS.this(org, name)).values(tries=session.c.tries + 1).returning(session.c.tries)
    if right or conn.execute(tried).scalar_one() >= TRIES:
        end(conn, org, name)
    return found if right else None
