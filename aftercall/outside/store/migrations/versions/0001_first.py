"""The first rows of the care side."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column, **more: str) -> None:
    op.create_table(name, sa.Column("programme", sa.String, primary_key=True), *columns, sqlite_with_rowid=False, **more)


def _key(name: str, kind: type = sa.String) -> sa.Column:
    return sa.Column(name, kind, primary_key=True)


def _must(name: str, kind: type, **more: object) -> sa.Column:
    return sa.Column(name, kind, nullable=False, **more)


def _day() -> sa.Column:
    """On PostgreSQL a day's rows stand in files of their own, so the day stands in every key (store/days.py)."""
    return sa.Column("day", sa.Integer, primary_key=op.get_bind().dialect.name == "postgresql", nullable=False)


DAYS = {"postgresql_partition_by": "RANGE (day)"}


def upgrade() -> None:
    _table(
        "peer", _key("pid"), _must("entry", sa.Text), sa.Column("duty_until", sa.BigInteger), _must("lapses", sa.Integer, server_default="0"),
        sa.Column("test_until", sa.BigInteger), sa.Column("rest_until", sa.BigInteger), sa.Column("gathers_until", sa.BigInteger),
        _must("reserve", sa.Boolean, server_default=sa.false()),
    )
    _table(
        "turn", _key("pid"), _key("begins", sa.BigInteger), _must("ends", sa.BigInteger), _must("own", sa.Boolean), _must("off", sa.Boolean),
        _must("asked", sa.Boolean),
    )
    _table("reminder", _key("what"), _must("told", sa.Text))
    _table(
        "audit", _key("n", sa.BigInteger), _must("hour", sa.Integer),
        *(_must(name, sa.String) for name in ("who", "name", "role", "act", "about", "seal")),
    )
    _table("session", _key("token"), _must("pid", sa.String), _must("ends", sa.BigInteger))
    them = ("who", "person", "role")
    _table(
        "seat", _key("session"), *(_must(name, sa.String) for name in ("kind", *them, "proof")),
        *(_must(name, sa.BigInteger) for name in ("began", "touched", "ends")),
    )
    _table(
        "passkey", _key("credential"), *(_must(name, sa.String) for name in (*them, "key")), _must("uses", sa.BigInteger),
        _must("day", sa.Integer), _must("used", sa.Integer),
    )
    _table(
        "box", _key("box"), _must("hc", sa.String), _must("state", sa.String), _must("everyone", sa.Boolean), _must("wave", sa.Integer),
        sa.Column("due", sa.BigInteger), _must("holder", sa.String), _must("cap", sa.String), _must("lapsed", sa.Integer),
        _day(), _must("heard_c", sa.Integer), _must("heard_p", sa.Integer), sa.Column("prompt", sa.BigInteger),
        _must("wider", sa.Boolean, server_default=sa.false()), sa.Column("contact", sa.LargeBinary), **DAYS,
    )
    op.create_index("box_due", "box", ["programme", "due"], sqlite_where=sa.text("due IS NOT NULL"), postgresql_where=sa.text("due IS NOT NULL"))
    held, rings, rung = sa.text("holder != ''"), sa.text("state = 'open' AND holder = '' AND wave > 0"), sa.text("wave > 0")
    op.create_index("box_holder", "box", ["programme", "holder"], sqlite_where=held, postgresql_where=held)
    op.create_index("box_rings", "box", ["programme", "wave"], sqlite_where=rings, postgresql_where=rings)
    _table(
        "page_copy", _key("box"), _key("pid"), _must("place", sa.Integer), _must("wave", sa.Integer), _must("cap", sa.String),
        _day(), sa.Column("ct", sa.LargeBinary), **DAYS,
    )
    op.create_index("page_copy_rung", "page_copy", ["programme", "pid"], sqlite_where=rung, postgresql_where=rung)
    _table("reach", _key("pid"), _key("road"), _must("to", sa.Text), _must("after", sa.Integer), _must("came", sa.Boolean, server_default=sa.true()))
    _table(
        "ring", _key("box"), _key("pid"), _key("road"), _must("wave", sa.Integer), _must("due", sa.BigInteger), _must("tries", sa.Integer),
    )
    op.create_index("ring_due", "ring", ["programme", "road", "due"])
    _table("msg", _key("box"), _key("lane"), _key("n", sa.BigInteger), _day(), _must("ct", sa.LargeBinary), **DAYS)
    _table("agg", _key("figure"), _key("ends", sa.Integer), _must("begins", sa.Integer), _must("value", sa.Integer))
    _table("sheet", _key("ends", sa.Integer), _must("signed", sa.LargeBinary))
    _table("directory", _must("issued", sa.BigInteger), _must("signed", sa.LargeBinary))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SCHEMA days")
