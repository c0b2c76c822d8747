-- A payment that waits for its payer (3-D Secure): asked, answered in time, or given up and canceled at its gateway.

-- An event that tells of something which is no step of the payment.
CREATE FUNCTION pay.tell(p_payment_id text, p_type text, p_correlation_id text, p_now bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE v_payment pay.payments;
BEGIN
    UPDATE pay.payments SET event_sequence = event_sequence + 1
        WHERE payment_id = p_payment_id RETURNING * INTO v_payment;
    PERFORM pay.emit(v_payment, p_type, NULL, p_correlation_id, p_now);
END $$;

CREATE FUNCTION pay.ask_payer(o pay.operations, p pay.payments, p_expires_at bigint, p_now bigint)
RETURNS pay.payments LANGUAGE plpgsql AS $$
DECLARE v_from text := p.status;
BEGIN
    UPDATE pay.payments SET expires_at_us = p_expires_at WHERE payment_id = p.payment_id;
    p.status := 'requires_action';
    RETURN pay.move_payment(p, v_from, 'payment.requires_action', NULL, o.operation_id, o.correlation_id, p_now);
END $$;

-- As before. The attempt alone: its new state, its evidence, its transition.
CREATE OR REPLACE FUNCTION pay.set_attempt(
    a pay.gateway_attempts, p_state text, p_evidence text, p_phase text, p_http_status integer, p_code text,
    p_gateway_ref text, p_check_after bigint, p_now bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pay.gateway_attempts
        SET state = p_state, evidence = p_evidence, phase = coalesce(p_phase, phase),
            http_status = coalesce(p_http_status, http_status), code = coalesce(p_code, code),
            gateway_ref = coalesce(p_gateway_ref, gateway_ref), check_after_us = p_check_after,
            decided_at_us = CASE WHEN p_state IN ('unknown', 'manual', 'requires_action') THEN NULL ELSE p_now END,
            version = version + 1
        WHERE attempt_id = a.attempt_id;
    IF a.state <> p_state THEN
        INSERT INTO pay.attempt_transitions (attempt_id, operation_id, from_state, to_state, evidence, at_us)
        VALUES (a.attempt_id, a.operation_id, a.state, p_state, p_evidence, p_now);
    END IF;
END $$;

-- As before; a payment whose payer was asked in vain is expired, and a capture or void that meets a hold which is gone
-- tells of that as well.
CREATE OR REPLACE FUNCTION pay.apply_refusal(
    o pay.operations, p pay.payments, p_code text, p_message text, p_now bigint
) RETURNS pay.payments LANGUAGE plpgsql AS $$
DECLARE
    v_from text := p.status;
    v_payment pay.payments;
BEGIN
    CASE o.kind
    WHEN 'authorize', 'sale' THEN
        p.error_code := p_code;
        p.error_message := p_message;
        p.status := CASE WHEN v_from = 'requires_action' AND p_code = 'authentication_timeout' THEN 'expired'
            ELSE 'failed' END;
        RETURN pay.move_payment(p, v_from, 'payment.' || p.status, NULL, o.operation_id, o.correlation_id, p_now);
    WHEN 'capture', 'void' THEN
        IF p_code IN ('hold_expired', 'hold_canceled') AND p.status = 'authorized' THEN
            p.modify_pending := NULL;
            p.error_code := p_code;
            p.error_message := pay.hold_message(p_code);
            p.status := substr(p_code, 6);
            RETURN pay.move_payment(p, v_from, 'payment.' || p.status, NULL, o.operation_id, o.correlation_id, p_now);
        END IF;
        UPDATE pay.payments SET modify_pending = NULL WHERE payment_id = o.payment_id RETURNING * INTO v_payment;
    WHEN 'refund' THEN
        PERFORM pay.release_refund(o.payment_id, o.amount_minor);
        UPDATE pay.refunds SET status = 'failed', updated_at_us = p_now WHERE refund_id = o.refund_id;
        UPDATE pay.payments SET event_sequence = event_sequence + 1
            WHERE payment_id = o.payment_id RETURNING * INTO v_payment;
        PERFORM pay.emit(v_payment, 'refund.failed', o.refund_id, o.correlation_id, p_now);
    ELSE
        SELECT * INTO v_payment FROM pay.payments WHERE payment_id = o.payment_id;
    END CASE;
    RETURN v_payment;
END $$;

-- As before; an attempt may wait for its payer, until `p_expires_at`, and is given up then; a refund that is known to
-- have failed is never taken for one that succeeded late.
-- outcome: recorded | already (same state before) | late_success (was declined or not executed: reverse it)
--        | stale (decided otherwise, or taken over)
--        | version_conflict (the reply was written for another version; nothing changed) | missing
CREATE FUNCTION pay.record(
    p_attempt_id text, p_state text, p_evidence text, p_phase text, p_http_status integer, p_code text,
    p_message text, p_gateway_ref text, p_final boolean, p_check_after bigint, p_now bigint,
    p_key_id bigint, p_owner text, p_status_code integer, p_body bytea, p_expected_version integer,
    p_expires_at bigint DEFAULT NULL,
    OUT outcome text, OUT from_state text, OUT reply_stored boolean, OUT operation_state text,
    OUT payment pay.payments
) LANGUAGE plpgsql AS $$
DECLARE
    a pay.gateway_attempts;
    o pay.operations;
BEGIN
    reply_stored := false;
    SELECT * INTO a FROM pay.gateway_attempts g WHERE g.attempt_id = p_attempt_id;
    IF NOT FOUND THEN
        outcome := 'missing';
        RETURN;
    END IF;
    SELECT * INTO payment FROM pay.payments q WHERE q.payment_id = a.payment_id FOR UPDATE;
    SELECT * INTO a FROM pay.gateway_attempts g WHERE g.attempt_id = p_attempt_id FOR UPDATE;
    SELECT * INTO o FROM pay.operations x WHERE x.operation_id = a.operation_id;
    from_state := a.state;
    operation_state := o.state;
    IF a.state NOT IN ('prepared', 'dispatched', 'unknown', 'manual', 'requires_action')
        OR (a.state = 'manual' AND p_state IN ('unknown', 'manual', 'requires_action'))
        OR (a.state = 'requires_action' AND p_state IN ('unknown', 'requires_action')) THEN
        outcome := CASE
            WHEN a.state = p_state THEN 'already'
            -- A refund that failed after it was made came to nothing: that it was made is no news any more.
            WHEN p_state = 'succeeded' AND a.state = 'declined' AND a.code = 'refund_failed' THEN 'stale'
            WHEN p_state = 'succeeded' AND a.state IN ('declined', 'not_executed') THEN 'late_success'
            ELSE 'stale' END;
        RETURN;
    END IF;
    -- Nobody sent it, says the resolver; but meanwhile its owner did after all, late.
    IF p_evidence = 'undispatched' AND a.state <> 'prepared' THEN
        outcome := 'stale';
        RETURN;
    END IF;
    -- A sender's word that its own send did nothing proves nothing any more once others took over and may have sent too.
    IF p_state = 'not_executed' AND p_evidence IN ('reply', 'transport')
        AND a.state IN ('unknown', 'manual', 'requires_action') THEN
        outcome := 'stale';
        RETURN;
    END IF;
    IF p_expected_version IS NOT NULL AND payment.version <> p_expected_version THEN
        outcome := 'version_conflict';
        RETURN;
    END IF;
    PERFORM pay.set_attempt(a, p_state, p_evidence, p_phase, p_http_status, p_code, p_gateway_ref, p_check_after,
        p_now);
    operation_state := CASE p_state
        WHEN 'succeeded' THEN 'succeeded' WHEN 'unknown' THEN 'unknown' WHEN 'manual' THEN 'manual'
        WHEN 'requires_action' THEN 'requires_action'
        WHEN 'declined' THEN CASE WHEN p_final THEN 'declined' ELSE 'open' END
        ELSE CASE WHEN p_final THEN 'failed' ELSE 'open' END END;
    UPDATE pay.operations
        SET state = operation_state,
            manual_reason = CASE WHEN operation_state = 'manual' THEN p_message END,
            decided_at_us = CASE WHEN operation_state IN ('succeeded', 'declined', 'failed') THEN p_now END
        WHERE operation_id = o.operation_id;
    IF p_state = 'succeeded' THEN
        payment := pay.apply_success(o, a, payment, p_gateway_ref, p_now);
    ELSIF p_state = 'requires_action' THEN
        payment := pay.ask_payer(o, payment, p_expires_at, p_now);
    ELSIF operation_state IN ('declined', 'failed') THEN
        payment := pay.apply_refusal(o, payment, p_code, p_message, p_now);
    END IF;
    IF p_body IS NOT NULL THEN
        reply_stored := pay.store_reply(p_key_id, p_owner, p_status_code, p_body, p_now);
    END IF;
    outcome := 'recorded';
END $$;

-- As before, and the merchant hears of it. A charge that succeeded although its attempt was closed: undo it at its gateway, once.
CREATE OR REPLACE FUNCTION pay.begin_reversal(
    p_reverses_attempt_id text, p_operation_id text, p_attempt_id text, p_gateway_key text, p_call_kind text,
    p_gateway_ref text, p_evidence text, p_now bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    a pay.gateway_attempts;
    o pay.operations;
BEGIN
    SELECT * INTO a FROM pay.gateway_attempts WHERE attempt_id = p_reverses_attempt_id
        AND state IN ('declined', 'not_executed');
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    SELECT * INTO o FROM pay.operations WHERE operation_id = a.operation_id;
    INSERT INTO pay.operations (operation_id, kind, payment_id, merchant_id, reference, amount_minor, currency, state,
        reverses_attempt_id, correlation_id, created_at_us)
    VALUES (p_operation_id, 'reversal', a.payment_id, a.merchant_id, o.reference, a.amount_minor, a.currency, 'open',
        p_reverses_attempt_id, o.correlation_id, p_now)
    ON CONFLICT (reverses_attempt_id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pay.insert_attempt(p_attempt_id, p_operation_id, a.payment_id, a.merchant_id, a.gateway, p_call_kind, 1,
        p_gateway_key, p_gateway_ref, a.amount_minor, a.currency, p_now, p_now);
    IF p_call_kind = 'refund' THEN  -- money was taken: it is booked, and given back when the reversal is done
        PERFORM pay.post('capture:' || a.attempt_id, 'gateway:' || a.gateway || ':clearing',
            'merchant:' || a.merchant_id || ':payable', a.currency, a.amount_minor, a.payment_id, a.operation_id,
            a.attempt_id, p_now);
    END IF;
    INSERT INTO pay.audit (at_us, actor, action, object, outcome, origin, detail)
    VALUES (p_now, 'platform', 'late_success', p_reverses_attempt_id, 'reversal_begun', 'core', p_evidence);
    PERFORM pay.tell(a.payment_id, 'payment.late_charge', o.correlation_id, p_now);
    RETURN true;
END $$;

-- As before, with an event. Also for what undoes a second charge: that is an attempt which stands, so nothing of it is reversed.
CREATE OR REPLACE FUNCTION pay.finish_reversal(o pay.operations, a pay.gateway_attempts, p_now bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE v_from text;
BEGIN
    SELECT state INTO v_from FROM pay.gateway_attempts WHERE attempt_id = o.reverses_attempt_id FOR UPDATE;
    UPDATE pay.gateway_attempts SET state = 'reversed', version = version + 1, decided_at_us = p_now
        WHERE attempt_id = o.reverses_attempt_id;
    INSERT INTO pay.attempt_transitions (attempt_id, operation_id, from_state, to_state, evidence, at_us)
        SELECT attempt_id, operation_id, v_from, 'reversed', 'reversal:' || o.operation_id, p_now
        FROM pay.gateway_attempts WHERE attempt_id = o.reverses_attempt_id;
    IF a.call_kind = 'refund' THEN
        PERFORM pay.post('refund:' || a.attempt_id, 'merchant:' || o.merchant_id || ':payable',
            'gateway:' || a.gateway || ':clearing', a.currency, a.amount_minor, o.payment_id, o.operation_id,
            a.attempt_id, p_now);
    END IF;
    INSERT INTO pay.audit (at_us, actor, action, object, outcome, origin, detail)
    VALUES (p_now, 'platform',
        CASE WHEN o.reverses_attempt_id IS NULL THEN 'reverse_second_charge' ELSE 'reverse_late_success' END,
        coalesce(o.reverses_attempt_id, o.operation_id), 'reversed', 'core', o.operation_id);
    IF o.reverses_attempt_id IS NOT NULL THEN
        PERFORM pay.tell(o.payment_id, 'payment.late_charge_reversed', o.correlation_id, p_now);
    END IF;
END $$;

CREATE OR REPLACE VIEW books.backlog AS
    SELECT 'open_operations' AS kind, count(*) AS count FROM pay.operations WHERE state IN ('open', 'unknown', 'requires_action')
    UNION ALL
    SELECT 'unknown_attempts', count(*) FROM pay.gateway_attempts WHERE state IN ('prepared', 'dispatched', 'unknown', 'requires_action')
    UNION ALL
    SELECT 'outbox_pending', count(*) FROM pay.outbox WHERE state = 'pending'
    UNION ALL
    SELECT 'deliveries_pending', count(*) FROM pay.webhook_deliveries WHERE state = 'pending';
