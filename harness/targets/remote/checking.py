"""What an adapter lists, checked field by field: a value that means nothing would otherwise be judged as if it did."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, get_args, get_type_hints

from harness.core.adapter import MERCHANT, Charge, Record, Seen, Word
from harness.core.errors import ControlError
from harness.targets.remote.words import STATUS

_MICROSECONDS = range(10**15, 10**17)
"""From 2001 on. Seconds, milliseconds and nanoseconds since the epoch are all elsewhere."""

_Item = TypeVar("_Item", Charge, Record, Seen)


@dataclass(frozen=True)
class Rule:
    """What a field may hold: a test, and the same in words."""

    fits: Callable[[object], bool]
    valid: str


def _integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _one_of(valid: Collection[str]) -> Rule:
    return Rule(lambda value: isinstance(value, str) and value in valid, f"valid: {', '.join(valid)}")


_TEXT = Rule(lambda value: isinstance(value, str), "a text, '' where there is none")
_NAME = Rule(lambda value: isinstance(value, str) and value != "", "a text that is not empty")
_MINOR = Rule(lambda value: _integer(value) and value >= 0, "a whole number of minor units, such as 1999")  # type: ignore[operator]
_CURRENCY = Rule(
    lambda value: isinstance(value, str) and len(value) == 3 and value.isalpha(), "three letters, such as EUR"
)
_CREATED = Rule(
    lambda value: _integer(value) and value in _MICROSECONDS,
    "microseconds since the epoch, a whole number such as 1800000000000000; of a text in ISO 8601 "
    "int(datetime.fromisoformat(text).timestamp() * 1e6)",
)
_MAYBE_MINOR = Rule(lambda value: value is None or _MINOR.fits(value), f"{_MINOR.valid}, or None")
_MAYBE_CURRENCY = Rule(lambda value: value is None or _CURRENCY.fits(value), f"{_CURRENCY.valid}, or None")
_MAYBE_NUMBER = Rule(lambda value: value is None or _integer(value), "a whole number, or None")
_YES_OR_NO = Rule(lambda value: isinstance(value, bool), "True or False")
_WORD = Rule(lambda value: isinstance(value, Word), f"valid: {', '.join(f'Word.{word.name}' for word in Word)}")
_RECORDED = Rule(
    lambda value: isinstance(value, Word) and value in STATUS,
    f"valid: {', '.join(f'Word.{word.name}' for word in STATUS)}",
)
_STATUSES = get_args(get_type_hints(Charge)["status"])
_SEEN: Mapping[str, Rule] = {
    "word": _WORD,
    "payment_id": _TEXT,
    "amount_minor": _MAYBE_MINOR,
    "currency": _MAYBE_CURRENCY,
    "replayed": _YES_OR_NO,
    "version": _MAYBE_NUMBER,
    "code": _TEXT,
}


def gateways_of(links: Collection[str]) -> tuple[str, ...]:
    """Return the gateways behind links of these names: what follows `-to-`."""
    return tuple(sorted({link.partition("-to-")[2] for link in links}))


def checked_charges(
    listed: Sequence[Charge], gateways: Collection[str], merchants: Collection[str] = (MERCHANT,)
) -> Sequence[Charge]:
    """Return the charges, their currencies in capitals.

    Raises `ControlError` naming every field that cannot be, each once, with what is valid.
    """
    rules = {
        "charge_id": _NAME,
        "reference": _TEXT,
        "amount_minor": _MINOR,
        "currency": _CURRENCY,
        "created_at_us": _CREATED,
        "status": _one_of(_STATUSES),
        "refunded_minor": _MINOR,
        "payment_id": _TEXT,
        "key": _TEXT,
        "gateway": _one_of(gateways),
        "merchant": _one_of(merchants),
    }
    return _checked("charges", listed, Charge, rules)


def checked_records(
    listed: Sequence[Record], gateways: Collection[str], merchants: Collection[str] = (MERCHANT,)
) -> Sequence[Record]:
    """Return the records, as `checked_charges` does with charges."""
    rules = {
        "payment_id": _NAME,
        "reference": _TEXT,
        "word": _RECORDED,
        "amount_minor": _MINOR,
        "currency": _CURRENCY,
        "key": _TEXT,
        "charge_id": _TEXT,
        "gateway": _one_of(gateways),
        "merchant": _one_of(merchants),
    }
    return _checked("payments", listed, Record, rules)


def checked_seen(shown: Sequence[Seen], method: str = "found") -> Sequence[Seen]:
    """Return the payments that an answer shows, as `checked_charges` does with charges."""
    return _checked(method, shown, Seen, _SEEN)


def _checked(method: str, items: Sequence[_Item], kind: type[_Item], rules: Mapping[str, Rule]) -> Sequence[_Item]:
    if wrong := list(dict.fromkeys(_wrong(items, kind, rules))):
        raise _named(method, wrong)
    return [replace(item, currency=item.currency.upper()) if item.currency else item for item in items]


def _wrong(items: Sequence[object], kind: type[_Item], rules: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:
    """Yield what cannot be and what is valid: of each field the first value that cannot be, of each other type one."""
    seen: set[str] = set()
    for item in items:
        if not isinstance(item, kind):
            if (name := type(item).__name__) not in seen:
                yield f"gave a {name}: {item!r:.100}", f"each item is a harness.core.adapter.{kind.__name__}"
            seen.add(name)
            continue
        for field, rule in rules.items():
            if field not in seen and not rule.fits(value := getattr(item, field)):
                seen.add(field)
                yield f": {kind.__name__}.{field} is {value!r:.100}", f"{field}: {rule.valid}"


def _named(method: str, wrong: Sequence[tuple[str, str]]) -> ControlError:
    """Return one error for one mistake, with its own hint, and one for several, with what is valid beside each."""
    if len(wrong) == 1:
        [(what, valid)] = wrong
        return ControlError(f"the adapter's {method}(){what if what[0] == ':' else ' ' + what}", hint=valid)
    listed = "".join(f"\n  {what.removeprefix(': ')} ({valid})" for what, valid in wrong)
    return ControlError(f"the adapter's {method}(): {len(wrong)} things are wrong:{listed}", hint="correct the adapter")
