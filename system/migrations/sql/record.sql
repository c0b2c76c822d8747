-- T3. One call, one transaction: what an attempt's outcome means for money, status, ledger, events and the stored reply.

-- Appends one event to the outbox; the payment's row carries the sequence already counted up.
CREATE FUNCTION pay.emit(p_payment pay.payments, p_type text, p_refund_id text, p_correlation_id text, p_now bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_sequence integer := p_payment.event_sequence;
    v_event_id text := 'evt_' || substr(p_payment.payment_id, 5) || '_' || v_sequence;
BEGIN
    INSERT INTO pay.outbox (event_id, merchant_id, payment_id, type, sequence, body, correlation_id, state,
        created_at_us)
    VALUES (v_event_id, p_payment.merchant_id, p_payment.payment_id, p_type, v_sequence,
        json_build_object(
            'id', v_event_id, 'object', 'event', 'type', p_type, 'sequence', v_sequence, 'created_at_us', p_now,
            'merchant_id', p_payment.merchant_id, 'payment_id', p_payment.payment_id,
            'data', json_build_object(
                'id', p_payment.payment_id, 'object', 'payment', 'status', p_payment.status,
                'version', p_payment.version, 'amount_minor', p_payment.amount_minor,
                'currency', p_payment.currency, 'authorized_minor', p_payment.authorized_minor,
                'captured_minor', p_payment.captured_minor, 'refunded_minor', p_payment.refunded_minor,
                'merchant_reference', p_payment.reference, 'refund_id', p_refund_id)
        )::text, p_correlation_id, 'pending', p_now);
END $$;

-- Debits one account and credits the other with the same amount. The cause is unique: one money event, one journal.
CREATE FUNCTION pay.post(
    p_cause text, p_debit text, p_credit text, p_currency text, p_amount bigint,
    p_payment_id text, p_operation_id text, p_attempt_id text, p_now bigint
) RETURNS void LANGUAGE sql AS $$
    WITH j AS (
        INSERT INTO pay.journals (cause, payment_id, operation_id, attempt_id, created_at_us)
        VALUES (p_cause, p_payment_id, p_operation_id, p_attempt_id, p_now) RETURNING journal_id
    )
    INSERT INTO pay.postings (journal_id, account, currency, amount_minor)
    SELECT j.journal_id, line.account, p_currency, line.amount
        FROM j, (VALUES (p_debit, p_amount), (p_credit, -p_amount)) AS line(account, amount);
$$;

-- A payment's visible change: one version, one row of history, one event. p is the locked row as it is to become; its
-- amounts, gateway and status are written in one UPDATE, because each one checks every constraint of the row.
CREATE FUNCTION pay.move_payment(
    p pay.payments, p_from text, p_event text, p_refund_id text, p_cause text, p_correlation_id text, p_now bigint
) RETURNS pay.payments LANGUAGE plpgsql AS $$
DECLARE v_payment pay.payments;
BEGIN
    UPDATE pay.payments q
        SET status = p.status, authorized_minor = p.authorized_minor, captured_minor = p.captured_minor,
            refunded_minor = p.refunded_minor, modify_pending = p.modify_pending, gateway = p.gateway,
            gateway_ref = p.gateway_ref, error_code = p.error_code, error_message = p.error_message,
            version = q.version + 1, updated_at_us = p_now, event_sequence = q.event_sequence + 1
        WHERE q.payment_id = p.payment_id RETURNING q.* INTO v_payment;
    INSERT INTO pay.status_history (payment_id, version, from_status, to_status, cause, at_us)
    VALUES (v_payment.payment_id, v_payment.version, p_from, v_payment.status, p_cause, p_now);
    PERFORM pay.emit(v_payment, p_event, p_refund_id, p_correlation_id, p_now);
    RETURN v_payment;
END $$;

CREATE FUNCTION pay.apply_success(
    o pay.operations, a pay.gateway_attempts, p pay.payments, p_gateway_ref text, p_now bigint
) RETURNS pay.payments LANGUAGE plpgsql AS $$
DECLARE
    v_clearing text := 'gateway:' || a.gateway || ':clearing';
    v_payable text := 'merchant:' || o.merchant_id || ':payable';
    v_from text := p.status;
    v_event text;
BEGIN
    CASE o.kind
    WHEN 'authorize', 'sale' THEN
        p.authorized_minor := a.amount_minor;
        p.gateway := a.gateway;
        p.gateway_ref := p_gateway_ref;
        p.status := 'authorized';
        v_event := 'payment.authorized';
        IF o.kind = 'sale' THEN
            p.captured_minor := a.amount_minor;
            p.status := 'captured';
            v_event := 'payment.captured';
        END IF;
    WHEN 'capture' THEN
        p.captured_minor := p.captured_minor + a.amount_minor;
        p.modify_pending := NULL;
        p.gateway_ref := coalesce(p_gateway_ref, p.gateway_ref);
        p.status := CASE WHEN p.captured_minor < p.authorized_minor THEN 'partially_captured' ELSE 'captured' END;
        v_event := 'payment.captured';
    WHEN 'void' THEN
        p.modify_pending := NULL;
        p.status := 'canceled';
        v_event := 'payment.canceled';
    WHEN 'refund' THEN
        p.refunded_minor := p.refunded_minor + a.amount_minor;
        p.status := CASE WHEN p.refunded_minor < p.captured_minor THEN 'partially_refunded' ELSE 'refunded' END;
        v_event := 'refund.succeeded';
        UPDATE pay.refunds SET status = 'succeeded', updated_at_us = p_now WHERE refund_id = o.refund_id;
    WHEN 'reversal' THEN
        PERFORM pay.finish_reversal(o, a, p_now);
        RETURN p;
    END CASE;
    IF o.kind IN ('sale', 'capture') THEN
        PERFORM pay.post('capture:' || a.attempt_id, v_clearing, v_payable, a.currency, a.amount_minor,
            o.payment_id, o.operation_id, a.attempt_id, p_now);
    ELSIF o.kind = 'refund' THEN
        PERFORM pay.post('refund:' || a.attempt_id, v_payable, v_clearing, a.currency, a.amount_minor,
            o.payment_id, o.operation_id, a.attempt_id, p_now);
    END IF;
    RETURN pay.move_payment(p, v_from, v_event, o.refund_id, o.operation_id, o.correlation_id, p_now);
END $$;

-- The charge that came too late is undone at its gateway: its attempt is reversed, with an audit row.
CREATE FUNCTION pay.finish_reversal(o pay.operations, a pay.gateway_attempts, p_now bigint) RETURNS void
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
    VALUES (p_now, 'platform', 'reverse_late_success', o.reverses_attempt_id, 'reversed', 'core', o.operation_id);
END $$;

-- The whole operation ends without effect: reservations are given back.
CREATE FUNCTION pay.apply_refusal(
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
        p.status := 'failed';
        RETURN pay.move_payment(p, v_from, 'payment.failed', NULL, o.operation_id, o.correlation_id, p_now);
    WHEN 'capture', 'void' THEN
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

-- The attempt alone: its new state, its evidence, its transition.
CREATE FUNCTION pay.set_attempt(
    a pay.gateway_attempts, p_state text, p_evidence text, p_phase text, p_http_status integer, p_code text,
    p_gateway_ref text, p_check_after bigint, p_now bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pay.gateway_attempts
        SET state = p_state, evidence = p_evidence, phase = coalesce(p_phase, phase),
            http_status = coalesce(p_http_status, http_status), code = coalesce(p_code, code),
            gateway_ref = coalesce(p_gateway_ref, gateway_ref), check_after_us = p_check_after,
            decided_at_us = CASE WHEN p_state IN ('unknown', 'manual') THEN NULL ELSE p_now END,
            version = version + 1
        WHERE attempt_id = a.attempt_id;
    IF a.state <> p_state THEN
        INSERT INTO pay.attempt_transitions (attempt_id, operation_id, from_state, to_state, evidence, at_us)
        VALUES (a.attempt_id, a.operation_id, a.state, p_state, p_evidence, p_now);
    END IF;
END $$;

CREATE FUNCTION pay.store_reply(p_key_id bigint, p_owner text, p_status_code integer, p_body bytea, p_now bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pay.idempotency_keys
        SET state = 'completed', status_code = p_status_code, body = p_body, completed_at_us = p_now
        WHERE key_id = p_key_id AND owner = p_owner AND state = 'in_flight';
    RETURN FOUND;
END $$;

-- outcome: recorded | already (same state before) | late_success (was declined or not executed: reverse it)
--        | stale (decided otherwise, or taken over)
--        | version_conflict (the reply was written for another version; nothing changed) | missing
CREATE FUNCTION pay.record(
    p_attempt_id text, p_state text, p_evidence text, p_phase text, p_http_status integer, p_code text,
    p_message text, p_gateway_ref text, p_final boolean, p_check_after bigint, p_now bigint,
    p_key_id bigint, p_owner text, p_status_code integer, p_body bytea, p_expected_version integer,
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
    IF a.state NOT IN ('prepared', 'dispatched', 'unknown', 'manual')
        OR (a.state = 'manual' AND p_state IN ('unknown', 'manual')) THEN
        outcome := CASE
            WHEN a.state = p_state THEN 'already'
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
    IF p_state = 'not_executed' AND p_evidence IN ('reply', 'transport') AND a.state IN ('unknown', 'manual') THEN
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
        WHEN 'declined' THEN CASE WHEN p_final THEN 'declined' ELSE 'open' END
        ELSE CASE WHEN p_final THEN 'failed' ELSE 'open' END END;
    UPDATE pay.operations
        SET state = operation_state,
            manual_reason = CASE WHEN operation_state = 'manual' THEN p_message END,
            decided_at_us = CASE WHEN operation_state IN ('succeeded', 'declined', 'failed') THEN p_now END
        WHERE operation_id = o.operation_id;
    IF p_state = 'succeeded' THEN
        payment := pay.apply_success(o, a, payment, p_gateway_ref, p_now);
    ELSIF operation_state IN ('declined', 'failed') THEN
        payment := pay.apply_refusal(o, payment, p_code, p_message, p_now);
    END IF;
    IF p_body IS NOT NULL THEN
        reply_stored := pay.store_reply(p_key_id, p_owner, p_status_code, p_body, p_now);
    END IF;
    outcome := 'recorded';
END $$;

-- Records that an attempt provably did nothing (or was declined in a way that another gateway may answer otherwise)
-- and prepares the next one at another gateway. The partial unique index refuses this while the first is undecided.
CREATE FUNCTION pay.fall_back(
    p_attempt_id text, p_state text, p_evidence text, p_phase text, p_http_status integer, p_code text,
    p_next_attempt_id text, p_next_gateway text, p_next_gateway_key text, p_now bigint, p_check_after bigint,
    OUT outcome text
) LANGUAGE plpgsql AS $$
DECLARE a pay.gateway_attempts;
BEGIN
    SELECT r.outcome INTO outcome FROM pay.record(p_attempt_id, p_state, p_evidence, p_phase, p_http_status, p_code,
        NULL, NULL, false, p_check_after, p_now, NULL, NULL, NULL, NULL, NULL) r;
    IF outcome <> 'recorded' THEN
        RETURN;
    END IF;
    SELECT * INTO a FROM pay.gateway_attempts WHERE attempt_id = p_attempt_id;
    PERFORM pay.insert_attempt(p_next_attempt_id, a.operation_id, a.payment_id, a.merchant_id, p_next_gateway,
        a.call_kind, a.seq + 1, p_next_gateway_key, NULL, a.amount_minor, a.currency, p_now, p_check_after);
END $$;

-- A charge that succeeded although its attempt was closed: undo it at its gateway, once.
CREATE FUNCTION pay.begin_reversal(
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
    RETURN true;
END $$;
