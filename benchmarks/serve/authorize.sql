\set n random(1, 9000000000000)
SELECT key_id FROM pay.begin_create('m_alpha', 'm_alpha', false, 'bench-' || :n, '\x00', 'me', 1, 9000000000000000, 9000000000000000, 'op_' || :n, 'pay_' || :n, 'att_' || :n, 'stripe', 'key_' || :n, 'authorize', 1999, 'EUR', 2::smallint, 'manual', 'pm_card_visa', 'bench-' || :n, NULL, 'c') \gset
SELECT pay.dispatch('att_' || :n, 2, 9000000000000000);
SELECT outcome FROM pay.record('att_' || :n, 'succeeded', 'reply', 'answered', 200, '', '', 'pi_' || :n, true, 9000000000000000, 3, :key_id, 'me', 201, '\x7b7d', 2);
