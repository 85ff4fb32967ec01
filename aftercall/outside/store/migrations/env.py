"""Runs this half's migrations on the connection it is given; that connection's owner commits."""

from alembic import context

from aftercall.outside.store.tables import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables)
with context.begin_transaction():
    context.run_migrations()
