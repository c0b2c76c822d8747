"""Metadata, naming convention and the column shapes that repeat."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, MetaData, Text

metadata = MetaData(
    schema="pay",
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def text(name: str, default: str | None = None) -> Column[str]:
    """A text column that is never null."""
    return Column(name, Text, nullable=False, server_default=default)


def optional_text(name: str) -> Column[str]:
    """A text column that may be null."""
    return Column(name, Text)


def key(name: str) -> Column[str]:
    """A text primary key (our ids sort by time)."""
    return Column(name, Text, primary_key=True)


def serial(name: str) -> Column[int]:
    """A generated 64-bit primary key."""
    return Column(name, BigInteger, Identity(always=True), primary_key=True)


def moment(name: str) -> Column[int]:
    """Microseconds since the Unix epoch, UTC."""
    return Column(name, BigInteger, nullable=False)


def optional_moment(name: str) -> Column[int]:
    """Microseconds since the Unix epoch, UTC, or null when it has not happened."""
    return Column(name, BigInteger)


def minor(name: str) -> Column[int]:
    """An amount in minor units that starts at zero."""
    return Column(name, BigInteger, nullable=False, server_default="0")


def one_of(column: str, *values: str) -> CheckConstraint:
    """A CHECK that the column holds one of these words."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")
