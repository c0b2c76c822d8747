-- A charge that the gateway made a second time under an attempt that stands: booked by itself, and given back at once.
-- `p_line_id` is the gateway's line about it; one line is given back once.
CREATE FUNCTION pay.begin_second_reversal(
    p_attempt_id text, p_line_id text, p_operation_id text, p_reversal_id text, p_gateway_key text, p_call_kind text,
    p_gateway_ref text, p_amount bigint, p_now bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    a pay.gateway_attempts;
    o pay.operations;
BEGIN
    SELECT * INTO a FROM pay.gateway_attempts WHERE attempt_id = p_attempt_id FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM pay.journals WHERE cause = 'second:' || p_line_id)
        OR EXISTS (SELECT FROM pay.gateway_attempts WHERE gateway_ref = p_gateway_ref AND payment_id = a.payment_id
            AND call_kind = p_call_kind AND operation_id IN (SELECT operation_id FROM pay.operations
                WHERE kind = 'reversal' AND payment_id = a.payment_id)) THEN
        RETURN false;
    END IF;
    SELECT * INTO o FROM pay.operations WHERE operation_id = a.operation_id;
    INSERT INTO pay.operations (operation_id, kind, payment_id, merchant_id, reference, amount_minor, currency, state,
        correlation_id, created_at_us)
    VALUES (p_operation_id, 'reversal', a.payment_id, a.merchant_id, o.reference, p_amount, a.currency, 'open',
        o.correlation_id, p_now);
    PERFORM pay.insert_attempt(p_reversal_id, p_operation_id, a.payment_id, a.merchant_id, a.gateway, p_call_kind, 1,
        p_gateway_key, p_gateway_ref, p_amount, a.currency, p_now, p_now);
    IF p_call_kind = 'refund' THEN
        PERFORM pay.post('second:' || p_line_id, 'gateway:' || a.gateway || ':clearing',
            'merchant:' || a.merchant_id || ':payable', a.currency, p_amount, a.payment_id, a.operation_id,
            a.attempt_id, p_now);
    END IF;
    RETURN true;
END $$;

-- As before, and also for what undoes a second charge: that is an attempt which stands, so nothing of it is reversed.
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
END $$;

-- The auditors' views of the reconciliation, and the audit with the request that an operator's action came in.
CREATE VIEW books.reconciliation_runs AS
    SELECT run_id, gateway, from_us, to_us, dry_run, asked_by, state, feed_lines, attempts_compared, breaks_found,
        breaks_new, repairs, left_to_people, trusted_until_us, trouble, started_at_us, finished_at_us
    FROM pay.reconciliation_runs;
CREATE VIEW books.reconciliation_breaks AS
    SELECT break_id, gateway, kind, state, action, reason, attempt_id, operation_id, payment_id, line_id, ours, theirs,
        amount_minor, their_amount_minor, currency, first_run_id, last_run_id, found_at_us, settled_at_us
    FROM pay.reconciliation_breaks;
CREATE OR REPLACE VIEW books.audit AS
    SELECT at_us, actor, action, object, outcome, origin, detail, request_id FROM pay.audit ORDER BY audit_id;
