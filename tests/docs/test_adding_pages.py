"""The example in each "adding a ..." page works as it stands there."""

import re
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.core.evidence import Evidence
from harness.core.fault import Fault
from harness.core.scenario import Scenario
from system.seams import sound_seams
from system.settings import Settings
from tests.faults.fake_surface import FakeSurface

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"```python\n(# (?P<path>\S+\.py)\n.*?)```", re.DOTALL)


def example(page: str) -> ModuleType:
    """Return the page's example as the module it would be."""
    match = BLOCK.search((DOCS / page).read_text())
    assert match, f"{page} has no example that starts with its path"
    module = ModuleType(Path(match["path"]).stem)
    exec(compile(match[1], match["path"], "exec"), module.__dict__)
    return module


def test_the_example_fault_breaks_its_link_and_has_an_undo_for_it() -> None:
    fault = example("adding-a-fault.md").slow_sink(latency_ms=1500)
    surface = FakeSurface()
    undos = fault.undo(surface)
    fault.inject(surface, seed=1)
    assert isinstance(fault, Fault)
    assert [undo.arguments["link"] for undo in undos] == ["worker-to-sink"]
    assert surface.links.done == [("toxic", "worker-to-sink", "latency", "downstream", 1.0, {"latency": 1500})]


def test_the_example_scenario_is_a_scenario() -> None:
    scenario = example("adding-a-scenario.md").scenario
    assert isinstance(scenario, Scenario)
    assert [item.fault.name for item in scenario.faults] == ["gateway_down", "gateway_latency"]


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("adding-*.md")))
def test_every_page_has_an_example(page: str) -> None:
    assert example(page).__doc__


def test_the_example_invariant_finds_a_charge_that_nobody_asked_for(tmp_path: Path) -> None:
    charge = {"charge_id": "ch_1", "gateway": "stripe", "merchant_id": "m", "amount_minor": 1999, "currency": "EUR"}
    charges = [{**charge, "reference": reference, "executed": True} for reference in ("asked", "never-asked")]
    (tmp_path / "plan.json").write_text("{}")
    pq.write_table(pa.Table.from_pylist(charges), tmp_path / "gateway_charges.parquet")
    pq.write_table(pa.Table.from_pylist([{"merchant_id": "m", "reference": "asked"}]), tmp_path / "history.parquet")
    invariant = example("adding-an-invariant.md").INVARIANT
    with Evidence(tmp_path) as evidence:
        found = invariant.violations(evidence)
        assert invariant.witness.count(evidence) == 2
    assert [(violation.reference, violation.money) for violation in found] == [("never-asked", {"EUR": 1999})]


def test_the_example_format_is_found_by_its_shape() -> None:
    module = example("adding-a-report-format.md")
    report = SimpleNamespace(verdict="PASS", scenario="calm", seed=7, claim="All is well.")
    assert (module.NAME, module.FILENAME) == ("one_line", "one_line.txt")
    assert module.render(report, None) == "PASS calm seed 7: All is well.\n"


def test_the_example_bug_differs_from_the_sound_system_and_counts_that_it_was_reached() -> None:
    module = example("adding-a-planted-bug.md")
    sound = sound_seams(Settings())
    reached: list[int] = []
    planted = module.plant(sound, lambda: reached.append(1))
    assert (sound.parse_amount("19.99", 2), planted.parse_amount("19.99", 2), len(reached)) == (1999, 2000, 1)
