"""The background worker: resolves unknown outcomes, publishes the outbox and delivers webhooks."""
