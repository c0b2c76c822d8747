-- As before, and the payment as it was written is told, so that nobody has to guess it.
CREATE FUNCTION pay.begin_create(
    p_scope text, p_merchant_id text, p_livemode boolean, p_key text, p_fingerprint bytea, p_owner text,
    p_now bigint, p_lease_until bigint, p_expires bigint,
    p_operation_id text, p_payment_id text, p_attempt_id text, p_gateway text, p_gateway_key text,
    p_kind text, p_amount bigint, p_currency text, p_exponent smallint, p_capture_mode text, p_payment_method text,
    p_reference text, p_description text, p_correlation_id text,
    OUT outcome text, OUT key_id bigint, OUT operation_id text, OUT status_code smallint, OUT body bytea,
    OUT refusal text, OUT payment pay.payments
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT c.* INTO outcome, key_id, operation_id, status_code, body
        FROM pay.claim_key(p_scope, p_merchant_id, p_livemode, p_key, p_fingerprint, p_owner, p_now, p_lease_until,
            p_expires, p_operation_id) c;
    IF outcome <> 'claimed' THEN
        RETURN;
    END IF;
    IF p_gateway IS NULL THEN
        DELETE FROM pay.idempotency_keys i WHERE i.key_id = begin_create.key_id;
        outcome := 'refused';
        refusal := 'gateways_unavailable';
        RETURN;
    END IF;
    INSERT INTO pay.payments AS q (payment_id, merchant_id, reference, description, amount_minor, currency, exponent,
        capture_mode, payment_method, status, version, created_at_us, updated_at_us)
    VALUES (p_payment_id, p_merchant_id, p_reference, p_description, p_amount, p_currency, p_exponent,
        p_capture_mode, p_payment_method, 'processing', 2, p_now, p_now)
    RETURNING q.* INTO payment;
    INSERT INTO pay.status_history (payment_id, version, from_status, to_status, cause, at_us)
    VALUES (p_payment_id, 1, '', 'created', p_operation_id, p_now),
           (p_payment_id, 2, 'created', 'processing', p_operation_id, p_now);
    INSERT INTO pay.operations (operation_id, kind, payment_id, merchant_id, reference, idempotency_key, amount_minor,
        currency, state, correlation_id, created_at_us)
    VALUES (p_operation_id, p_kind, p_payment_id, p_merchant_id, p_reference, p_key, p_amount, p_currency, 'open',
        p_correlation_id, p_now);
    PERFORM pay.insert_attempt(p_attempt_id, p_operation_id, p_payment_id, p_merchant_id, p_gateway, p_kind, 1,
        p_gateway_key, NULL, p_amount, p_currency, p_now, p_lease_until);
END $$;
