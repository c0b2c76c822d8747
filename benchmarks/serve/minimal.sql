\set n random(1, 9000000000000)
BEGIN;
INSERT INTO bench_keys (key, body) VALUES ('bench-' || :n, '\x7b7d');
INSERT INTO bench_payments (id, merchant, amount_minor, currency) VALUES ('pay_' || :n, 'm_alpha', 1999, 'EUR');
INSERT INTO bench_postings (payment, account, amount_minor) VALUES ('pay_' || :n, 'clearing', 1999), ('pay_' || :n, 'payable', -1999);
COMMIT;
