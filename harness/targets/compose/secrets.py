"""Reading the secrets that a composed platform made for itself, from the container that made them."""

import json

from harness.core.errors import ProvisionError
from harness.provision.containers.files import read_file
from harness.targets.state import MerchantAccount, PlatformSecrets

_FILE = "/secrets/all/platform.json"


def read_secrets(owner: str) -> tuple[PlatformSecrets, tuple[MerchantAccount, ...]]:
    """Return the platform's secrets and merchants. Raises `ControlError`, `ProvisionError`."""
    text = read_file(owner, "secrets", _FILE)
    try:
        document = json.loads(text)
        known = {name: str(value) for name, value in document["secrets"].items()}
        return PlatformSecrets(known), tuple(MerchantAccount(**item) for item in document["merchants"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProvisionError(f"the platform's secrets cannot be read: {error!r}") from error
