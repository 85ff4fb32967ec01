"""The rows that may exist on the hospital's side (DECISIONS 28). No patient, and nothing of who answered."""

import sqlalchemy as sa

tables = sa.MetaData()


def _table(name: str, *columns: sa.Column[object]) -> sa.Table:
    return sa.Table(name, tables, sa.Column("org", sa.String, primary_key=True), *columns, sqlite_with_rowid=False)


def _key(name: str, kind: type[sa.String | sa.Integer] = sa.String) -> sa.Column[object]:
    return sa.Column(name, kind, primary_key=True)


staff = _table(
    "staff",
    _key("staff"),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("phone", sa.String, nullable=False),
    sa.Column("mail", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
)
staff_id = _table("staff_id", _key("authority"), _key("number"), sa.Column("staff", sa.String, nullable=False))
unit = _table("unit", _key("unit"), sa.Column("name", sa.String, nullable=False), sa.Column("site", sa.String, nullable=False))
rota = _table("rota", _key("unit"), _key("staff"), _key("begins", sa.BigInteger), sa.Column("ends", sa.BigInteger, nullable=False))
sa.Index("rota_staff", rota.c.org, rota.c.staff)
notice = _table(  # 72 h
    "notice",
    _key("body_hash"),
    _key("person_hmac"),
    sa.Column("visit_hmac", sa.String, nullable=False),
    sa.Column("signal", sa.String, nullable=False),  # "PID-30=yes PID-29=time"
    sa.Column("died_at", sa.BigInteger),
    sa.Column("sender_at", sa.BigInteger, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.String, nullable=False),
)
sa.Index("notice_person", notice.c.org, notice.c.person_hmac)
event = _table(  # 90 d; day, shift and unit for the first 72 h only
    "event",
    _key("event"),
    sa.Column("week", sa.Integer, nullable=False),
    sa.Column("site", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("weight", sa.Integer, nullable=False),
    sa.Column("rules", sa.String, nullable=False),
    sa.Column("there", sa.Integer, nullable=False),
    sa.Column("died_at", sa.BigInteger),
    sa.Column("unit", sa.String),
)
attendance = _table(  # 72 h
    "attendance",
    _key("event"),
    _key("staff"),
    sa.Column("why", sa.String, nullable=False),
    sa.Column("ref", sa.String, nullable=False),  # random: what the provider is told of this message dies with the row
    sa.Column("step", sa.String, nullable=False),  # what goes next: "first" | "day" | "done"
    sa.Column("due", sa.BigInteger),
    sa.Column("tries", sa.Integer, nullable=False),
)
sa.Index(
    "attendance_due", attendance.c.due, sqlite_where=attendance.c.due.isnot(None), postgresql_where=attendance.c.due.isnot(None)
)
outbox = _table(  # until sent
    "outbox",
    _key("staff"),
    _key("day", sa.Integer),
    sa.Column("template", sa.String, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
)
sa.Index("outbox_due", outbox.c.due)
told = _table(
    "told", _key("staff"), sa.Column("by", sa.String, nullable=False), sa.Column("until", sa.BigInteger, nullable=False)
)  # 48 h
quiet = _table("quiet", _key("contact"))  # HMAC of a number or address that said STOP
quarantine = _table(  # 30 d
    "quarantine",
    _key("at", sa.BigInteger),
    _key("n", sa.BigInteger),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
)
