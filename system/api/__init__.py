"""The platform's HTTP API: one file for each resource, one error shape for everything."""
