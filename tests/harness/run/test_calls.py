"""The table of calls is made of what processes and database nodes said in their logs."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from harness.run.calls import Row, save_calls

T0_US = 1_796_084_687_000_000
"""2026-12-01 00:24:47 UTC."""
LINKS = {27013: ("api1", "stripe"), 27045: ("stripe", "api1")}


def told(process: str, *calls: list[object]) -> str:
    return json.dumps({"process": process, "event": "calls", "calls": calls}, separators=(",", ":")) + "\n"


def saved(folder: Path, **logs: str) -> list[Row]:
    (folder / "plan.json").write_text(json.dumps({"t0_us": T0_US}))
    (folder / "logs").mkdir()
    for name, text in logs.items():
        (folder / "logs" / f"{name.replace('_', '-')}.log").write_text(text)
    save_calls(folder, LINKS)
    return [tuple(row.values()) for row in pq.read_table(folder / "books" / "calls.parquet").to_pylist()]  # type: ignore[misc]


def test_a_call_is_named_by_the_port_that_was_dialled(tmp_path: Path) -> None:
    api = '{"event":"started"}\nnot json\n' + told(
        "api1",
        [27013, 1000, 20, "answered", 200, ""],
        [27013, 2000, 500, "reset", None, "c1"],
        [9, 1, 1, "reset", None, ""],
    )
    stripe = told("stripe", [27045, 3000, 5, "refused", None, "evt_1"])
    assert saved(tmp_path, api1=api, stripe=stripe) == [
        ("api1", "stripe", 1000, 1020, "answered", 200, ""),
        ("api1", "stripe", 2000, 2500, "reset", None, "c1"),
        ("stripe", "api1", 3000, 3005, "refused", None, "evt_1"),
    ]


def test_a_line_that_a_death_cut_short_tells_nothing(tmp_path: Path) -> None:
    whole = told("api1", [27013, 1000, 20, "answered", 200, ""])
    assert len(saved(tmp_path, api1=whole + whole[:-9])) == 1


def test_patroni_tells_whom_it_asked_and_who_did_not_answer(tmp_path: Path) -> None:
    """Lines as Patroni 4.1.5 writes them, in local time two hours ahead. One that answered nonsense has answered."""
    unreachable = "HTTPConnectionPool(host='127.0.0.1', port=27039): Max retries exceeded with url: /patroni"
    log = f"""\
2026-12-01 02:24:45,100 INFO: no action. I am (pg-b), a secondary, and following a leader (pg-a)
2026-12-01 02:24:47,914 INFO: Got response from pg-c http://127.0.0.1:27040/patroni: {{"state": "running"}}
2026-12-01 02:24:47,935 WARNING: Request failed to pg-a: GET http://127.0.0.1:27039/patroni ('xlog')
2026-12-01 02:24:48,000 WARNING: Request failed to pg-a: GET http://127.0.0.1:27039/patroni ({unreachable})
2026-12-01 02:24:49,000 ERROR: Request to server http://toxiproxy:20111 failed: MaxRetryError()
"""
    assert saved(tmp_path, pg_b=log) == [
        ("patroni-b", "patroni-c", T0_US + 914_000, T0_US + 914_000, "answered", None, ""),
        ("patroni-b", "patroni-a", T0_US + 1_000_000, T0_US + 1_000_000, "refused", None, ""),
        ("patroni-b", "etcd", T0_US + 2_000_000, T0_US + 2_000_000, "refused", None, ""),
    ]


def test_nothing_is_made_of_a_system_whose_processes_are_not_ours(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    save_calls(tmp_path, {})
    assert not (tmp_path / "books").exists()
