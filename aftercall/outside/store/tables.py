"""The rows that may exist on the care side (PRIVACY 3, DECISIONS 29). There is no clinician among them.

Every table is keyed by random bytes and has no rowid, so that the order in the file is not the order of arrival.
"""

import sqlalchemy as sa

tables = sa.MetaData()


def _table(name: str, *columns: sa.Column[object]) -> sa.Table:
    return sa.Table(name, tables, sa.Column("programme", sa.String, primary_key=True), *columns, sqlite_with_rowid=False)


peer = _table(
    "peer",
    sa.Column("pid", sa.String, primary_key=True),
    sa.Column("entry", sa.Text, nullable=False),  # the signed entry, as everybody may see it
    sa.Column("duty_until", sa.BigInteger),  # NULL: off duty
    sa.Column("lapses", sa.Integer, nullable=False, server_default="0"),  # in this duty
    sa.Column("test_until", sa.BigInteger),  # this duty's test ring is to be answered by then; NULL: it was
    sa.Column("rest_until", sa.BigInteger),  # a whole hour, as the peer's own phone says; never why
    sa.Column("gathers_until", sa.BigInteger),  # others may come to a talk for several; never who, or how many
    sa.Column("reserve", sa.Boolean, nullable=False, server_default=sa.false()),  # may be rung off duty when too many wait
)
turn = _table(
    "turn",
    sa.Column("pid", sa.String, primary_key=True),
    sa.Column("begins", sa.BigInteger, primary_key=True),
    sa.Column("ends", sa.BigInteger, nullable=False),
    sa.Column("own", sa.Boolean, nullable=False),  # set on the peer's phone; else it stands in the rota's files
    sa.Column("off", sa.Boolean, nullable=False),  # the peer can't; never why
    sa.Column("asked", sa.Boolean, nullable=False),  # it has begun, and its test ring has gone out
)
reminder = _table(
    "reminder",
    sa.Column("what", sa.String, primary_key=True),  # "week" | "day" | "phone" | "phone due" | "phone late" | "more" | "acts"
    sa.Column("told", sa.Text, nullable=False),  # what the coordinator was told last, so that they are told once
)
audit = _table(  # a year
    "audit",
    sa.Column("n", sa.BigInteger, primary_key=True),
    sa.Column("hour", sa.Integer, nullable=False),  # the first one of the day: what is done here may follow on an ask
    sa.Column("who", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("act", sa.String, nullable=False),
    sa.Column("about", sa.String, nullable=False),  # a peer's pid, names of settings, or ""
    sa.Column("seal", sa.String, nullable=False),
)
session = _table(
    "session",
    sa.Column("token", sa.String, primary_key=True),  # its SHA-256
    sa.Column("pid", sa.String, nullable=False),
    sa.Column("ends", sa.BigInteger, nullable=False),
)
seat = _table(  # of the coordinators' desk: 12 h a session, 30 min a link, 10 min a challenge that was answered
    "seat",
    sa.Column("session", sa.String, primary_key=True),  # a hash of what the browser holds
    sa.Column("kind", sa.String, nullable=False),  # "desk" | "link" | "used"
    sa.Column("who", sa.String, nullable=False),  # random
    sa.Column("person", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("began", sa.BigInteger, nullable=False),
    sa.Column("touched", sa.BigInteger, nullable=False),  # when the passkey was last used in it
    sa.Column("ends", sa.BigInteger, nullable=False),
    sa.Column("proof", sa.String, nullable=False),  # what a link's passkey is for
)
passkey = _table(  # of the desk, until it is taken away
    "passkey",
    sa.Column("credential", sa.String, primary_key=True),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("person", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("key", sa.String, nullable=False),  # public
    sa.Column("uses", sa.BigInteger, nullable=False),  # as the device counts them; 0 where it doesn't
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
)
box = _table(
    "box",
    sa.Column("box", sa.String, primary_key=True),
    sa.Column("hc", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("everyone", sa.Boolean, nullable=False),
    sa.Column("wave", sa.Integer, nullable=False),
    sa.Column("due", sa.BigInteger),  # NULL once the two have met: a talk has no time
    sa.Column("holder", sa.String, nullable=False),
    sa.Column("cap", sa.String, nullable=False),
    sa.Column("lapsed", sa.Integer, nullable=False),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("heard_c", sa.Integer, nullable=False),
    sa.Column("heard_p", sa.Integer, nullable=False),
    sa.Column("prompt", sa.BigInteger),  # met by then is counted so (road/sheet.py); NULL wherever `due` is
    sa.Column("wider", sa.Boolean, nullable=False, server_default=sa.false()),  # wave 2 was needed, and is counted
    sa.Column("contact", sa.LargeBinary),
)
sa.Index("box_due", box.c.programme, box.c.due, sqlite_where=box.c.due.isnot(None), postgresql_where=box.c.due.isnot(None))
HELD = box.c.holder != sa.literal_column("''")
sa.Index("box_holder", box.c.programme, box.c.holder, sqlite_where=HELD, postgresql_where=HELD)
RINGS: sa.ColumnElement[bool] = sa.literal_column(
    "state = 'open' AND holder = '' AND wave > 0"
)  # SQLite takes the index only where just this is asked
sa.Index("box_rings", box.c.programme, box.c.wave, sqlite_where=RINGS, postgresql_where=RINGS)
page_copy = _table(
    "page_copy",
    sa.Column("box", sa.String, primary_key=True),
    sa.Column("pid", sa.String, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("wave", sa.Integer, nullable=False),  # that rang it; 0: not yet; -1: said no
    sa.Column("cap", sa.String, nullable=False),
    sa.Column("day", sa.Integer, nullable=False),  # the box's: on PostgreSQL a day's rows stand in files of their own (days.py)
    sa.Column("ct", sa.LargeBinary),  # NULL: said no
)
RUNG: sa.ColumnElement[bool] = sa.literal_column("wave > 0")
sa.Index("page_copy_rung", page_copy.c.programme, page_copy.c.pid, sqlite_where=RUNG, postgresql_where=RUNG)
reach = _table(
    "reach",
    sa.Column("pid", sa.String, primary_key=True),
    sa.Column("road", sa.String, primary_key=True),
    sa.Column("to", sa.Text, nullable=False),
    sa.Column("after", sa.Integer, nullable=False),  # seconds from the beginning of a wave
    sa.Column("came", sa.Boolean, nullable=False, server_default=sa.true()),  # no: the last test by it did not, as the peer said
)
ring = _table(
    "ring",
    sa.Column("box", sa.String, primary_key=True),
    sa.Column("pid", sa.String, primary_key=True),
    sa.Column("road", sa.String, primary_key=True),
    sa.Column("wave", sa.Integer, nullable=False),  # so that ringing again is another message to the provider
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
)
sa.Index("ring_due", ring.c.programme, ring.c.road, ring.c.due)
msg = _table(
    "msg",
    sa.Column("box", sa.String, primary_key=True),
    sa.Column("lane", sa.String, primary_key=True),
    sa.Column("n", sa.BigInteger, primary_key=True),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("ct", sa.LargeBinary, nullable=False),
)
agg = _table(  # what the sheet will say, and noise from before the first of it
    "agg",
    sa.Column("figure", sa.String, primary_key=True),
    sa.Column("ends", sa.Integer, primary_key=True),  # the last day
    sa.Column("begins", sa.Integer, nullable=False),
    sa.Column("value", sa.Integer, nullable=False),
)
sheet = _table("sheet", sa.Column("ends", sa.Integer, primary_key=True), sa.Column("signed", sa.LargeBinary, nullable=False))
directory = _table(  # the signed list as everybody gets it, so that all workers hand out the same bytes
    "directory", sa.Column("issued", sa.BigInteger, nullable=False), sa.Column("signed", sa.LargeBinary, nullable=False)
)
