-- Which change touched which key, so that running gateways read what has changed and not every
-- key. Each change is logged under the number that `change` grows to, with the ids of the keys
-- that it touched, or with an empty one where it touched something else. Whoever knows a number
-- that is not in the log (it is too old, or of a state of the database that was lost) reads
-- everything anew.
--
-- Who changes something holds the row of `change` until the end of its transaction, so numbers
-- are committed in their order: whoever sees one sees all that is logged under lower ones.

CREATE TABLE change_log (
    n   BIGINT NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (n, key)
);
INSERT INTO change_log (n, key) SELECT n, '' FROM change;

CREATE FUNCTION grown() RETURNS bigint LANGUAGE sql AS $$
    UPDATE change SET n = greatest(n + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
    RETURNING n;
$$;

CREATE OR REPLACE FUNCTION bump() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_log (n, key) VALUES (grown(), '');
    RETURN NULL;
END
$$;

-- Once for each statement, however many keys it touches; one that touches none changes nothing.
CREATE FUNCTION log_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM touched) THEN
        INSERT INTO change_log (n, key) SELECT grown.n, touched.id FROM grown() AS grown (n), touched;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION log_changed_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM touched) THEN
        INSERT INTO change_log (n, key) SELECT grown.n, changed.id
            FROM grown() AS grown (n), (SELECT id FROM touched UNION SELECT id FROM were) AS changed;
    END IF;
    RETURN NULL;
END
$$;

-- Nobody knows which keys there were: all is read anew.
CREATE FUNCTION log_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM change_log;
    INSERT INTO change_log (n, key) VALUES (grown(), '');
    RETURN NULL;
END
$$;

DROP TRIGGER api_key_change ON api_key;
DROP TRIGGER api_key_emptied ON api_key;
CREATE TRIGGER api_key_insert AFTER INSERT ON api_key REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION log_keys();
CREATE TRIGGER api_key_update AFTER UPDATE ON api_key REFERENCING NEW TABLE AS touched OLD TABLE AS were FOR EACH STATEMENT EXECUTE FUNCTION log_changed_keys();
CREATE TRIGGER api_key_delete AFTER DELETE ON api_key REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION log_keys();
CREATE TRIGGER api_key_emptied AFTER TRUNCATE ON api_key EXECUTE FUNCTION log_emptied();

-- The keys of the configuration are few among many.
CREATE INDEX api_key_configured ON api_key (created, id) WHERE origin IN ('declared', 'undeclared');
