"""Which currencies and amounts paypal takes, from its published list of currency codes and of the orders api's errors.

Amounts are decimal strings. HUF, JPY and TWD refuse decimals. BRL, CNY and MYR are for accounts of those countries
alone; the simulated account is in the United States, so it is refused them like any other currency that it cannot take.
The greatest amount is that of the issue MAX_VALUE_EXCEEDED ("less than or equal to 9999999.99"); the least is one unit.
"""

from system.gateways.common.money import Currencies, Rule

SOURCE = "https://developer.paypal.com/api/rest/reference/currency-codes/"
READ_ON = "2026-12-01"

TWO_DECIMALS = "AUD CAD CZK DKK EUR HKD ILS MXN NZD NOK PHP PLN GBP SGD SEK CHF THB USD"
NO_DECIMALS = "HUF JPY TWD"
IN_COUNTRY_ONLY = "BRL CNY MYR"

CURRENCIES = Currencies(
    source=SOURCE,
    read_on=READ_ON,
    rules={
        **{code: Rule(2, 1, 1, 999_999_999) for code in TWO_DECIMALS.split()},
        **{code: Rule(0, 1, 1, 9_999_999) for code in NO_DECIMALS.split()},
    },
)
