"""The merchants' webhook sink: what the outside world received from the platform."""
