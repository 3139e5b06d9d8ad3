"""Runs the migrations on the connection that ``Database.upgrade`` hands over, inside its transaction."""

from alembic import context

from latsar_sync.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=False)
context.run_migrations()
