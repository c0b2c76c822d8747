"""The connector to the paypal-like gateway."""
