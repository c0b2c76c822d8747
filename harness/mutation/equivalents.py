"""Mutants that change nothing anybody could see: listed by hand, each with its reason and its diff."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.core.errors import UsageError
from harness.mutation.mutant import Mutant

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
AT_MOST_SHARE = 0.1
"""Of a sample."""


def load_equivalents(
    mutants: Mapping[str, Mutant], sources: Mapping[str, bytes], path: Path = EQUIVALENT
) -> dict[str, str]:
    """Return the reasons by mutant.

    Raises `UsageError` naming every entry without a reason, of no mutant, or with another diff than the mutant's.
    """
    entries = tomllib.loads(path.read_text())
    wrong = [f"{name}: {why}" for name, entry in entries.items() if (why := _wrong(mutants.get(name), entry, sources))]
    if wrong:
        raise UsageError(f"{path.name}: {'; '.join(wrong)}", hint="see `faultline mutants --list`")
    return {name: str(entry["reason"]) for name, entry in entries.items()}


def _wrong(mutant: Mutant | None, entry: Mapping[str, str], sources: Mapping[str, bytes]) -> str:
    if mutant is None:
        return "there is no such mutant"
    if not str(entry.get("reason", "")).strip():
        return "has no reason"
    if str(entry.get("diff", "")).strip() != mutant.diff(sources[mutant.path]).strip():
        return "has another diff than the mutant"
    return ""


def check_share(sample: Sequence[Mutant], equivalents: Mapping[str, str]) -> None:
    """Raise `UsageError` where more than a tenth of a sample is said to be equivalent."""
    count = sum(mutant.id in equivalents for mutant in sample)
    if count > AT_MOST_SHARE * len(sample):
        raise UsageError(
            f"{count} of {len(sample)} mutants are said to be equivalent, more than {AT_MOST_SHARE:.0%} of the sample",
            hint="take some out of equivalent.toml",
        )
