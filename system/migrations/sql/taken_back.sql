-- What a gateway takes back after it had said yes: a refund that fails, a hold that lapses, a disputed charge.

-- As before, and with what a payment's row knows since then: reservations given back, disputes, an expiry.
CREATE OR REPLACE FUNCTION pay.move_payment(
    p pay.payments, p_from text, p_event text, p_refund_id text, p_cause text, p_correlation_id text, p_now bigint
) RETURNS pay.payments LANGUAGE plpgsql AS $$
DECLARE v_payment pay.payments;
BEGIN
    UPDATE pay.payments q
        SET status = p.status, authorized_minor = p.authorized_minor, captured_minor = p.captured_minor,
            refunded_minor = p.refunded_minor, refund_reserved_minor = p.refund_reserved_minor,
            disputed_minor = p.disputed_minor, modify_pending = p.modify_pending, gateway = p.gateway,
            gateway_ref = p.gateway_ref, error_code = p.error_code, error_message = p.error_message,
            version = q.version + 1, updated_at_us = p_now, event_sequence = q.event_sequence + 1
        WHERE q.payment_id = p.payment_id RETURNING q.* INTO v_payment;
    INSERT INTO pay.status_history (payment_id, version, from_status, to_status, cause, at_us)
    VALUES (v_payment.payment_id, v_payment.version, p_from, v_payment.status, p_cause, p_now);
    PERFORM pay.emit(v_payment, p_event, p_refund_id, p_correlation_id, p_now);
    RETURN v_payment;
END $$;

CREATE FUNCTION pay.note_taken_back(p_attempt_id text, p_what text, p_outcome text, p_evidence text, p_now bigint)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO pay.audit (at_us, actor, action, object, outcome, origin, detail)
    VALUES (p_now, 'platform', 'taken_back_by_gateway', p_attempt_id, p_outcome, 'core', p_what || ': ' || p_evidence);
$$;

