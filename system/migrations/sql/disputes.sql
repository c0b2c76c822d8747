-- Disputes: what a payer's bank asks about or takes back, as its gateway tells it, in whatever order that is heard.
--
-- Every event, reading of a list and operator's request tells all of a dispute: its state and what it has moved so far.
-- Telling is therefore merged and never replayed: the state only goes forward along `pay.dispute_edges`, and each kind
-- of money moves once, because its journal's cause is made of the dispute's own id.

-- The edges between a dispute's states (system/states.py has the same ones).
CREATE FUNCTION pay.dispute_may_go(p_from text, p_to text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (p_from, p_to) IN (
        ('inquiry', 'needs_response'), ('inquiry', 'under_review'), ('inquiry', 'won'), ('inquiry', 'lost'),
        ('inquiry', 'closed'), ('needs_response', 'under_review'), ('needs_response', 'won'),
        ('needs_response', 'lost'), ('under_review', 'won'), ('under_review', 'lost'));
$$;

-- As before, and with the state of the payment's dispute.
CREATE OR REPLACE FUNCTION pay.move_payment(
    p pay.payments, p_from text, p_event text, p_refund_id text, p_cause text, p_correlation_id text, p_now bigint
) RETURNS pay.payments LANGUAGE plpgsql AS $$
DECLARE v_payment pay.payments;
BEGIN
    UPDATE pay.payments q
        SET status = p.status, authorized_minor = p.authorized_minor, captured_minor = p.captured_minor,
            refunded_minor = p.refunded_minor, refund_reserved_minor = p.refund_reserved_minor,
            disputed_minor = p.disputed_minor, dispute_state = p.dispute_state, modify_pending = p.modify_pending,
            gateway = p.gateway, gateway_ref = p.gateway_ref, error_code = p.error_code,
            error_message = p.error_message, version = q.version + 1, updated_at_us = p_now,
            event_sequence = q.event_sequence + 1
        WHERE q.payment_id = p.payment_id RETURNING q.* INTO v_payment;
    INSERT INTO pay.status_history (payment_id, version, from_status, to_status, cause, at_us)
    VALUES (v_payment.payment_id, v_payment.version, p_from, v_payment.status, p_cause, p_now);
    PERFORM pay.emit(v_payment, p_event, p_refund_id, p_correlation_id, p_now);
    RETURN v_payment;
END $$;

-- As before; an event also says how the payment's dispute stands.
CREATE OR REPLACE FUNCTION pay.emit(
    p_payment pay.payments, p_type text, p_refund_id text, p_correlation_id text, p_now bigint
) RETURNS void LANGUAGE plpgsql AS $$
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
                'disputed_minor', p_payment.disputed_minor, 'dispute_state', p_payment.dispute_state,
                'expires_at', CASE WHEN p_payment.status = 'requires_action' THEN pay.iso(p_payment.expires_at_us) END,
                'last_error', CASE WHEN p_payment.error_code IS NOT NULL THEN json_build_object(
                    'code', p_payment.error_code, 'message', coalesce(p_payment.error_message, '')) END,
                'merchant_reference', p_payment.reference, 'refund_id', p_refund_id)
        )::text, p_correlation_id, 'pending', p_now);
END $$;

