"""Toxiproxy's server: found, or built once into the user's cache, and started."""
