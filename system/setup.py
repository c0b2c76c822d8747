"""``python -m system.setup [--fresh]``: migrate the database and seed the merchants, once, before anything starts."""

import argparse
import sys
from datetime import date
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config

from system.clock import now_us
from system.connectors.registry import in_use
from system.settings import Settings
from system.settlement.calendars import FED, TARGET, holidays
from system.store.merchants import SEED_MERCHANT, merchant_rows
from system.store.primary import connect_primary

SEED = """
SELECT pay.seed_shared_state(%(now_us)s, %(gateways)s) WHERE NOT EXISTS (SELECT FROM pay.routing)
"""
HOLIDAY = "INSERT INTO pay.bank_holidays (calendar, day) VALUES (%s, %s) ON CONFLICT DO NOTHING"
HOLIDAYS_FOR_YEARS = 15
"""How many years ahead holidays are known: more than a test platform's time can be moved."""
MIGRATIONS = Path(__file__).parent / "migrations"


def migrate() -> None:
    """Bring the schema to its newest version (does nothing when it is there)."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    command.upgrade(config, "head")


def seed(connection: psycopg.Connection[tuple[object, ...]], settings: Settings) -> int:
    """Write the merchants of the merchants file and the shared state's first form; returns how many merchants."""
    rows = merchant_rows(settings)
    for row in rows:
        connection.execute(SEED_MERCHANT, row)
    seed_holidays(connection, date.today().year)
    known = {"now_us": now_us(), "gateways": [gateway.name for gateway in in_use(settings)]}
    connection.execute(SEED, known)
    connection.execute("SELECT pay.add_gateways(%(now_us)s, %(gateways)s)", known)
    return len(rows)


def seed_holidays(connection: psycopg.Connection[tuple[object, ...]], year: int) -> None:
    """Write the bank holidays from the year before this one on."""
    for calendar in (FED, TARGET):
        for known in range(year - 1, year + HOLIDAYS_FOR_YEARS):
            connection.cursor().executemany(HOLIDAY, [(calendar, day) for day in holidays(calendar, known)])


def main(arguments: list[str] | None = None) -> int:
    """Run the setup; exit code 0."""
    parser = argparse.ArgumentParser(prog="system.setup", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="drop the platform's schemas first")
    options = parser.parse_args(arguments)
    settings = Settings()
    conninfo = settings.conninfo
    if options.fresh:
        with connect_primary(conninfo) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute("DROP SCHEMA IF EXISTS books CASCADE")
            connection.execute("DROP SCHEMA IF EXISTS pay CASCADE")
    migrate()
    with connect_primary(conninfo) as connection:
        merchants = seed(connection, settings)
    print(f"schema is up to date, {merchants} merchants", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
