-- As before; an event says all that the payment itself says of its end and of its waiting: until when its payer has time,
-- why it came to nothing, and what of it is disputed.
CREATE FUNCTION pay.iso(p_at_us bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(to_timestamp(0) AT TIME ZONE 'UTC' + p_at_us * interval '1 microsecond',
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
$$;

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
                'disputed_minor', p_payment.disputed_minor,
                'expires_at', CASE WHEN p_payment.status = 'requires_action' THEN pay.iso(p_payment.expires_at_us) END,
                'last_error', CASE WHEN p_payment.error_code IS NOT NULL THEN json_build_object(
                    'code', p_payment.error_code, 'message', coalesce(p_payment.error_message, '')) END,
                'merchant_reference', p_payment.reference, 'refund_id', p_refund_id)
        )::text, p_correlation_id, 'pending', p_now);
END $$;
