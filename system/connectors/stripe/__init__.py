"""The connector to the stripe-like gateway."""
