"""The acquirer as one value."""

from system.connectors.acquirer.connector import AcquirerConnector
from system.connectors.acquirer.currencies import PRESENTMENT
from system.connectors.connector import Connector
from system.connectors.gateway import Gateway
from system.connectors.presenting import Presenting
from system.connectors.wire import wire_to
from system.presentment import Presentment
from system.settings import Settings

DAY_S = 86_400.0


def _connect(settings: Settings, presentment: Presentment) -> Connector:
    connector = AcquirerConnector(
        wire_to(settings.acquirer_url, settings), settings.acquirer_api_key.get_secret_value()
    )
    return Presenting(connector, presentment, in_units=True)


ACQUIRER = Gateway(
    name="acquirer",
    title="the acquirer",
    connect=_connect,
    presentment=PRESENTMENT,
    # An hour short of the day that is promised (docs/acquirer.md).
    key_memory_s=23 * 3600.0,
    hold_validity_s=7 * DAY_S,
)
