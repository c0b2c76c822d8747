-- Settlement: the business date of each money event, and batches with their fees and reserves.

-- Which banks settle this currency: the Federal Reserve's calendar, TARGET's, or weekdays alone.
CREATE FUNCTION pay.calendar_of(p_currency text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_currency WHEN 'USD' THEN 'fed' WHEN 'EUR' THEN 'target' ELSE 'weekdays' END;
$$;

CREATE FUNCTION pay.is_business_day(p_calendar text, p_day date) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT extract(isodow FROM p_day) < 6
        AND NOT EXISTS (SELECT FROM pay.bank_holidays h WHERE h.calendar = p_calendar AND h.day = p_day);
$$;

-- The instant at which a day closes. A wall clock that shows the cut-off twice, or never, means the later reading, as
-- PostgreSQL reads it: standard time where it is shown twice, the offset from before where it is skipped.
CREATE FUNCTION pay.cutoff_at(p_zone text, p_cutoff_s integer, p_day date) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT (p_day + make_interval(secs => p_cutoff_s)) AT TIME ZONE p_zone;
$$;

-- The business date of a moment of the application's time: today until the merchant's cut-off, and then the next day on
-- which its banks work.
CREATE FUNCTION pay.business_date(p_zone text, p_cutoff_s integer, p_calendar text, p_app_us bigint) RETURNS date
LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE
    v_at timestamptz := to_timestamp(p_app_us / 1e6);
    v_day date := (v_at AT TIME ZONE p_zone)::date;
BEGIN
    IF v_at >= pay.cutoff_at(p_zone, p_cutoff_s, v_day) THEN
        v_day := v_day + 1;
    END IF;
    WHILE NOT pay.is_business_day(p_calendar, v_day) LOOP
        v_day := v_day + 1;
    END LOOP;
    RETURN v_day;
END $$;

-- The business day before or after a day.
CREATE FUNCTION pay.business_day_from(p_calendar text, p_day date, p_step integer) RETURNS date
LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE v_day date := p_day + p_step;
BEGIN
    WHILE NOT pay.is_business_day(p_calendar, v_day) LOOP
        v_day := v_day + p_step;
    END LOOP;
    RETURN v_day;
END $$;

-- The business date of a journal between these accounts; null where none of them is what a merchant is owed.
CREATE FUNCTION pay.date_of_journal(p_debit text, p_credit text, p_currency text, p_now bigint) RETURNS date
LANGUAGE sql STABLE AS $$
    SELECT pay.business_date(m.zone, m.cutoff_s, pay.calendar_of(p_currency), pay.app_us(p_now)) FROM pay.merchants m
    WHERE m.merchant_id = split_part(CASE WHEN p_debit LIKE 'merchant:%:payable' THEN p_debit ELSE p_credit END, ':', 2);
$$;

-- As before; and the business date is fixed when the journal is written, in the same row.
CREATE OR REPLACE FUNCTION pay.post(
    p_cause text, p_debit text, p_credit text, p_currency text, p_amount bigint,
    p_payment_id text, p_operation_id text, p_attempt_id text, p_now bigint
) RETURNS void LANGUAGE sql AS $$
    WITH j AS (
        INSERT INTO pay.journals (cause, payment_id, operation_id, attempt_id, created_at_us, business_date)
        VALUES (p_cause, p_payment_id, p_operation_id, p_attempt_id, p_now,
            pay.date_of_journal(p_debit, p_credit, p_currency, p_now)) RETURNING journal_id
    )
    INSERT INTO pay.postings (journal_id, account, currency, amount_minor)
    SELECT j.journal_id, line.account, p_currency, line.amount
        FROM j, (VALUES (p_debit, p_amount), (p_credit, -p_amount)) AS line(account, amount);
$$;

-- What settlement itself books: no payment, no business date, so it is never settled a second time. Nothing for nothing.
CREATE FUNCTION pay.book_settlement(p_cause text, p_debit text, p_credit text, p_currency text, p_amount bigint, p_now bigint)
RETURNS void LANGUAGE sql AS $$
    WITH j AS (
        INSERT INTO pay.journals (cause, payment_id, operation_id, attempt_id, created_at_us)
        SELECT p_cause, '', '', '', p_now WHERE p_amount <> 0 RETURNING journal_id
    )
    INSERT INTO pay.postings (journal_id, account, currency, amount_minor)
    SELECT j.journal_id, line.account, p_currency, line.amount
        FROM j, (VALUES (p_debit, p_amount), (p_credit, -p_amount)) AS line(account, amount);
$$;

-- What merchants are owed or owe and no batch has: positive to the merchant.
CREATE VIEW pay.unsettled AS
    SELECT p.posting_id, split_part(p.account, ':', 2) AS merchant_id, p.currency, -p.amount_minor AS amount_minor,
        CASE split_part(j.cause, ':', 1) WHEN 'capture' THEN 'capture' WHEN 'refund' THEN 'refund'
            WHEN 'refund_failed' THEN 'refund' WHEN 'dispute' THEN 'dispute' ELSE 'adjustment' END AS kind,
        j.business_date
    FROM pay.postings p JOIN pay.journals j USING (journal_id)
    WHERE j.business_date IS NOT NULL AND p.account LIKE 'merchant:%:payable'
        AND NOT EXISTS (SELECT FROM pay.settlement_lines s WHERE s.posting_id = p.posting_id);

-- The fee's rate of a merchant's next batch: by what it had captured in that month before.
CREATE FUNCTION pay.fee_tier(p_merchant_id text, p_currency text, p_day date) RETURNS pay.fee_tiers
LANGUAGE sql STABLE AS $$
    SELECT t FROM pay.fee_tiers t
    WHERE t.currency = CASE WHEN EXISTS (SELECT FROM pay.fee_tiers k WHERE k.currency = p_currency)
            THEN p_currency ELSE '*' END
        AND t.from_minor <= (SELECT coalesce(sum(b.captures_minor), 0) FROM pay.settlement_batches b
            WHERE b.merchant_id = p_merchant_id AND b.currency = p_currency
                AND b.business_date >= date_trunc('month', p_day::timestamp)::date AND b.business_date < p_day)
    ORDER BY t.from_minor DESC LIMIT 1;
$$;

-- Which batches are due at a moment of the application's time: the last day that is closed, where anything waits for it.
CREATE FUNCTION pay.due_batches(p_app_us bigint) RETURNS TABLE (merchant_id text, currency text, day date)
LANGUAGE sql STABLE AS $$
    WITH waiting AS (
        SELECT u.merchant_id, u.currency, min(u.business_date) AS first_day FROM pay.unsettled u GROUP BY 1, 2
        UNION ALL
        SELECT b.merchant_id, b.currency, min(b.release_on) FROM pay.settlement_batches b
        WHERE b.reserve_minor > 0 AND b.released_by IS NULL GROUP BY 1, 2
    ), closed AS (
        SELECT w.merchant_id, w.currency, min(w.first_day) AS first_day,
            pay.business_day_from(pay.calendar_of(w.currency), pay.business_date(
                min(m.zone), min(m.cutoff_s), pay.calendar_of(w.currency), p_app_us), -1) AS day
        FROM waiting w JOIN pay.merchants m USING (merchant_id) GROUP BY 1, 2
    )
    SELECT c.merchant_id, c.currency, c.day FROM closed c WHERE c.first_day <= c.day;
$$;

-- The next moment of the application's time at which a merchant's day closes.
CREATE FUNCTION pay.next_cutoff_us(p_app_us bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT min((extract(epoch FROM c.at) * 1000000)::bigint)
    FROM (SELECT DISTINCT zone, cutoff_s FROM pay.merchants) m, generate_series(-1, 2) AS n,
        LATERAL (SELECT pay.cutoff_at(m.zone, m.cutoff_s,
            (to_timestamp(p_app_us / 1e6) AT TIME ZONE m.zone)::date + n) AS at) c
    WHERE (extract(epoch FROM c.at) * 1000000)::bigint > p_app_us;
$$;

-- Notes when the next day closes, for whoever settles and for whoever waits for it. Null: there are no merchants.
CREATE FUNCTION pay.wind_settlement_clock(p_now bigint) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO pay.settlement_clock AS c (clock_id, next_cutoff_us)
    SELECT 1, pay.next_cutoff_us(pay.app_us(p_now)) WHERE EXISTS (SELECT FROM pay.merchants)
    ON CONFLICT (clock_id) DO UPDATE SET next_cutoff_us = excluded.next_cutoff_us
    RETURNING c.next_cutoff_us;
$$;

-- One batch for each merchant, currency and closed day: everything up to that day that no batch has, so that what was
-- committed late is in the next one. Returns how many batches were made.
CREATE FUNCTION pay.cut_batches(p_now bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE v_batches text[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('pay.settlement'));
    WITH made AS (
        INSERT INTO pay.settlement_batches AS b (batch_id, merchant_id, currency, business_date, rate_bp, fixed_minor,
            release_on, cut_at_us)
        SELECT format('bat_%s_%s_%s', d.merchant_id, d.currency, to_char(d.day, 'YYYYMMDD')), d.merchant_id, d.currency,
            d.day, t.rate_bp, t.fixed_minor, d.day + m.reserve_days, p_now
        FROM pay.due_batches(pay.app_us(p_now)) d JOIN pay.merchants m USING (merchant_id),
            LATERAL pay.fee_tier(d.merchant_id, d.currency, d.day) t
        ON CONFLICT DO NOTHING RETURNING b.batch_id
    )
    SELECT coalesce(array_agg(made.batch_id), '{}') INTO v_batches FROM made;
    IF cardinality(v_batches) = 0 THEN
        RETURN 0;
    END IF;
    INSERT INTO pay.settlement_lines (posting_id, batch_id, kind, amount_minor, fee_minor)
    SELECT u.posting_id, b.batch_id, u.kind, u.amount_minor,
        CASE u.kind WHEN 'capture' THEN (u.amount_minor * b.rate_bp + 5000) / 10000 + b.fixed_minor ELSE 0 END
    FROM pay.unsettled u JOIN pay.settlement_batches b
        ON b.batch_id = ANY (v_batches) AND b.merchant_id = u.merchant_id AND b.currency = u.currency
    WHERE u.business_date <= b.business_date;
    UPDATE pay.settlement_batches held SET released_by = b.batch_id
    FROM pay.settlement_batches b
    WHERE b.batch_id = ANY (v_batches) AND held.merchant_id = b.merchant_id AND held.currency = b.currency
        AND held.reserve_minor > 0 AND held.released_by IS NULL AND held.release_on <= b.business_date;
    PERFORM pay.add_up(v_batches);
    PERFORM pay.book_settlement('fees:' || b.batch_id, 'merchant:' || b.merchant_id || ':payable', 'platform:fees',
            b.currency, b.fees_minor, p_now),
        pay.book_settlement('reserve:' || b.batch_id, 'merchant:' || b.merchant_id || ':payable',
            'merchant:' || b.merchant_id || ':reserve', b.currency, b.reserve_minor - b.released_minor, p_now)
    FROM pay.settlement_batches b WHERE b.batch_id = ANY (v_batches);
    RETURN cardinality(v_batches);
END $$;

-- The sums of new batches, from their lines. Of a gross that is positive a share is held back until `release_on`.
CREATE FUNCTION pay.add_up(p_batches text[]) RETURNS void LANGUAGE sql AS $$
    WITH line AS (
        SELECT batch_id, count(*) AS lines, sum(amount_minor) AS gross, sum(fee_minor) AS fees,
            coalesce(sum(amount_minor) FILTER (WHERE kind = 'capture'), 0) AS captures,
            coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund'), 0) AS refunds,
            coalesce(sum(amount_minor) FILTER (WHERE kind = 'dispute'), 0) AS disputes,
            coalesce(sum(amount_minor) FILTER (WHERE kind = 'adjustment'), 0) AS adjustments
        FROM pay.settlement_lines WHERE batch_id = ANY (p_batches) GROUP BY batch_id
    ), released AS (
        SELECT released_by AS batch_id, sum(reserve_minor) AS released FROM pay.settlement_batches
        WHERE released_by = ANY (p_batches) GROUP BY released_by
    ), whole AS (
        SELECT b.batch_id, coalesce(l.lines, 0) AS lines, coalesce(l.gross, 0) AS gross, coalesce(l.fees, 0) AS fees,
            coalesce(l.captures, 0) AS captures, coalesce(l.refunds, 0) AS refunds, coalesce(l.disputes, 0) AS disputes,
            coalesce(l.adjustments, 0) AS adjustments, coalesce(r.released, 0) AS released,
            div(greatest(coalesce(l.gross, 0), 0) * m.reserve_bp, 10000)::bigint AS held
        FROM pay.settlement_batches b JOIN pay.merchants m USING (merchant_id)
            LEFT JOIN line l USING (batch_id) LEFT JOIN released r USING (batch_id)
        WHERE b.batch_id = ANY (p_batches)
    )
    UPDATE pay.settlement_batches b
        SET lines = w.lines, captures_minor = w.captures, refunds_minor = w.refunds, disputes_minor = w.disputes,
            adjustments_minor = w.adjustments, gross_minor = w.gross, fees_minor = w.fees, reserve_minor = w.held,
            released_minor = w.released, net_minor = w.gross - w.fees - w.held + w.released
        FROM whole w WHERE w.batch_id = b.batch_id;
$$;

CREATE VIEW books.settlement_batches AS
    SELECT batch_id, merchant_id, currency, business_date::text AS business_date, lines, captures_minor, refunds_minor,
        disputes_minor, adjustments_minor, gross_minor, fees_minor, reserve_minor, released_minor, net_minor,
        rate_bp, fixed_minor, release_on::text AS release_on, released_by, cut_at_us
    FROM pay.settlement_batches;
CREATE VIEW books.settlement_lines AS
    SELECT posting_id, batch_id, kind, amount_minor, fee_minor FROM pay.settlement_lines;
CREATE VIEW books.business_dates AS
    SELECT p.posting_id, j.business_date::text AS business_date
    FROM pay.postings p JOIN pay.journals j USING (journal_id)
    WHERE j.business_date IS NOT NULL AND p.account LIKE 'merchant:%:payable';
CREATE VIEW books.settlement_terms AS
    SELECT merchant_id, zone, cutoff_s, reserve_bp, reserve_days FROM pay.merchants;

-- As before; and whether a day has closed that nobody has settled.
CREATE OR REPLACE VIEW books.backlog AS
    SELECT 'open_operations' AS kind, count(*) AS count FROM pay.operations WHERE state IN ('open', 'unknown', 'requires_action')
    UNION ALL
    SELECT 'unknown_attempts', count(*) FROM pay.gateway_attempts WHERE state IN ('prepared', 'dispatched', 'unknown', 'requires_action')
    UNION ALL
    SELECT 'outbox_pending', count(*) FROM pay.outbox WHERE state = 'pending'
    UNION ALL
    SELECT 'deliveries_pending', count(*) FROM pay.webhook_deliveries WHERE state = 'pending'
    UNION ALL
    SELECT 'days_to_settle', count(*) FROM pay.settlement_clock WHERE next_cutoff_us <= pay.app_now_us();
