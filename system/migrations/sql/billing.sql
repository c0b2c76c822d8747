-- Subscription billing: plans, subscriptions, what changed about them, invoices and the tries to be paid.
CREATE TABLE pay.plans (
    plan_id TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount_minor BIGINT DEFAULT '0' NOT NULL,
    currency TEXT NOT NULL,
    exponent SMALLINT NOT NULL,
    unit TEXT NOT NULL,
    unit_count INTEGER NOT NULL,
    trial_days INTEGER NOT NULL,
    created_at_us BIGINT NOT NULL,
    CONSTRAINT pk_plans PRIMARY KEY (plan_id),
    CONSTRAINT uq_plans_merchant_id_reference UNIQUE (merchant_id, reference),
    CONSTRAINT ck_plans_unit_known CHECK (unit IN ('day', 'week', 'month', 'year')),
    CONSTRAINT ck_plans_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_plans_unit_count_positive CHECK (unit_count > 0)
);

CREATE TABLE pay.subscriptions (
    subscription_id TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    price_minor BIGINT DEFAULT '0' NOT NULL,
    currency TEXT NOT NULL,
    exponent SMALLINT NOT NULL,
    zone TEXT NOT NULL,
    unit TEXT NOT NULL,
    unit_count INTEGER NOT NULL,
    trial_days INTEGER NOT NULL,
    started_at_us BIGINT NOT NULL,
    anchor_us BIGINT NOT NULL,
    next_period INTEGER DEFAULT '0' NOT NULL,
    next_start_us BIGINT NOT NULL,
    paused_at_us BIGINT,
    ends_at_us BIGINT,
    end_reason TEXT,
    pending_minor BIGINT DEFAULT '0' NOT NULL,
    created_at_us BIGINT NOT NULL,
    CONSTRAINT pk_subscriptions PRIMARY KEY (subscription_id),
    CONSTRAINT uq_subscriptions_merchant_id_reference UNIQUE (merchant_id, reference),
    CONSTRAINT ck_subscriptions_unit_known CHECK (unit IN ('day', 'week', 'month', 'year'))
);

CREATE INDEX ix_subscriptions_due ON pay.subscriptions (next_start_us);
CREATE TABLE pay.subscription_changes (
    change_id BIGINT GENERATED ALWAYS AS IDENTITY,
    subscription_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    from_minor BIGINT DEFAULT '0' NOT NULL,
    to_minor BIGINT DEFAULT '0' NOT NULL,
    prorated_minor BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_subscription_changes PRIMARY KEY (change_id),
    CONSTRAINT ck_subscription_changes_kind_known CHECK (kind IN ('created', 'paused', 'resumed', 'plan_changed', 'method_changed', 'canceled', 'ended'))
);

CREATE INDEX ix_subscription_changes_subscription_id ON pay.subscription_changes (subscription_id);
CREATE TABLE pay.invoices (
    invoice_id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    period INTEGER NOT NULL,
    starts_at_us BIGINT NOT NULL,
    ends_at_us BIGINT NOT NULL,
    amount_minor BIGINT DEFAULT '0' NOT NULL,
    currency TEXT NOT NULL,
    exponent SMALLINT NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    declines INTEGER DEFAULT '0' NOT NULL,
    first_declined_at_us BIGINT,
    due_at_us BIGINT NOT NULL,
    look_at_us BIGINT DEFAULT '0' NOT NULL,
    lease_owner TEXT DEFAULT '' NOT NULL,
    payment_id TEXT,
    created_at_us BIGINT NOT NULL,
    settled_at_us BIGINT,
    CONSTRAINT pk_invoices PRIMARY KEY (invoice_id),
    CONSTRAINT uq_invoices_subscription_id_period UNIQUE (subscription_id, period),
    CONSTRAINT ck_invoices_state_known CHECK (state IN ('open', 'paid', 'skipped', 'uncollectible'))
);

CREATE INDEX ix_invoices_due ON pay.invoices (due_at_us) WHERE state = 'open';
CREATE TABLE pay.invoice_tries (
    try_id BIGINT GENERATED ALWAYS AS IDENTITY,
    invoice_id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    period INTEGER NOT NULL,
    number INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL,
    payment_id TEXT,
    outcome TEXT NOT NULL,
    code TEXT NOT NULL,
    biller TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    CONSTRAINT pk_invoice_tries PRIMARY KEY (try_id),
    CONSTRAINT uq_invoice_tries_invoice_id_number UNIQUE (invoice_id, number),
    CONSTRAINT ck_invoice_tries_outcome_known CHECK (outcome IN ('paid', 'declined', 'not_executed'))
);


-- Which periods of a subscription were paused, as the judge and the biller read it: each pause with its end, if any.
CREATE FUNCTION pay.pauses_of(p_subscription_id text) RETURNS TABLE (from_us bigint, until_us bigint)
LANGUAGE sql STABLE AS $$
    SELECT p.at_us, (SELECT min(r.at_us) FROM pay.subscription_changes r
        WHERE r.subscription_id = p.subscription_id AND r.kind = 'resumed' AND r.change_id > p.change_id)
    FROM pay.subscription_changes p WHERE p.subscription_id = p_subscription_id AND p.kind = 'paused'
    ORDER BY p.change_id;
$$;

CREATE VIEW books.subscriptions AS
    SELECT subscription_id, merchant_id, reference, plan_id, price_minor, currency, exponent, zone, unit, unit_count,
        trial_days, started_at_us, anchor_us, next_period, next_start_us, paused_at_us, ends_at_us, end_reason, pending_minor,
        created_at_us, pay.app_now_us() AS read_at_us
    FROM pay.subscriptions;
CREATE VIEW books.subscription_changes AS
    SELECT change_id, subscription_id, kind, at_us, from_minor, to_minor, prorated_minor
    FROM pay.subscription_changes ORDER BY change_id;
CREATE VIEW books.invoices AS
    SELECT invoice_id, subscription_id, merchant_id, period, starts_at_us, ends_at_us, amount_minor, currency, state,
        tries, declines, first_declined_at_us, due_at_us, payment_id, created_at_us, settled_at_us
    FROM pay.invoices;
CREATE VIEW books.invoice_tries AS
    SELECT invoice_id, subscription_id, period, number, idempotency_key, payment_id, outcome, code, biller, at_us
    FROM pay.invoice_tries ORDER BY try_id;

-- What the billers still have to do now. Others have their lines in this view too, so it is made longer as it is.
DO $$ BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW books.backlog AS ' || rtrim(pg_get_viewdef('books.backlog'::regclass), ';') || '
        UNION ALL
        SELECT ''periods_due'', count(*) FROM pay.subscriptions
        WHERE next_start_us <= pay.app_now_us() AND next_start_us < coalesce(ends_at_us, 9223372036854775807)
        UNION ALL
        SELECT ''invoices_due'', count(*) FROM pay.invoices WHERE state = ''open'' AND due_at_us <= pay.app_now_us()';
END $$;
