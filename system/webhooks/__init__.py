"""Webhooks in both directions: signed events out to merchants, verified events in from gateways."""
