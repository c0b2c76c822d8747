-- A merchant's references are its own order numbers. Where its policy is 'unique', one of them pays once: another payment
-- (or refund) under it is refused while the first stands, and the refusal names the first. What failed, was canceled or
-- has expired stands in nobody's way. The lock makes requests that come at once wait for each other's COMMIT; the
-- statement after it sees what they wrote.
CREATE FUNCTION pay.lock_reference(p_merchant_id text, p_kind text, p_reference text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pay.merchants WHERE merchant_id = p_merchant_id AND reference_policy = 'unique') THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(chr(31), p_kind, p_merchant_id, p_reference), 0));
    RETURN true;
END $$;

CREATE FUNCTION pay.refuse_reference(p_first text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'PR001', MESSAGE = p_first;
END $$;

CREATE FUNCTION pay.check_payment_reference() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_first text;
BEGIN
    IF pay.lock_reference(NEW.merchant_id, 'payment', NEW.reference) THEN
        SELECT payment_id INTO v_first FROM pay.payments
            WHERE merchant_id = NEW.merchant_id AND reference = NEW.reference
                AND status NOT IN ('failed', 'canceled', 'expired')
            ORDER BY created_at_us LIMIT 1;
        IF FOUND THEN
            PERFORM pay.refuse_reference(v_first);
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION pay.check_refund_reference() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v_first text;
BEGIN
    IF pay.lock_reference(NEW.merchant_id, 'refund', NEW.reference) THEN
        SELECT refund_id INTO v_first FROM pay.refunds
            WHERE merchant_id = NEW.merchant_id AND reference = NEW.reference AND status <> 'failed'
            ORDER BY created_at_us LIMIT 1;
        IF FOUND THEN
            PERFORM pay.refuse_reference(v_first);
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payment_reference BEFORE INSERT ON pay.payments
    FOR EACH ROW EXECUTE FUNCTION pay.check_payment_reference();
CREATE TRIGGER refund_reference BEFORE INSERT ON pay.refunds
    FOR EACH ROW EXECUTE FUNCTION pay.check_refund_reference();
