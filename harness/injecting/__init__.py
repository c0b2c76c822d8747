"""Faults that people turn on and off by hand, on a platform that is up: from a shell or from a page."""
