-- T1. One call, one transaction: claim the key, reserve, and prepare the first attempt. No network call happens here.

-- outcome: claimed | replay | in_flight | mismatch | expired | takeover
CREATE FUNCTION pay.claim_key(
    p_scope text, p_merchant_id text, p_livemode boolean, p_key text, p_fingerprint bytea, p_owner text,
    p_now bigint, p_lease_until bigint, p_expires bigint, p_operation_id text,
    OUT outcome text, OUT key_id bigint, OUT operation_id text, OUT status_code smallint, OUT body bytea
) LANGUAGE plpgsql AS $$
DECLARE k pay.idempotency_keys;
BEGIN
    INSERT INTO pay.idempotency_keys AS i (scope, merchant_id, livemode, idempotency_key, fingerprint, state, owner,
        lease_until_us, operation_id, created_at_us, expires_at_us)
    VALUES (p_scope, p_merchant_id, p_livemode, p_key, p_fingerprint, 'in_flight', p_owner,
        p_lease_until, p_operation_id, p_now, p_expires)
    ON CONFLICT DO NOTHING RETURNING i.key_id INTO key_id;
    IF FOUND THEN
        outcome := 'claimed';
        operation_id := p_operation_id;
        RETURN;
    END IF;
    SELECT * INTO k FROM pay.idempotency_keys i
        WHERE i.scope = p_scope AND i.livemode = p_livemode AND i.idempotency_key = p_key;
    IF NOT FOUND THEN  -- the first request withdrew its claim a moment ago
        outcome := 'in_flight';
        RETURN;
    END IF;
    key_id := k.key_id;
    operation_id := k.operation_id;
    IF k.state = 'expired' OR (k.state = 'completed' AND k.expires_at_us <= p_now) THEN
        outcome := 'expired';
    ELSIF k.fingerprint <> p_fingerprint THEN
        outcome := 'mismatch';
    ELSIF k.state = 'completed' THEN
        outcome := 'replay';
        status_code := k.status_code;
        body := k.body;
    ELSIF k.lease_until_us > p_now THEN
        outcome := 'in_flight';
    ELSE
        UPDATE pay.idempotency_keys i SET owner = p_owner, lease_until_us = p_lease_until
            WHERE i.key_id = k.key_id AND i.owner = k.owner AND i.state = 'in_flight';
        outcome := CASE WHEN FOUND THEN 'takeover' ELSE 'in_flight' END;
    END IF;
END $$;

