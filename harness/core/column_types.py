"""The types of columns in `books/`: they follow from the names. Apart from `tables`, which needs no Arrow."""

from functools import cache

import pyarrow as pa

_INTEGER_COLUMNS = (
    "amount_minor authorized_minor captured_minor refunded_minor exponent version resolve_count seq http_status sends "
    "status_code posting_id journal_id sequence attempts last_status deliveries count feed_lines attempts_compared "
    "breaks_found breaks_new repairs left_to_people their_amount_minor xid commit_bytes flush_bytes timeline "
    "told_version told_amount_minor told_captured_minor told_refunded_minor "
    "gateway_amount decimals step_minor least_minor most_minor refund_reserved_minor disputed_minor "
    "lines captures_minor refunds_minor disputes_minor adjustments_minor gross_minor fees_minor reserve_minor "
    "released_minor net_minor rate_bp fixed_minor cutoff_s reserve_bp reserve_days fee_minor "
    "price_minor unit_count trial_days next_period pending_minor change_id from_minor to_minor prorated_minor period "
    "tries declines number "
    "withdrawn_minor reinstated_minor"
)
_INTEGERS = frozenset(_INTEGER_COLUMNS.split())
_BOOLEANS = frozenset({"livemode", "executed", "signature_ok", "dry_run", "redirected", "ok"})
_NUMBERS = frozenset({"value"})


@cache
def schema(columns: str) -> pa.Schema:
    """Return the Arrow schema of these columns: the type follows from the name."""
    return pa.schema([(name, _type(name)) for name in columns.split()])


def _type(name: str) -> pa.DataType:
    if name in _BOOLEANS:
        return pa.bool_()
    if name in _INTEGERS or name.endswith("_us"):
        return pa.int64()
    return pa.float64() if name in _NUMBERS else pa.string()
