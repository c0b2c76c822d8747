"""Simulated payment gateways: each its own process with its own durable books, a stranger to the platform."""
