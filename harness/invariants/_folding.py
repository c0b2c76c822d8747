"""Finds where two big sets of rows differ, without joining them.

Each side is folded into a fixed number of buckets: a row falls into the bucket of its key's hash and adds its weight to
that bucket's fold. Weights are made of 64-bit hashes, so buckets that come to the same fold on both sides hold the same
rows, each as often (that they do by chance has a probability below 2**-56). Only the other buckets need the exact
comparison, which is what finds and tells violations; a fold never decides one. The idea is that of Merkle trees and of
anti-entropy between replicas. A fold costs one scan; a join or a grouping of a million ids costs four to eight.
"""

from harness.core.evidence import Evidence

BUCKETS = 8192
"""Few enough that all folds stay in the processor's cache, many enough that one difference draws in few others."""


def fold(evidence: Evidence, name: str, key: str, weight: str, rows: str) -> str:
    """Keep the fold of a set of rows as the table `name` (bucket, fold) and return the name.

    `key` and `weight` are expressions over `rows`, a table or whatever may follow FROM. Rows of one key always fall
    into one bucket. For equality of rows the weight is their `hash(...)`; for equality of sums it is `times(...)`.
    """
    return evidence.derive(
        name,
        f"""
        SELECT hash({key}) % {BUCKETS} AS bucket, sum({weight}) AS fold FROM {rows} GROUP BY bucket
        """,
    )


def times(amount: str, *columns: str) -> str:
    """Return a weight whose sums over rows agree where the amounts, summed for each value of `columns`, agree."""
    return f"(CAST(hash({', '.join(columns)}) // 256 AS HUGEINT) * coalesce({amount}, 0))"


def differing(evidence: Evidence, name: str, left: str, right: str) -> str:
    """Keep the buckets in which two folds differ as the table `name` and return the name; empty where all is well."""
    return evidence.derive(
        name,
        f"""
        SELECT bucket FROM (SELECT bucket, fold FROM {left} UNION ALL SELECT bucket, -fold FROM {right})
        GROUP BY bucket HAVING sum(fold) <> 0
        """,
    )


def within(buckets: str, key: str) -> str:
    """Return the SEMI JOIN that leaves only rows whose key falls into one of these buckets."""
    return f"SEMI JOIN {buckets} ON {buckets}.bucket = hash({key}) % {BUCKETS}"
