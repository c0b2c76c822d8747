"""The table of planted bugs: how often each was caught, by what, after how long, and how its sound twins fared."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness import catalogue
from harness.core.errors import UsageError
from harness.score.cases import Case
from harness.score.outcome import Outcome
from harness.score.pairs import Pair, pair_up

COLUMNS = ("bug", "", "scenario", "caught", "seeds", "named", "after", "sound twin", "otherwise")
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def rows(cases: Iterable[Case], outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return one row for each bug and scenario of the cases, as plain data; what never ran is in it as `missing`."""
    cases = list(cases)
    pairs = pair_up(cases, outcomes)
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.bug, case.scenario), []).append(case)
    return [_row(bug, scenario, group, pairs) for (bug, scenario), group in groups.items()]


def _row(bug: str, scenario: str, group: Sequence[Case], pairs: Mapping[str, Pair]) -> dict[str, Any]:
    ran = [pairs[case.key] for case in group if case.key in pairs]
    return {
        "bug": bug,
        "title": catalogue.planted_bug(bug).title,
        "caught_by": list(group[0].caught_by),
        "scenario": scenario,
        "caught": sum(pair.caught for pair in ran),
        "of": len(ran),
        "missing": [case.seed for case in group if case.key not in pairs],
        "runs": [_run(pair) for pair in ran],
    }


def _run(pair: Pair) -> dict[str, Any]:
    twin = pair.twin
    return {
        "seed": pair.planted.case.seed,
        "revision": pair.planted.revision,
        "caught": pair.caught,
        "verdict": pair.planted.verdict,
        "violated": sorted(pair.planted.violated, key=_number),
        "seconds": pair.planted.seconds,
        "tries": pair.planted.tries,
        "reasons": [] if pair.caught else list(pair.planted.reasons),
        "twin": {"verdict": twin.verdict, "violated": list(twin.violated), "seconds": twin.seconds, "tries": twin.tries}
        if twin
        else None,
    }


def recorded(data: Mapping[str, Any]) -> Iterator[Outcome]:
    """Yield the outcomes behind a published table, twins too, so that a series goes on where its record is not.

    Raises `UsageError` for data of another make.
    """
    try:
        for row in data["bugs"]:
            for run in row["runs"]:
                case = Case(row["scenario"], run["seed"], row["bug"], tuple(row["caught_by"]))
                if run["twin"]:
                    yield _outcome(case.twin, run["twin"], run["revision"])
                yield _outcome(case, run, run["revision"])
    except (KeyError, TypeError) as error:
        told = f"the published data cannot be read: {error!r} is missing or wrong"
        raise UsageError(told, hint="leave --publish out, and publish anew") from error


def _outcome(case: Case, told: Mapping[str, Any], revision: str) -> Outcome:
    violated, reasons = tuple(told["violated"]), tuple(told.get("reasons", ()))
    return Outcome(case, told["verdict"], violated, reasons, told["seconds"], revision, told["tries"])


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as a Markdown table, with the sum and the revisions under it."""
    runs = [run for row in rows for run in row["runs"]]
    revisions = Counter(run["revision"] or "unknown" for run in runs)
    made = ", ".join(f"`{name}` ({count})" for name, count in revisions.items()) or "none"
    return "\n".join(
        [
            HEAD,
            *(_line(row) for row in rows),
            "",
            _sum(rows),
            "",
            *_made_again(runs),
            f"Revisions, with the runs of planted bugs at each: {made}.",
        ]
    )


def _sum(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how many bugs were caught in every run there is, and of how many there are runs to make."""
    ran = {row["bug"] for row in rows if row["of"]}
    missed = {row["bug"] for row in rows if row["caught"] < row["of"]}
    begun = {row["bug"] for row in rows if row["missing"]} & ran
    waiting = {row["bug"] for row in rows} - ran
    caught, made = sum(row["caught"] for row in rows), sum(row["of"] for row in rows)
    told = [
        f"{len(ran - missed)} of {len(ran)} planted bugs that ran were caught in every run "
        f"while the sound twin passed: {caught} of {made} runs."
    ]
    told += [f"Not run yet: {len(waiting)}."] if waiting else []
    told += [f"With runs left to make: {len(begun)}."] if begun else []
    return " ".join(told)


def _made_again(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    count = sum(run["tries"] > 1 or bool(run["twin"] and run["twin"]["tries"] > 1) for run in runs)
    return (
        [f"{count} of these runs, or their twins, were made again because they had come to INCONCLUSIVE.", ""]
        if count
        else []
    )


def _line(row: Mapping[str, Any]) -> str:
    runs = row["runs"]
    named = Counter(name for run in runs if run["caught"] for name in run["violated"])
    told = ", ".join(
        name if count == row["caught"] else f"{name} ({count})"
        for name, count in sorted(named.items(), key=lambda item: _number(item[0]))
    )
    twins = Counter(run["twin"]["verdict"] if run["twin"] else "not run" for run in runs)
    seconds = [run["seconds"] for run in runs if run["caught"]]
    cells = (
        row["bug"],
        row["title"],
        f"`{row['scenario']}`",
        f"{row['caught']} of {row['of']}",
        _seeds([run["seed"] for run in runs]),
        told or "-",
        f"{statistics.median(seconds):.0f} s" if seconds else "-",
        ", ".join(f"{verdict} {count}" for verdict, count in twins.items()) or "-",
        _otherwise(row),
    )
    return f"| {' | '.join(cells)} |"


def _seeds(seeds: Sequence[int]) -> str:
    ordered = sorted(seeds)
    whole = len(ordered) > 2 and ordered == list(range(ordered[0], ordered[-1] + 1))
    return f"{ordered[0]}-{ordered[-1]}" if whole else ", ".join(map(str, ordered)) or "-"


def _otherwise(row: Mapping[str, Any]) -> str:
    """Name the seeds of what was not caught, with what the runs came to."""
    told = []
    for run in row["runs"]:
        if not run["caught"]:
            named = f" {' '.join(run['violated'])}" if run["violated"] else ""
            beside = run["twin"]["verdict"] if run["twin"] else "not run"
            told.append(
                f"seed {run['seed']}: {run['verdict']}{named}" + (f", twin {beside}" if beside != "PASS" else "")
            )
    told += [f"not run: {_seeds(row['missing'])}"] if row["missing"] else []
    return "; ".join(told) or "-"


def _number(name: str) -> tuple[int, str]:
    digits = name[1:]
    return (int(digits), name) if digits.isdigit() else (0, name)
