-- The application's time: the shared clock, and an offset that the operator of a test platform moves forward.

-- What a moment of the shared clock is in the application's time.
CREATE FUNCTION pay.app_us(p_shared_us bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT p_shared_us + coalesce((SELECT clock_offset_us FROM pay.routing), 0);
$$;

-- What SQL takes for now() wherever a calendar decides: business dates, periods, retention.
CREATE FUNCTION pay.app_now_us() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT pay.app_us((extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
$$;

-- As before; and with the books goes the time that was moved.
CREATE OR REPLACE FUNCTION pay.seed_shared_state(p_now bigint, p_gateways text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_epoch bigint;
BEGIN
    DELETE FROM pay.breakers;
    INSERT INTO pay.routing AS r (routing_id, gateways, fallback_enabled, version, epoch, updated_at_us)
    VALUES (1, p_gateways, true, 1, 1, p_now)
    ON CONFLICT (routing_id) DO UPDATE SET gateways = p_gateways, fallback_enabled = true, version = r.version + 1,
        epoch = r.epoch + 1, updated_at_us = p_now, clock_offset_us = 0
    RETURNING epoch INTO v_epoch;
    PERFORM pay.add_gateways(p_now, p_gateways);
    RETURN v_epoch;
END $$;

-- As before; a key's retention is a promise in days, so it ends by the application's time. Its lease does not.
CREATE OR REPLACE FUNCTION pay.claim_key(
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
    IF k.state = 'expired' OR (k.state = 'completed' AND k.expires_at_us <= pay.app_us(p_now)) THEN
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
