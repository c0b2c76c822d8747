"""``python -m system.gateways.acquirer``."""

from system.gateways.acquirer.brand import make_brand
from system.gateways.common.simulator import run

if __name__ == "__main__":
    run(make_brand, signature_header="")
