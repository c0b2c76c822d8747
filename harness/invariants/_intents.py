"""What the attempts of one logical intent come to, column by column, however many they are."""

_COLUMNS = (
    ("sends", "count", "*", "true"),
    ("oks", "count", "*", "outcome = 'OK'"),
    ("unknowns", "count", "*", "outcome = 'UNKNOWN'"),
    ("failures", "count", "*", "outcome = 'FAILED'"),
    ("doubt_us", "max", "sent_us", "outcome = 'UNKNOWN'"),
    (
        "final_no_us",
        "max",
        "sent_us",
        "outcome = 'FAILED' AND (http_status = 402 OR replayed OR got_payment_id IS NOT NULL)",
    ),
    ("no_status", "max", "http_status", "outcome = 'FAILED'"),
    ("no_code", "max", "error_code", "outcome = 'FAILED'"),
    ("amount_minor", "max", "amount_minor", "true"),
    ("currency", "any_value", "currency", "true"),
    ("exponent", "max", "exponent", "true"),
    ("payment_id", "any_value", "payment_id", "true"),
    ("ok_payment_id", "any_value", "got_payment_id", "outcome = 'OK'"),
    ("ok_status", "any_value", "got_status", "outcome = 'OK'"),
    ("sent_us", "min", "sent_us", "true"),
    ("done_us", "max", "done_us", "true"),
)
"""What an intent's attempts come to: (column, aggregate, of what, over the attempts that meet this)."""


def of_attempts() -> str:
    """Return the columns of an intent as aggregates over its attempts."""
    return ", ".join(f"{how}({what}) FILTER ({which}) AS {name}" for name, how, what, which in _COLUMNS)


def of_one_attempt() -> str:
    """Return the same columns of an intent that has one attempt: most have, and need no grouping."""
    return ", ".join(
        f"CAST(coalesce({which}, false) AS BIGINT) AS {name}" if how == "count" else
        f"CASE WHEN {which} THEN {what} END AS {name}"
        for name, how, what, which in _COLUMNS
    )  # fmt: skip
