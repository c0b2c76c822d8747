"""Alembic's environment: the database is named by ``PAY_DATABASE_URL`` (a libpq conninfo, several hosts allowed)."""

import psycopg
from alembic import context
from sqlalchemy import create_engine, text

from system.schema import metadata
from system.settings import Settings
from system.store.primary import connect_primary


def _connect() -> psycopg.Connection[tuple[object, ...]]:
    return connect_primary(Settings().conninfo)


def run() -> None:
    """Run the migrations in one transaction."""
    engine = create_engine("postgresql+psycopg://", creator=_connect)
    with engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS pay"))
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS books"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            version_table_schema="pay",
            include_schemas=True,
            include_name=lambda name, kind, _parents: kind != "schema" or name == "pay",
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
