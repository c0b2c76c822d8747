"""`python -m database.roles URL`: create the platform's roles and its database in a new cluster (Patroni calls it)."""

import os
import sys

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Literal

ROLES = (
    "CREATE ROLE payments_app LOGIN PASSWORD {application}",
    "CREATE DATABASE payments OWNER payments_app",
    "CREATE ROLE faultline_reader LOGIN PASSWORD {reader} IN ROLE pg_read_all_data, pg_monitor",
    "ALTER ROLE faultline_reader SET default_transaction_read_only = on",
)
EXTENSION = ("CREATE SCHEMA monitoring", "CREATE EXTENSION pg_stat_statements SCHEMA monitoring")


def main(url: str) -> None:
    """Create them. Raises `psycopg.Error`, which makes Patroni's bootstrap fail and start over."""
    known = {
        "application": Literal(os.environ["APPLICATION_PASSWORD"]),
        "reader": Literal(os.environ["READER_PASSWORD"]),
    }
    password = os.environ["SUPERUSER_PASSWORD"]
    with psycopg.connect(make_conninfo(url, password=password), autocommit=True) as connection:
        for statement in ROLES:
            connection.execute(SQL(statement).format(**known))
    with psycopg.connect(make_conninfo(url, password=password, dbname="payments"), autocommit=True) as connection:
        for statement in EXTENSION:
            connection.execute(statement)


if __name__ == "__main__":
    main(sys.argv[1])
