"""The gateways as values: what each says of itself, and that what is not known is not believed."""

import pytest

from system.connectors.gateway import key_memory_s
from system.connectors.registry import GATEWAYS, UnknownGateway, connect, in_use
from system.settings import Settings

BY_NAME = {gateway.name: gateway for gateway in GATEWAYS}


@pytest.mark.parametrize(
    ("name", "at_most_s", "memory_s"),
    [("stripe", 82_800, 82_800), ("paypal", 82_800, 18_000), ("stripe", 6, 6), ("another", 82_800, 3600)],
)
def test_no_gateway_is_believed_to_remember_longer_than_it_promises_or_than_is_set(
    name: str, at_most_s: float, memory_s: float
) -> None:
    assert key_memory_s(BY_NAME.get(name), at_most_s) == memory_s


async def test_every_gateway_has_a_name_of_its_own_and_a_connector_that_goes_by_it() -> None:
    connectors = connect(Settings())
    assert len(BY_NAME) == len(GATEWAYS)
    assert {name: connector.name for name, connector in connectors.items()} == {name: name for name in BY_NAME}
    for connector in connectors.values():
        await connector.close()


def test_holds_of_every_gateway_end_some_day() -> None:
    assert all(3600 < gateway.hold_validity_s < 40 * 86_400 for gateway in GATEWAYS)


def test_the_gateways_in_use_are_those_that_the_setting_names_in_its_order() -> None:
    assert [gateway.name for gateway in in_use(Settings())] == ["stripe", "paypal"]
    assert [gateway.name for gateway in in_use(Settings(gateways="acquirer, stripe,acquirer"))] == [
        "acquirer",
        "stripe",
    ]


@pytest.mark.parametrize(("setting", "named"), [("stripe,strype", "strype"), (" , ", "none at all")])
def test_a_gateway_that_nobody_speaks_to_is_refused_with_those_that_are_valid(setting: str, named: str) -> None:
    with pytest.raises(UnknownGateway, match=f"{named}; valid: stripe, paypal, acquirer"):
        in_use(Settings(gateways=setting))
