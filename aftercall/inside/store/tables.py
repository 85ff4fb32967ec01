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
staff_id = _table(
    "staff_id",
    _key("authority"),
    _key("number"),
    sa.Column("staff", sa.String, nullable=False),
    sa.Column("origin", sa.String, nullable=False, server_default=""),  # "": the staff list; "crew": an agency's list of its crew
)
sa.Index("staff_id_number", staff_id.c.org, staff_id.c.number)
leaver = _table(  # 30 days: who is not active any more, as the directory said it last; read by nobody but its door
    "leaver", _key("staff"), sa.Column("said", sa.String, nullable=False), sa.Column("until", sa.BigInteger, nullable=False)
)
unit = _table(
    "unit",
    _key("unit"),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("site", sa.String, nullable=False),
    sa.Column("phone", sa.String, nullable=False),
    sa.Column("mail", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
)
rota = _table("rota", _key("unit"), _key("staff"), _key("begins", sa.BigInteger), sa.Column("ends", sa.BigInteger, nullable=False))
sa.Index("rota_staff", rota.c.org, rota.c.staff)
alias = _table(  # 72 h after it was last named: a keyed hash of a patient's number, visit or report, and a random name for it
    "alias", _key("name"), _key("mark"), sa.Column("at", sa.BigInteger, nullable=False)
)
sa.Index("alias_mark", alias.c.org, alias.c.mark, info={"postgresql": True})  # on SQLite store/known.py takes its place
notice = _table(  # 72 h
    "notice",
    _key("body_hash"),
    sa.Column("record", sa.String, nullable=False),
    sa.Column("visit", sa.String, nullable=False),
    sa.Column("document", sa.String, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("joined", sa.String, nullable=False),  # records, with spaces between
    sa.Column("signal", sa.String, nullable=False),  # "PID-30=yes PID-29=time"
    sa.Column("facts", sa.String, nullable=False),  # "emergency,short stay"
    sa.Column("doubt", sa.String, nullable=False),
    sa.Column("died_at", sa.BigInteger),
    sa.Column("happened_at", sa.BigInteger),
    sa.Column("sender_at", sa.BigInteger, nullable=False),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("speaks", sa.Integer, nullable=False),  # 1 when a sign in it speaks for a death
    sa.Column("at", sa.BigInteger, nullable=False),
)
sa.Index("notice_record", notice.c.org, notice.c.record)
sa.Index("notice_joined", notice.c.org, notice.c.joined, sqlite_where=notice.c.joined != "", postgresql_where=notice.c.joined != "")
sa.Index("notice_visit", notice.c.org, notice.c.visit, sqlite_where=notice.c.visit != "", postgresql_where=notice.c.visit != "")
sa.Index("notice_event", notice.c.org, notice.c.event, sqlite_where=notice.c.event != "", postgresql_where=notice.c.event != "")
trace = _table(  # 72 h: who did something for this patient, and (with staff "") where the patient lay
    "trace",
    _key("record"),
    _key("staff"),
    _key("why"),
    _key("unit"),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("begins", sa.BigInteger, nullable=False),
    sa.Column("ends", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)
sa.Index("trace_staff", trace.c.org, trace.c.staff, sqlite_where=trace.c.staff != "", postgresql_where=trace.c.staff != "")
coming = _table(  # 72 h: how a patient came, for a human to see whether a run and a stay are one patient's
    "coming",
    _key("record"),
    _key("visit"),
    sa.Column("side", sa.String, nullable=False),  # "run" | "stay"
    sa.Column("came", sa.BigInteger, nullable=False),  # to the minute
    sa.Column("age", sa.Integer),  # tens of years
    sa.Column("incident", sa.String, nullable=False),  # a random name, as all that follow
    sa.Column("numbers", sa.String, nullable=False),  # of a run: what its report calls the hospital's; with spaces between
    sa.Column("at", sa.BigInteger, nullable=False),
)
pair = _table(  # 72 h: what the desk said of a run and a stay
    "pair",
    _key("run"),
    _key("stay"),
    sa.Column("said", sa.String, nullable=False),  # "yes" | "no"
    sa.Column("at", sa.BigInteger, nullable=False),
)
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
    sa.Column("seen", sa.String, nullable=False, server_default=""),  # numbers of the acts (audit) by which somebody looked at it
)
sa.Index(
    "attendance_due",
    attendance.c.org,
    attendance.c.due,
    sqlite_where=attendance.c.due.isnot(None),
    postgresql_where=attendance.c.due.isnot(None),
)
outbox = _table(  # until sent
    "outbox",
    _key("staff"),
    _key("day", sa.Integer),
    sa.Column("template", sa.String, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
)
sa.Index("outbox_due", outbox.c.org, outbox.c.due)
prompt = _table(  # 72 h: the unit itself, once for a loss; taken back with it
    "prompt",
    _key("event"),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("ref", sa.String, nullable=False),
    sa.Column("step", sa.String, nullable=False),  # "first" | "done"
    sa.Column("due", sa.BigInteger),
    sa.Column("tries", sa.Integer, nullable=False),
)
told = _table(
    "told", _key("staff"), sa.Column("by", sa.String, nullable=False), sa.Column("until", sa.BigInteger, nullable=False)
)  # 48 h
quiet = _table(  # HMAC of a number or address that said STOP; or of it and one message or day, until that is over
    "quiet",
    _key("contact"),
    sa.Column("until", sa.Integer),  # day since 1970; None: for good
)
report = _table(  # 72 h: one colleague's word, until a second person or the desk confirms it
    "report",
    _key("report"),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("died_at", sa.BigInteger, nullable=False),
    sa.Column("sender", sa.String, nullable=False),  # keyed hash of who told it, under the key of the sender of messages
    sa.Column("what", sa.String, nullable=False),  # "loss": look after a team; "there", "me": was there too; "desk": waits for it
    sa.Column("staff", sa.String, nullable=False),  # who else was there, "" for a loss
    sa.Column("event", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),  # "sent" | "waiting" | "called" | "yes" | "no"
    sa.Column("due", sa.BigInteger),  # when the coordinator is called
    sa.Column("at", sa.BigInteger, nullable=False),
)
learned = _table("learned", _key("field"), _key("value"), sa.Column("means", sa.String, nullable=False))  # "" | "dead" | "other"
cursor = _table(  # up to where a feed was read, and by which worker
    "cursor",
    _key("feed"),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("holder", sa.String, nullable=False),  # random, of one run
    sa.Column("until", sa.BigInteger, nullable=False),
)
ear = _table(  # 28 days after the feed last spoke at that hour of the day
    "ear",
    _key("feed"),
    _key("hour", sa.Integer),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("longest", sa.BigInteger, nullable=False),  # seconds of the longest silence that began in it
    sa.Column("week", sa.Integer, nullable=False),
)
quarantine = _table(  # 30 d
    "quarantine",
    _key("at", sa.BigInteger),
    _key("n", sa.BigInteger),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
)
session = _table(  # 12 h a desk, 15 min one's own page, 30 min a link, 10 min a code
    "session",
    _key("session"),  # a hash of what the browser holds
    sa.Column("kind", sa.String, nullable=False),  # "desk" | "mine" | "link" | "code" | "used"
    sa.Column("who", sa.String, nullable=False),  # of a named role, random; of one's own page, the staff id
    sa.Column("person", sa.String, nullable=False),  # the name of a named role; never of the staff
    sa.Column("role", sa.String, nullable=False),
    sa.Column("began", sa.BigInteger, nullable=False),
    sa.Column("touched", sa.BigInteger, nullable=False),  # when the passkey was last used in it
    sa.Column("ends", sa.BigInteger, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, default=0),  # of a code
    sa.Column("proof", sa.String, nullable=False),  # keyed hash of a code; what a link's passkey is for
)
credential = _table(  # a passkey, until it is taken away
    "credential",
    _key("credential"),
    sa.Column("who", sa.String, nullable=False),
    sa.Column("person", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("key", sa.String, nullable=False),  # public
    sa.Column("uses", sa.BigInteger, nullable=False),  # as the device counts them; 0 where it doesn't
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
)
audit = _table(  # a year
    "audit",
    _key("n", sa.BigInteger),
    sa.Column("hour", sa.Integer, nullable=False),  # since 1970
    sa.Column("who", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("act", sa.String, nullable=False),
    sa.Column("about", sa.String, nullable=False),  # another person with a named role, or ""
    sa.Column("seal", sa.String, nullable=False),
)
