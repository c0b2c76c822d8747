-- The auditors' views: a public contract. Times are microseconds since the epoch, amounts minor units.
CREATE VIEW books.payments AS
    SELECT payment_id, merchant_id, reference, amount_minor, currency, exponent, capture_mode, payment_method, status,
        authorized_minor, captured_minor, refunded_minor, gateway, version, error_code, created_at_us, updated_at_us
    FROM pay.payments;
CREATE VIEW books.operations AS
    SELECT operation_id, kind, payment_id, refund_id, merchant_id, reference, idempotency_key, amount_minor, currency,
        state, resolve_count, manual_reason, correlation_id, created_at_us, decided_at_us
    FROM pay.operations;
CREATE VIEW books.attempts AS
    SELECT attempt_id, operation_id, payment_id, gateway, seq, gateway_key, state, gateway_ref, amount_minor, currency,
        phase, http_status, code, evidence, prepared_at_us, dispatched_at_us, decided_at_us, sends
    FROM pay.gateway_attempts;
CREATE VIEW books.attempt_transitions AS
    SELECT attempt_id, operation_id, from_state, to_state, evidence, at_us
    FROM pay.attempt_transitions ORDER BY transition_id;
CREATE VIEW books.refunds AS
    SELECT refund_id, payment_id, operation_id, merchant_id, reference, amount_minor, currency, status, created_at_us
    FROM pay.refunds;
CREATE VIEW books.idempotency_keys AS
    SELECT merchant_id, livemode, idempotency_key, state, operation_id, status_code,
        encode(sha256(body), 'hex') AS body_sha256, created_at_us, completed_at_us
    FROM pay.idempotency_keys;
CREATE VIEW books.postings AS
    SELECT p.posting_id, p.journal_id, j.cause, p.account, p.currency, p.amount_minor, j.payment_id, j.operation_id,
        j.attempt_id, j.created_at_us
    FROM pay.postings p JOIN pay.journals j USING (journal_id);
CREATE VIEW books.status_history AS
    SELECT payment_id, version, from_status, to_status, cause, at_us FROM pay.status_history ORDER BY history_id;
CREATE VIEW books.outbox AS
    SELECT event_id, merchant_id, payment_id, type, sequence, state, created_at_us, published_at_us FROM pay.outbox;
CREATE VIEW books.webhook_deliveries AS
    SELECT event_id, merchant_id, endpoint, state, attempts, last_status, created_at_us, delivered_at_us
    FROM pay.webhook_deliveries;
CREATE VIEW books.delivery_attempts AS
    SELECT event_id, merchant_id, sent_at_us, http_status, error FROM pay.delivery_attempts;
CREATE VIEW books.inbound_events AS
    SELECT gateway, event_id, type, received_at_us, processed_at_us, deliveries FROM pay.inbound_events;
CREATE VIEW books.breaker_transitions AS
    SELECT gateway, operation_class, from_state, to_state, version, reason, process, at_us
    FROM pay.breaker_transitions ORDER BY transition_id;
CREATE VIEW books.audit AS
    SELECT at_us, actor, action, object, outcome, origin, detail FROM pay.audit ORDER BY audit_id;
CREATE VIEW books.backlog AS
    SELECT 'open_operations' AS kind, count(*) AS count FROM pay.operations WHERE state IN ('open', 'unknown')
    UNION ALL
    SELECT 'unknown_attempts', count(*) FROM pay.gateway_attempts WHERE state IN ('prepared', 'dispatched', 'unknown')
    UNION ALL
    SELECT 'outbox_pending', count(*) FROM pay.outbox WHERE state = 'pending'
    UNION ALL
    SELECT 'deliveries_pending', count(*) FROM pay.webhook_deliveries WHERE state = 'pending';
