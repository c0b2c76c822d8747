-- Compare-and-set of a breaker: only who knows the current version may move it, and every move leaves a row.
CREATE FUNCTION pay.move_breaker(
    p_gateway text, p_class text, p_version integer, p_to text, p_probe_owner text, p_probe_deadline bigint,
    p_reason text, p_process text, p_now bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE v_from text;
BEGIN
    SELECT state INTO v_from FROM pay.breakers
        WHERE gateway = p_gateway AND operation_class = p_class AND version = p_version FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE pay.breakers
        SET state = p_to, version = version + 1, probe_owner = p_probe_owner, probe_deadline_us = p_probe_deadline,
            opened_at_us = CASE WHEN p_to = 'open' THEN p_now ELSE opened_at_us END
        WHERE gateway = p_gateway AND operation_class = p_class;
    INSERT INTO pay.breaker_transitions (gateway, operation_class, from_state, to_state, version, reason, process, at_us)
    VALUES (p_gateway, p_class, v_from, p_to, p_version + 1, p_reason, p_process, p_now);
    RETURN true;
END $$;

-- The shared state in its first form; the epoch moves on with every reset and tells processes to drop their caches.
CREATE FUNCTION pay.seed_shared_state(p_now bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_epoch bigint;
BEGIN
    DELETE FROM pay.breakers;
    INSERT INTO pay.breakers (gateway, operation_class, state, version)
    SELECT g.name, c.name, 'closed', 1
        FROM (VALUES ('stripe'), ('paypal')) AS g(name), (VALUES ('charge'), ('modify')) AS c(name);
    INSERT INTO pay.routing AS r (routing_id, primary_gateway, fallback_gateway, fallback_enabled, version, epoch,
        updated_at_us)
    VALUES (1, 'stripe', 'paypal', true, 1, 1, p_now)
    ON CONFLICT (routing_id) DO UPDATE SET primary_gateway = 'stripe', fallback_gateway = 'paypal',
        fallback_enabled = true, version = r.version + 1, epoch = r.epoch + 1, updated_at_us = p_now
    RETURNING epoch INTO v_epoch;
    RETURN v_epoch;
END $$;
