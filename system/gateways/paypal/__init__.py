"""A paypal-like gateway: orders, authorizations, captures, refunds, and a reporting feed that lies behind."""
