-- The tables of settlement.

CREATE TABLE pay.bank_holidays (
    calendar TEXT NOT NULL,
    day DATE NOT NULL,
    CONSTRAINT pk_bank_holidays PRIMARY KEY (calendar, day)
);

CREATE TABLE pay.fee_tiers (
    currency TEXT NOT NULL,
    from_minor BIGINT NOT NULL,
    rate_bp INTEGER NOT NULL,
    fixed_minor BIGINT NOT NULL,
    CONSTRAINT pk_fee_tiers PRIMARY KEY (currency, from_minor)
);

CREATE TABLE pay.settlement_batches (
    batch_id TEXT NOT NULL,
    merchant_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    business_date DATE NOT NULL,
    lines BIGINT DEFAULT '0' NOT NULL,
    captures_minor BIGINT DEFAULT '0' NOT NULL,
    refunds_minor BIGINT DEFAULT '0' NOT NULL,
    disputes_minor BIGINT DEFAULT '0' NOT NULL,
    adjustments_minor BIGINT DEFAULT '0' NOT NULL,
    gross_minor BIGINT DEFAULT '0' NOT NULL,
    fees_minor BIGINT DEFAULT '0' NOT NULL,
    reserve_minor BIGINT DEFAULT '0' NOT NULL,
    released_minor BIGINT DEFAULT '0' NOT NULL,
    net_minor BIGINT DEFAULT '0' NOT NULL,
    rate_bp INTEGER NOT NULL,
    fixed_minor BIGINT NOT NULL,
    release_on DATE NOT NULL,
    released_by TEXT,
    cut_at_us BIGINT NOT NULL,
    CONSTRAINT pk_settlement_batches PRIMARY KEY (batch_id),
    CONSTRAINT uq_settlement_batches_day UNIQUE (merchant_id, currency, business_date),
    CONSTRAINT fk_settlement_batches_released_by FOREIGN KEY (released_by)
        REFERENCES pay.settlement_batches (batch_id)
);

CREATE TABLE pay.settlement_lines (
    posting_id BIGINT NOT NULL,
    batch_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    fee_minor BIGINT NOT NULL,
    CONSTRAINT pk_settlement_lines PRIMARY KEY (posting_id),
    CONSTRAINT ck_settlement_lines_kind_known CHECK (kind IN ('capture', 'refund', 'dispute', 'adjustment'))
);
CREATE INDEX ix_settlement_lines_batch_id ON pay.settlement_lines (batch_id);

CREATE TABLE pay.settlement_clock (
    clock_id SMALLINT NOT NULL,
    next_cutoff_us BIGINT NOT NULL,
    CONSTRAINT pk_settlement_clock PRIMARY KEY (clock_id),
    CONSTRAINT ck_settlement_clock_single_row CHECK (clock_id = 1)
);

-- What fees a merchant pays: hundredths of a percent and a fixed part of each capture, by what it captured before in the
-- month. The contract is the same for all; currencies that are not named pay by the last line.
INSERT INTO pay.fee_tiers (currency, from_minor, rate_bp, fixed_minor) VALUES
    ('USD', 0, 290, 30), ('USD', 10000000, 250, 30),
    ('EUR', 0, 150, 25), ('EUR', 10000000, 120, 25),
    ('JPY', 0, 360, 0), ('JPY', 100000000, 320, 0),
    ('KWD', 0, 250, 100),
    ('*', 0, 300, 0);