-- The money never reached the shopper: it is ours again, owed to the merchant, and may be refunded again.
CREATE FUNCTION pay.fail_refund(
    o pay.operations, a pay.gateway_attempts, p pay.payments, p_evidence text, p_now bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_from text := p.status;
BEGIN
    PERFORM pay.set_attempt(a, 'reversed', p_evidence, NULL, NULL, 'refund_failed', NULL, a.check_after_us, p_now);
    PERFORM pay.post('refund_failed:' || a.attempt_id, 'gateway:' || a.gateway || ':clearing',
        'merchant:' || o.merchant_id || ':payable', a.currency, a.amount_minor, o.payment_id, o.operation_id,
        a.attempt_id, p_now);
    PERFORM pay.note_taken_back(a.attempt_id, 'refund_failed', 'booked_back', p_evidence, p_now);
    IF o.kind = 'reversal' THEN  -- what should have been undone is charged again, and no machine may retry for ever
        RETURN;
    END IF;
    UPDATE pay.refunds SET status = 'failed', updated_at_us = p_now WHERE refund_id = o.refund_id;
    p.refunded_minor := p.refunded_minor - a.amount_minor;
    p.refund_reserved_minor := p.refund_reserved_minor - a.amount_minor;
    p.status := CASE WHEN p.refunded_minor > 0 THEN 'partially_refunded'
        WHEN p.captured_minor < p.authorized_minor THEN 'partially_captured' ELSE 'captured' END;
    PERFORM pay.move_payment(p, v_from, 'refund.failed', o.refund_id, 'refund_failed:' || o.operation_id, o.correlation_id,
        p_now);
END $$;

-- The shopper's bank took the money; until that is decided it is not the merchant's, and nothing of it is refunded.
CREATE FUNCTION pay.open_dispute(
    o pay.operations, a pay.gateway_attempts, p pay.payments, p_amount bigint, p_evidence text, p_now bigint
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pay.journals WHERE cause = 'dispute:' || a.attempt_id) THEN
        RETURN 'already';
    END IF;
    PERFORM pay.note_taken_back(a.attempt_id, 'disputed', 'booked_back', p_evidence, p_now);
    PERFORM pay.post('dispute:' || a.attempt_id, 'merchant:' || o.merchant_id || ':payable',
        'gateway:' || a.gateway || ':clearing', a.currency, p_amount, o.payment_id, o.operation_id, a.attempt_id, p_now);
    p.disputed_minor := p.disputed_minor + p_amount;
    PERFORM pay.move_payment(p, p.status, 'payment.disputed', NULL, 'disputed:' || o.operation_id, o.correlation_id, p_now);
    RETURN 'recorded';
END $$;

-- The hold is gone. p is the locked row; whoever is capturing or voiding learns it from the gateway's answer.
CREATE FUNCTION pay.lapse_hold(
    o pay.operations, a pay.gateway_attempts, p pay.payments, p_what text, p_evidence text, p_now bigint
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_from text := p.status;
BEGIN
    IF p.status <> 'authorized' THEN
        RETURN 'already';
    ELSIF p.modify_pending IS NOT NULL THEN
        RETURN 'undecided';
    END IF;
    PERFORM pay.note_taken_back(a.attempt_id, 'hold_' || p_what, p_what, p_evidence, p_now);
    p.status := p_what;
    p.error_code := 'hold_' || p_what;
    p.error_message := pay.hold_message(p.error_code);
    PERFORM pay.move_payment(p, v_from, 'payment.' || p_what, NULL, p_what || ':' || o.operation_id, o.correlation_id,
        p_now);
    RETURN 'recorded';
END $$;

CREATE FUNCTION pay.hold_message(p_code text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_code WHEN 'hold_expired' THEN 'The authorization expired before it was captured.'
        ELSE 'The gateway released the authorization.' END;
$$;

-- p_what: refund_failed (of a refund) | disputed (of a sale or capture) | expired, canceled (of an authorization).
-- outcome: recorded | already | undecided (its call, or one upon it, is under way: come again) | closed (the call it is
-- about had come to nothing) | missing
CREATE FUNCTION pay.take_back(p_attempt_id text, p_what text, p_amount bigint, p_evidence text, p_now bigint)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a pay.gateway_attempts;
    o pay.operations;
    p pay.payments;
BEGIN
    SELECT * INTO a FROM pay.gateway_attempts g WHERE g.attempt_id = p_attempt_id;
    IF NOT FOUND OR (p_what = 'refund_failed') <> (a.call_kind = 'refund')
        OR (p_what = 'disputed') <> (a.call_kind IN ('sale', 'capture'))
        OR (p_what IN ('expired', 'canceled')) <> (a.call_kind = 'authorize') THEN
        RETURN 'missing';
    END IF;
    SELECT * INTO p FROM pay.payments q WHERE q.payment_id = a.payment_id FOR UPDATE;
    SELECT * INTO a FROM pay.gateway_attempts g WHERE g.attempt_id = p_attempt_id FOR UPDATE;
    SELECT * INTO o FROM pay.operations x WHERE x.operation_id = a.operation_id;
    IF a.state <> 'succeeded' THEN
        RETURN CASE WHEN a.state = 'reversed' THEN 'already' WHEN a.state IN ('declined', 'not_executed') THEN 'closed'
            ELSE 'undecided' END;
    END IF;
    CASE p_what
    WHEN 'refund_failed' THEN
        PERFORM pay.fail_refund(o, a, p, p_evidence, p_now);
        RETURN 'recorded';
    WHEN 'disputed' THEN
        RETURN pay.open_dispute(o, a, p, p_amount, p_evidence, p_now);
    ELSE
        RETURN pay.lapse_hold(o, a, p, p_what, p_evidence, p_now);
    END CASE;
END $$;

-- As before; and nothing of a disputed payment is refunded: its bank has the money already.
CREATE OR REPLACE FUNCTION pay.reserve_refund(p_payment_id text, p_amount bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pay.payments SET refund_reserved_minor = refund_reserved_minor + p_amount
        WHERE payment_id = p_payment_id
          AND status IN ('captured', 'partially_captured', 'partially_refunded') AND disputed_minor = 0
          AND refund_reserved_minor + p_amount <= captured_minor;
    RETURN FOUND;
END $$;

-- As before, with the reasons that a gateway gave.
CREATE OR REPLACE FUNCTION pay.refusal_of(p_payment pay.payments, p_kind text, p_amount bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_kind <> 'refund' AND (p_payment).modify_pending IS NOT NULL THEN 'operation_in_progress'
        WHEN p_kind <> 'refund' AND (p_payment).error_code IN ('hold_expired', 'hold_canceled')
            THEN (p_payment).error_code
        WHEN p_kind = 'refund' AND (p_payment).disputed_minor > 0 THEN 'payment_disputed'
        WHEN p_kind = 'capture' AND (p_payment).status = 'authorized' THEN 'capture_exceeds_authorized'
        WHEN p_kind = 'capture' THEN 'payment_not_capturable'
        WHEN p_kind = 'void' THEN 'payment_not_voidable'
        WHEN (p_payment).status IN ('captured', 'partially_captured', 'partially_refunded', 'refunded')
            THEN 'refund_exceeds_captured'
        ELSE 'payment_not_refundable'
    END;
$$;

-- Which attempt of ours a gateway's object is; of several (a charge, and what undoes it) the one that made it.
CREATE FUNCTION pay.attempt_at(p_gateway text, p_gateway_ref text, p_kinds text[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT attempt_id FROM pay.gateway_attempts
    WHERE gateway_ref = p_gateway_ref AND gateway = p_gateway AND call_kind = ANY(p_kinds) AND state = 'succeeded'
    ORDER BY prepared_at_us DESC LIMIT 1;
$$;

CREATE OR REPLACE VIEW books.payments AS
    SELECT payment_id, merchant_id, reference, amount_minor, currency, exponent, capture_mode, payment_method, status,
        authorized_minor, captured_minor, refunded_minor, gateway, version, error_code, created_at_us, updated_at_us,
        refund_reserved_minor, disputed_minor
    FROM pay.payments;
