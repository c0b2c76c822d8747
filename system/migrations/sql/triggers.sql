-- Append-only tables: rows are never changed or removed one by one (TRUNCATE stays possible for a reset of test books).
CREATE FUNCTION pay.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'pay.% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pay.journals
    FOR EACH ROW EXECUTE FUNCTION pay.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pay.postings
    FOR EACH ROW EXECUTE FUNCTION pay.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pay.status_history
    FOR EACH ROW EXECUTE FUNCTION pay.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pay.attempt_transitions
    FOR EACH ROW EXECUTE FUNCTION pay.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pay.breaker_transitions
    FOR EACH ROW EXECUTE FUNCTION pay.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pay.delivery_attempts
    FOR EACH ROW EXECUTE FUNCTION pay.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pay.audit
    FOR EACH ROW EXECUTE FUNCTION pay.refuse_change();

-- Double entry: at COMMIT every journal sums to zero in each of its currencies.
CREATE FUNCTION pay.check_journal_is_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM pay.postings WHERE journal_id = NEW.journal_id GROUP BY currency HAVING sum(amount_minor) <> 0
    ) THEN
        RAISE EXCEPTION 'journal % does not sum to zero in each currency', NEW.journal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER zero_sum AFTER INSERT ON pay.postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pay.check_journal_is_zero();