CREATE FUNCTION pay.insert_attempt(
    p_attempt_id text, p_operation_id text, p_payment_id text, p_merchant_id text, p_gateway text, p_call_kind text,
    p_seq integer, p_gateway_key text, p_gateway_ref text, p_amount bigint, p_currency text, p_now bigint,
    p_check_after bigint
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pay.gateway_attempts (attempt_id, operation_id, payment_id, merchant_id, gateway, call_kind, seq,
        gateway_key, state, gateway_ref, amount_minor, currency, prepared_at_us, check_after_us)
    VALUES (p_attempt_id, p_operation_id, p_payment_id, p_merchant_id, p_gateway, p_call_kind, p_seq,
        p_gateway_key, 'prepared', p_gateway_ref, p_amount, p_currency, p_now, p_check_after);
    INSERT INTO pay.attempt_transitions (attempt_id, operation_id, from_state, to_state, evidence, at_us)
    VALUES (p_attempt_id, p_operation_id, '', 'prepared', 'request', p_now);
$$;

-- outcome: those of claim_key, or refused (with the reason in refusal; the claim is withdrawn, the key is free again)
CREATE FUNCTION pay.begin_create(
    p_scope text, p_merchant_id text, p_livemode boolean, p_key text, p_fingerprint bytea, p_owner text,
    p_now bigint, p_lease_until bigint, p_expires bigint,
    p_operation_id text, p_payment_id text, p_attempt_id text, p_gateway text, p_gateway_key text,
    p_kind text, p_amount bigint, p_currency text, p_exponent smallint, p_capture_mode text, p_payment_method text,
    p_reference text, p_description text, p_correlation_id text,
    OUT outcome text, OUT key_id bigint, OUT operation_id text, OUT status_code smallint, OUT body bytea,
    OUT refusal text
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
    INSERT INTO pay.payments (payment_id, merchant_id, reference, description, amount_minor, currency, exponent,
        capture_mode, payment_method, status, version, created_at_us, updated_at_us)
    VALUES (p_payment_id, p_merchant_id, p_reference, p_description, p_amount, p_currency, p_exponent,
        p_capture_mode, p_payment_method, 'processing', 2, p_now, p_now);
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

-- Reservations are guarded UPDATEs: pending and succeeded refunds together never exceed what was captured.
CREATE FUNCTION pay.reserve_refund(p_payment_id text, p_amount bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pay.payments SET refund_reserved_minor = refund_reserved_minor + p_amount
        WHERE payment_id = p_payment_id
          AND status IN ('captured', 'partially_captured', 'partially_refunded')
          AND refund_reserved_minor + p_amount <= captured_minor;
    RETURN FOUND;
END $$;

CREATE FUNCTION pay.release_refund(p_payment_id text, p_amount bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE pay.payments SET refund_reserved_minor = refund_reserved_minor - p_amount WHERE payment_id = p_payment_id;
$$;

CREATE FUNCTION pay.reserve_modify(p_payment_id text, p_kind text, p_amount bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF p_kind = 'refund' THEN
        RETURN pay.reserve_refund(p_payment_id, p_amount);
    END IF;
    UPDATE pay.payments SET modify_pending = p_kind
        WHERE payment_id = p_payment_id AND status = 'authorized' AND modify_pending IS NULL
          AND p_amount <= authorized_minor;
    RETURN FOUND;
END $$;

-- Why a reservation was refused, told from the payment as it is now.
CREATE FUNCTION pay.refusal_of(p_payment pay.payments, p_kind text, p_amount bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_kind <> 'refund' AND (p_payment).modify_pending IS NOT NULL THEN 'operation_in_progress'
        WHEN p_kind = 'capture' AND (p_payment).status = 'authorized' THEN 'capture_exceeds_authorized'
        WHEN p_kind = 'capture' THEN 'payment_not_capturable'
        WHEN p_kind = 'void' THEN 'payment_not_voidable'
        WHEN (p_payment).status IN ('captured', 'partially_captured', 'partially_refunded', 'refunded')
            THEN 'refund_exceeds_captured'
        ELSE 'payment_not_refundable'
    END;
$$;

CREATE FUNCTION pay.begin_modify(
    p_scope text, p_merchant_id text, p_livemode boolean, p_key text, p_fingerprint bytea, p_owner text,
    p_now bigint, p_lease_until bigint, p_expires bigint,
    p_operation_id text, p_payment_id text, p_attempt_id text, p_refund_id text, p_gateway_key text,
    p_kind text, p_amount bigint, p_blocked boolean, p_reference text, p_reason text, p_correlation_id text,
    OUT outcome text, OUT key_id bigint, OUT operation_id text, OUT status_code smallint, OUT body bytea,
    OUT refusal text, OUT amount_minor bigint, OUT payment pay.payments
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT c.* INTO outcome, key_id, operation_id, status_code, body
        FROM pay.claim_key(p_scope, p_merchant_id, p_livemode, p_key, p_fingerprint, p_owner, p_now, p_lease_until,
            p_expires, p_operation_id) c;
    IF outcome <> 'claimed' THEN
        RETURN;
    END IF;
    SELECT * INTO payment FROM pay.payments q WHERE q.payment_id = p_payment_id AND q.merchant_id = p_merchant_id;
    IF NOT FOUND THEN
        refusal := 'payment_not_found';
    ELSIF p_blocked THEN
        refusal := 'gateways_unavailable';
    ELSE
        amount_minor := coalesce(p_amount, CASE p_kind
            WHEN 'refund' THEN payment.captured_minor - payment.refund_reserved_minor
            ELSE payment.authorized_minor END);
        IF amount_minor <= 0 OR NOT pay.reserve_modify(p_payment_id, p_kind, amount_minor) THEN
            SELECT * INTO payment FROM pay.payments q WHERE q.payment_id = p_payment_id;
            refusal := pay.refusal_of(payment, p_kind, amount_minor);
        END IF;
    END IF;
    IF refusal IS NOT NULL THEN
        DELETE FROM pay.idempotency_keys i WHERE i.key_id = begin_modify.key_id;
        outcome := 'refused';
        RETURN;
    END IF;
    SELECT * INTO payment FROM pay.payments q WHERE q.payment_id = p_payment_id;
    IF p_kind = 'refund' THEN
        INSERT INTO pay.refunds (refund_id, payment_id, operation_id, merchant_id, reference, amount_minor, currency,
            status, reason, created_at_us, updated_at_us)
        VALUES (p_refund_id, p_payment_id, p_operation_id, p_merchant_id, p_reference, amount_minor, payment.currency,
            'pending', p_reason, p_now, p_now);
    END IF;
    INSERT INTO pay.operations (operation_id, kind, payment_id, refund_id, merchant_id, reference, idempotency_key,
        amount_minor, currency, state, correlation_id, created_at_us)
    VALUES (p_operation_id, p_kind, p_payment_id, p_refund_id, p_merchant_id, p_reference, p_key, amount_minor,
        payment.currency, 'open', p_correlation_id, p_now);
    PERFORM pay.insert_attempt(p_attempt_id, p_operation_id, p_payment_id, p_merchant_id, payment.gateway, p_kind, 1,
        p_gateway_key, payment.gateway_ref, amount_minor, payment.currency, p_now, p_lease_until);
END $$;

-- T2. The stamp that comes before the first byte: an attempt still 'prepared' was provably never sent.
CREATE FUNCTION pay.dispatch(p_attempt_id text, p_now bigint, p_check_after bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE v_operation_id text;
BEGIN
    UPDATE pay.gateway_attempts
        SET state = 'dispatched', sends = 1, dispatched_at_us = p_now, version = version + 1,
            check_after_us = p_check_after
        WHERE attempt_id = p_attempt_id AND state = 'prepared' RETURNING operation_id INTO v_operation_id;
    IF NOT FOUND THEN  -- the same stamp again, after a COMMIT whose answer was lost
        RETURN EXISTS (SELECT 1 FROM pay.gateway_attempts WHERE attempt_id = p_attempt_id AND state = 'dispatched'
            AND sends = 1 AND dispatched_at_us = p_now);
    END IF;
    INSERT INTO pay.attempt_transitions (attempt_id, operation_id, from_state, to_state, evidence, at_us)
    VALUES (p_attempt_id, v_operation_id, 'prepared', 'dispatched', 'request', p_now);
    RETURN true;
END $$;

-- Counts one more send of a dispatched or unknown attempt under its unchanged key; null when it is decided already.
CREATE FUNCTION pay.count_resend(p_attempt_id text, p_check_after bigint) RETURNS integer LANGUAGE sql AS $$
    UPDATE pay.gateway_attempts SET sends = sends + 1, check_after_us = p_check_after
        WHERE attempt_id = p_attempt_id AND state IN ('dispatched', 'unknown') RETURNING sends;
$$;
