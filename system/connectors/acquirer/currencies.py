"""What the acquirer takes, from its rules (docs/acquirer.md): twelve digits of ISO 4217's minor units, throughout."""

from system.money import exponent_of
from system.presentment import Presentment, Terms

TAKES = (
    "AED AUD BHD BRL CAD CHF CLP CZK DKK EUR GBP HKD HUF ILS INR ISK JOD JPY KRW KWD MXN MYR"
    " NOK NZD OMR PHP PLN RON SAR SEK SGD THB TND TRY TWD USD VND ZAR"
)
MOST_MINOR = 10**12 - 1

PRESENTMENT = Presentment({code: Terms(exponent_of(code), most_minor=MOST_MINOR) for code in TAKES.split()})
