"""``python -m system.gateways.stripe``."""

from system.gateways.common.simulator import run
from system.gateways.stripe.brand import SIGNATURE_HEADER, make_brand

if __name__ == "__main__":
    run(make_brand, signature_header=SIGNATURE_HEADER)
