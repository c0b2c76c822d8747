"""A stripe-like gateway, close enough that the official SDK works against it."""
