"""The first rows of the care side."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column) -> None:
    op.create_table(name, sa.Column("programme", sa.String, primary_key=True), *columns, sqlite_with_rowid=False)


def _key(name: str, kind: type = sa.String) -> sa.Column:
    return sa.Column(name, kind, primary_key=True)


def _must(name: str, kind: type, **more: object) -> sa.Column:
    return sa.Column(name, kind, nullable=False, **more)


def upgrade() -> None:
    _table(
        "peer", _key("pid"), _must("entry", sa.Text), sa.Column("duty_until", sa.BigInteger), _must("lapses", sa.Integer, server_default="0"),
        sa.Column("test_until", sa.BigInteger), sa.Column("rest_until", sa.BigInteger),
    )
    _table(
        "turn", _key("pid"), _key("begins", sa.BigInteger), _must("ends", sa.BigInteger), _must("own", sa.Boolean), _must("off", sa.Boolean),
        _must("asked", sa.Boolean),
    )
    _table("reminder", _key("what"), _must("told", sa.Text))
    _table("session", _key("token"), _must("pid", sa.String), _must("ends", sa.BigInteger))
    _table(
        "box", _key("box"), _must("hc", sa.String), _must("state", sa.String), _must("everyone", sa.Boolean), _must("wave", sa.Integer),
        sa.Column("due", sa.BigInteger), _must("holder", sa.String), _must("cap", sa.String), _must("lapsed", sa.Integer),
        _must("day", sa.Integer), _must("heard_c", sa.Integer), _must("heard_p", sa.Integer), sa.Column("contact", sa.LargeBinary),
    )
    op.create_index("box_due", "box", ["due"], sqlite_where=sa.text("due IS NOT NULL"), postgresql_where=sa.text("due IS NOT NULL"))
    _table(
        "page_copy", _key("box"), _key("pid"), _must("place", sa.Integer), _must("wave", sa.Integer), _must("cap", sa.String),
        sa.Column("ct", sa.LargeBinary),
    )
    _table("reach", _key("pid"), _key("road"), _must("to", sa.Text), _must("after", sa.Integer))
    _table(
        "ring", _key("box"), _key("pid"), _key("road"), _must("wave", sa.Integer), _must("due", sa.BigInteger), _must("tries", sa.Integer),
    )
    op.create_index("ring_due", "ring", ["due"])
    _table("msg", _key("box"), _key("lane"), _key("n", sa.BigInteger), _must("ct", sa.LargeBinary))
