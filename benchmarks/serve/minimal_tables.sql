CREATE TABLE IF NOT EXISTS bench_keys (key text PRIMARY KEY, body bytea NOT NULL);
CREATE TABLE IF NOT EXISTS bench_payments (id text PRIMARY KEY, merchant text NOT NULL, amount_minor bigint NOT NULL, currency text NOT NULL);
CREATE TABLE IF NOT EXISTS bench_postings (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payment text NOT NULL, account text NOT NULL, amount_minor bigint NOT NULL);
