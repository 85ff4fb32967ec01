"""The first rows of the hospital's side."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column) -> None:
    op.create_table(name, sa.Column("org", sa.String, primary_key=True), *columns, sqlite_with_rowid=False)


def _key(name: str, kind: type = sa.String) -> sa.Column:
    return sa.Column(name, kind, primary_key=True)


def _must(name: str, kind: type = sa.String) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def _index_of(name: str, table: str, column: str, where: str) -> None:
    """Of those rows alone."""
    these = sa.text(where)
    op.create_index(name, table, ["org", column], sqlite_where=these, postgresql_where=these)


def upgrade() -> None:
    _table("staff", _key("staff"), *(_must(name) for name in ("name", "phone", "mail", "language", "unit", "role")))
    _table("staff_id", _key("authority"), _key("number"), _must("staff"), sa.Column("origin", sa.String, nullable=False, server_default=""))
    op.create_index("staff_id_number", "staff_id", ["org", "number"])
    _table("leaver", _key("staff"), _must("said"), _must("until", sa.BigInteger))
    _table("unit", _key("unit"), *(_must(name) for name in ("name", "site", "phone", "mail", "language")))
    _table(
        "prompt", _key("event"), *(_must(name) for name in ("unit", "ref", "step")), sa.Column("due", sa.BigInteger), _must("tries", sa.Integer)
    )
    _table("rota", _key("unit"), _key("staff"), _key("begins", sa.BigInteger), _must("ends", sa.BigInteger))
    op.create_index("rota_staff", "rota", ["org", "staff"])
    _table("alias", _key("name"), _key("mark"), _must("at", sa.BigInteger))
    if op.get_bind().dialect.name != "sqlite":  # there store/known.py takes its place
        op.create_index("alias_mark", "alias", ["org", "mark"])
    _table(
        "notice", _key("body_hash"), *(_must(name) for name in ("record", "visit", "document")), _must("version", sa.BigInteger),
        *(_must(name) for name in ("joined", "signal", "facts", "doubt")), sa.Column("died_at", sa.BigInteger),
        sa.Column("happened_at", sa.BigInteger), _must("sender_at", sa.BigInteger), sa.Column("sent_at", sa.BigInteger), _must("unit"),
        _must("event"), _must("speaks", sa.Integer), _must("at", sa.BigInteger),
    )
    op.create_index("notice_record", "notice", ["org", "record"])
    for name in ("joined", "visit", "event"):
        _index_of(f"notice_{name}", "notice", name, f"{name} != ''")
    _table(
        "trace", *(_key(name) for name in ("record", "staff", "why", "unit")), _must("role"), _must("begins", sa.BigInteger),
        _must("ends", sa.BigInteger), _must("at", sa.BigInteger),
    )
    _index_of("trace_staff", "trace", "staff", "staff != ''")
    _table(
        "coming", _key("record"), _key("visit"), _must("side"), _must("came", sa.BigInteger), sa.Column("age", sa.Integer),
        _must("incident"), _must("numbers"), _must("at", sa.BigInteger),
    )
    _table("pair", _key("run"), _key("stay"), _must("said"), _must("at", sa.BigInteger))
    _table(
        "report", _key("report"), _must("unit"), _must("died_at", sa.BigInteger), *(_must(name) for name in ("sender", "what", "staff", "event", "state")),
        sa.Column("due", sa.BigInteger), _must("at", sa.BigInteger),
    )
    _table("learned", _key("field"), _key("value"), _must("means"))
    _table(
        "ear", _key("feed"), _key("hour", sa.Integer), *(_must(name, sa.BigInteger) for name in ("since", "at", "longest")),
        _must("week", sa.Integer),
    )
    _table("cursor", _key("feed"), _must("place"), _must("holder"), _must("until", sa.BigInteger))
    _table(
        "event", _key("event"), _must("week", sa.Integer), _must("site"), _must("state"), _must("weight", sa.Integer), _must("rules"),
        _must("there", sa.Integer), sa.Column("died_at", sa.BigInteger), sa.Column("unit", sa.String),
    )
    _table(
        "attendance", _key("event"), _key("staff"), _must("why"), _must("ref"), _must("step"), sa.Column("due", sa.BigInteger), _must("tries", sa.Integer),
        sa.Column("seen", sa.String, nullable=False, server_default=""),
    )
    _index_of("attendance_due", "attendance", "due", "due IS NOT NULL")
    _table("outbox", _key("staff"), _key("day", sa.Integer), _must("template"), _must("due", sa.BigInteger), _must("tries", sa.Integer))
    op.create_index("outbox_due", "outbox", ["org", "due"])
    _table("told", _key("staff"), _must("by"), _must("until", sa.BigInteger))
    _table("quiet", _key("contact"), sa.Column("until", sa.Integer))
    _table("quarantine", _key("at", sa.BigInteger), _key("n", sa.BigInteger), *(_must(name) for name in ("kind", "code", "place", "text")))
    _table(
        "session", _key("session"), *(_must(name) for name in ("kind", "who", "person", "role")),
        *(_must(name, sa.BigInteger) for name in ("began", "touched", "ends")), _must("tries", sa.Integer), _must("proof"),
    )
    _table(
        "credential", _key("credential"), *(_must(name) for name in ("who", "person", "role", "key")), _must("uses", sa.BigInteger),
        _must("day", sa.Integer), _must("used", sa.Integer),
    )
    _table(
        "audit", _key("n", sa.BigInteger), _must("hour", sa.Integer), *(_must(name) for name in ("who", "name", "role", "act", "about", "seal")),
    )
