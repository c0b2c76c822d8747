"""What somebody writes becomes a fault, or is refused with what is valid."""

import pytest

from harness import catalogue
from harness.core.errors import UsageError
from harness.injecting.asking import Asked, made, parameters_of, parse_for, parse_parameters, place_parameters


def test_parameters_take_the_types_of_the_fault() -> None:
    fault = made(Asked("gateway_latency", "paypal", {"latency_ms": "250"}))
    assert (fault.name, fault.place) == ("gateway_latency", "*-to-paypal")
    assert fault.settings["latency_ms"] == 250


@pytest.mark.parametrize(
    ("fault", "on", "place"),
    [
        ("gateway_down", "api1-to-stripe", "api1-to-stripe"),
        ("gateway_down", "paypal", "*-to-paypal"),
        ("link_down", "worker-to-sink", "worker-to-sink"),
        ("api_killed", "api2", "api2"),
        ("partial_outage", "paypal", "paypal"),
    ],
)
def test_a_place_is_a_link_where_it_is_written_like_one(fault: str, on: str, place: str) -> None:
    assert made(Asked(fault, on)).place == place


@pytest.mark.parametrize(
    ("asked", "says", "hints"),
    [
        (Asked("gatway_down"), "unknown fault", "gateway_down"),
        (Asked("gateway_latency", "", {"latency": "1"}), "has no parameter 'latency'", "latency_ms"),
        (Asked("gateway_latency", "", {"latency_ms": "soon"}), "is not a whole number", "latency_ms=1"),
        (Asked("gateway_latency", "", {"latency_ms": "-1"}), "not a number of at least 0", ""),
        (Asked("brownout", "", {"share": "nan"}), "not a number of at least 0", ""),
        (Asked("brownout", "", {"share": "2"}), "share: 2.0", ""),
        (Asked("link_down"), "needs link", "--on PLACE"),
        (Asked("clock_skew"), "needs offset_s", "--with offset_s=VALUE"),
        (Asked("postgres_killed", "pg-a"), "takes no place", "leave --on out"),
        (Asked("api_killed", "api1-to-stripe"), "not on a link", "replica"),
        (Asked("replication_cut", "", {"standbys": "two"}), "not one of its choices", "one, all"),
        (Asked("commits_cancelled", "", {"terminate": "perhaps"}), "neither true nor false", "true, false"),
        (Asked("gateway_down", "paypal", {"gateway": "stripe"}), "given twice", ""),
    ],
)
def test_what_a_fault_does_not_take_is_refused_with_what_it_takes(asked: Asked, says: str, hints: str) -> None:
    with pytest.raises(UsageError) as refused:
        made(asked)
    assert says in str(refused.value)
    assert hints in refused.value.hint


@pytest.mark.parametrize("text", ["11m", "0.5s", "1h", "never", "0s"])
def test_nothing_is_broken_for_longer_than_ten_minutes_or_for_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="--for"):
        parse_for(text)


def test_ten_minutes_are_allowed() -> None:
    assert parse_for("10m") == 600


@pytest.mark.parametrize("options", [["share"], ["share="], ["=1"], ["share=1", "share=2"]])
def test_parameters_that_are_no_pairs_are_refused(options: list[str]) -> None:
    with pytest.raises(UsageError, match="--with"):
        parse_parameters(options)


def test_every_fault_of_the_catalogue_says_what_it_takes() -> None:
    for name in catalogue.fault_names():
        needed = {item.name: "1" for item in parameters_of(name) if item.default is None}
        if name == "container_starved":
            needed["cpus"] = "1"
        assert made(Asked(name, parameters=needed)).name
        assert len(place_parameters(name)) <= 2