-- One movement of a dispute's money: from the merchant to the gateway, or back. Its cause is unique.
CREATE FUNCTION pay.post_dispute(
    p_kind text, d pay.disputes, p_operation_id text, p_back boolean, p_amount bigint, p_now bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_payable text := 'merchant:' || d.merchant_id || ':payable';
    v_clearing text := 'gateway:' || d.gateway || ':clearing';
BEGIN
    PERFORM pay.post(p_kind || ':' || d.dispute_id, CASE WHEN p_back THEN v_clearing ELSE v_payable END,
        CASE WHEN p_back THEN v_payable ELSE v_clearing END, d.currency, p_amount, d.payment_id, p_operation_id,
        d.attempt_id, p_now);
END $$;

-- What moved and where it stands now: kept, audited, and told as one step of the payment.
CREATE FUNCTION pay.step_dispute(
    d pay.disputes, p pay.payments, p_event text, p_detail text, p_correlation_id text, p_now bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pay.disputes SET state = d.state, amount_minor = d.amount_minor, withdrawn_minor = d.withdrawn_minor,
        fee_minor = d.fee_minor, reinstated_minor = d.reinstated_minor, updated_at_us = p_now
        WHERE dispute_id = d.dispute_id;
    INSERT INTO pay.audit (at_us, actor, action, object, outcome, origin, detail)
    VALUES (p_now, 'platform', 'dispute_recorded', d.dispute_id, d.state, 'core', p_detail);
    p.dispute_state := d.state;
    PERFORM pay.move_payment(p, p.status, 'payment.' || p_event, NULL, p_event || ':' || d.dispute_id, p_correlation_id,
        p_now);
END $$;

-- T5: all that a gateway tells of one dispute of one charge (a succeeded sale or capture), merged into what is known.
-- outcome: recorded | already (nothing new) | undecided (its call is under way: come again) | closed (the call it is
-- about had come to nothing) | excess (it would withdraw more than was captured: people must look) | missing
CREATE FUNCTION pay.record_dispute(
    p_attempt_id text, p_dispute_id text, p_reference text, p_state text, p_amount bigint, p_withdrawn bigint,
    p_fee bigint, p_reinstated bigint, p_reason text, p_evidence text, p_now bigint
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a pay.gateway_attempts;
    o pay.operations;
    p pay.payments;
    d pay.disputes;
    v_from text;
    v_fresh boolean;
    v_moved boolean := true;
    v_withdraws boolean;
    v_costs boolean;
    v_returns boolean;
BEGIN
    SELECT * INTO a FROM pay.gateway_attempts g WHERE g.attempt_id = p_attempt_id;
    IF NOT FOUND OR a.call_kind NOT IN ('sale', 'capture') THEN
        RETURN 'missing';
    END IF;
    -- The payment's lock is what refunds and disputes of it race for: whoever comes second sees what the first has done.
    SELECT * INTO p FROM pay.payments q WHERE q.payment_id = a.payment_id FOR UPDATE;
    SELECT * INTO a FROM pay.gateway_attempts g WHERE g.attempt_id = p_attempt_id FOR UPDATE;
    SELECT * INTO o FROM pay.operations x WHERE x.operation_id = a.operation_id;
    IF a.state <> 'succeeded' THEN
        RETURN CASE WHEN a.state IN ('reversed', 'declined', 'not_executed') THEN 'closed' ELSE 'undecided' END;
    END IF;
    SELECT * INTO d FROM pay.disputes x WHERE x.gateway = a.gateway AND x.reference = p_reference FOR UPDATE;
    v_fresh := NOT FOUND;
    v_withdraws := p_withdrawn > 0 AND coalesce(d.withdrawn_minor, 0) = 0;
    IF v_withdraws AND p.disputed_minor + p_withdrawn > p.captured_minor THEN
        RETURN 'excess';
    END IF;
    IF v_fresh THEN
        INSERT INTO pay.disputes (dispute_id, gateway, reference, attempt_id, payment_id, merchant_id, amount_minor,
            currency, reason, state, opened_at_us, updated_at_us)
        VALUES (p_dispute_id, a.gateway, p_reference, a.attempt_id, a.payment_id, a.merchant_id, p_amount, a.currency,
            p_reason, p_state, p_now, p_now) RETURNING * INTO d;
    ELSE
        v_from := d.state;
        v_moved := pay.dispute_may_go(d.state, p_state);
    END IF;
    v_costs := p_fee > 0 AND d.fee_minor = 0;
    v_returns := p_reinstated > 0 AND d.reinstated_minor = 0 AND p_state = 'won'
        AND (v_withdraws OR d.withdrawn_minor > 0);
    IF NOT (v_moved OR v_withdraws OR v_costs OR v_returns) THEN
        RETURN 'already';
    END IF;
    IF v_moved THEN
        d.state := p_state;
        INSERT INTO pay.dispute_transitions (dispute_id, from_state, to_state, evidence, at_us)
        VALUES (d.dispute_id, coalesce(v_from, ''), p_state, p_evidence, p_now);
    END IF;
    IF v_withdraws THEN
        PERFORM pay.post_dispute('dispute', d, o.operation_id, false, p_withdrawn, p_now);
        d.withdrawn_minor := p_withdrawn;
        d.amount_minor := p_withdrawn;
        p.disputed_minor := p.disputed_minor + p_withdrawn;
    END IF;
    IF v_costs THEN
        PERFORM pay.post_dispute('dispute_fee', d, o.operation_id, false, p_fee, p_now);
        d.fee_minor := p_fee;
    END IF;
    IF v_returns THEN
        PERFORM pay.post_dispute('dispute_reversal', d, o.operation_id, true, p_reinstated, p_now);
        d.reinstated_minor := p_reinstated;
        p.disputed_minor := greatest(0, p.disputed_minor - p_reinstated);
    END IF;
    PERFORM pay.step_dispute(d, p,
        CASE WHEN v_moved AND d.state IN ('won', 'lost', 'closed') THEN 'dispute_closed' WHEN v_withdraws THEN 'disputed'
            WHEN v_fresh THEN 'dispute_opened' ELSE 'dispute_updated' END,
        p_evidence || ': ' || p_reference || CASE WHEN v_withdraws THEN ', withdrawn ' || p_withdrawn ELSE '' END
            || CASE WHEN v_costs THEN ', fee ' || p_fee ELSE '' END
            || CASE WHEN v_returns THEN ', reinstated ' || p_reinstated ELSE '' END,
        o.correlation_id, p_now);
    RETURN 'recorded';
END $$;

-- As before, without disputes: those have a row, and a function, of their own.
CREATE OR REPLACE FUNCTION pay.take_back(p_attempt_id text, p_what text, p_amount bigint, p_evidence text, p_now bigint)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a pay.gateway_attempts;
    o pay.operations;
    p pay.payments;
BEGIN
    SELECT * INTO a FROM pay.gateway_attempts g WHERE g.attempt_id = p_attempt_id;
    IF NOT FOUND OR (p_what = 'refund_failed') <> (a.call_kind = 'refund')
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
    IF p_what = 'refund_failed' THEN
        PERFORM pay.fail_refund(o, a, p, p_evidence, p_now);
        RETURN 'recorded';
    END IF;
    RETURN pay.lapse_hold(o, a, p, p_what, p_evidence, p_now);
END $$;

DROP FUNCTION pay.open_dispute(pay.operations, pay.gateway_attempts, pay.payments, bigint, text, bigint);

-- As before; of what is captured, neither what is refunded or reserved nor what is disputed can be refunded again.
CREATE OR REPLACE FUNCTION pay.reserve_refund(p_payment_id text, p_amount bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE pay.payments SET refund_reserved_minor = refund_reserved_minor + p_amount
        WHERE payment_id = p_payment_id
          AND status IN ('captured', 'partially_captured', 'partially_refunded') AND disputed_minor = 0
          AND refund_reserved_minor + disputed_minor + p_amount <= captured_minor;
    RETURN FOUND;
END $$;

-- A chargeback that an operator recorded, by the operator's own reference.
-- outcome: recorded | already (the same, before) | reused (the reference stands for another one)
CREATE FUNCTION pay.note_chargeback(
    p_reference text, p_dispute_id text, p_payment_id text, p_amount bigint, p_reason text, p_actor text, p_now bigint
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE c pay.chargebacks;
BEGIN
    INSERT INTO pay.chargebacks (reference, dispute_id, payment_id, amount_minor, reason, recorded_by, recorded_at_us)
    VALUES (p_reference, p_dispute_id, p_payment_id, p_amount, p_reason, p_actor, p_now)
    ON CONFLICT (reference) DO NOTHING RETURNING * INTO c;
    IF FOUND THEN
        RETURN 'recorded';
    END IF;
    SELECT * INTO c FROM pay.chargebacks WHERE reference = p_reference;
    RETURN CASE WHEN (c.payment_id, c.amount_minor) = (p_payment_id, p_amount) THEN 'already' ELSE 'reused' END;
END $$;

CREATE OR REPLACE VIEW books.payments AS
    SELECT payment_id, merchant_id, reference, amount_minor, currency, exponent, capture_mode, payment_method, status,
        authorized_minor, captured_minor, refunded_minor, gateway, version, error_code, created_at_us, updated_at_us,
        refund_reserved_minor, disputed_minor, dispute_state
    FROM pay.payments;
CREATE VIEW books.disputes AS
    SELECT dispute_id, gateway, reference, attempt_id, payment_id, merchant_id, amount_minor, currency, reason, state,
        withdrawn_minor, fee_minor, reinstated_minor, opened_at_us, updated_at_us
    FROM pay.disputes;
CREATE VIEW books.dispute_transitions AS
    SELECT t.dispute_id, d.payment_id, t.from_state, t.to_state, t.evidence, t.at_us
    FROM pay.dispute_transitions t JOIN pay.disputes d USING (dispute_id) ORDER BY t.transition_id;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pay.dispute_transitions
    FOR EACH ROW EXECUTE FUNCTION pay.refuse_change();
