-- Any number of gateways, in the order in which a new charge tries them.

-- The shared state in its first form; the epoch moves on with every reset and tells processes to drop their caches.
CREATE FUNCTION pay.seed_shared_state(p_now bigint, p_gateways text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_epoch bigint;
BEGIN
    DELETE FROM pay.breakers;
    INSERT INTO pay.routing AS r (routing_id, gateways, fallback_enabled, version, epoch, updated_at_us)
    VALUES (1, p_gateways, true, 1, 1, p_now)
    ON CONFLICT (routing_id) DO UPDATE SET gateways = p_gateways, fallback_enabled = true, version = r.version + 1,
        epoch = r.epoch + 1, updated_at_us = p_now
    RETURNING epoch INTO v_epoch;
    PERFORM pay.add_gateways(p_now, p_gateways);
    RETURN v_epoch;
END $$;

-- Gateways that the platform has come to know get breakers, and the last places of the order.
CREATE FUNCTION pay.add_gateways(p_now bigint, p_gateways text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pay.breakers (gateway, operation_class, state, version)
    SELECT g.name, c.name, 'closed', 1
        FROM unnest(p_gateways) AS g(name), (VALUES ('charge'), ('modify')) AS c(name)
    ON CONFLICT DO NOTHING;
    UPDATE pay.routing AS r
        SET gateways = r.gateways || ARRAY(
                SELECT g.name FROM unnest(p_gateways) WITH ORDINALITY AS g(name, place)
                WHERE g.name <> ALL (r.gateways) ORDER BY g.place),
            version = r.version + 1, updated_at_us = p_now
        WHERE NOT r.gateways @> p_gateways;
END $$;
