"""Connectors: what carries the payment core's wishes to the gateways, and tells what came of them."""
