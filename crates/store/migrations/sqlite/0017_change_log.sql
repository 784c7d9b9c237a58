-- Which change touched which key, so that running gateways read what has changed and not every
-- key. Each change is logged under the number that `change` grows to, with the id of the key that
-- it touched, or with none where it touched something else. Whoever knows a number that is not in
-- the log (it is too old, or of a state of the database that was lost) reads everything anew. So
-- `change` follows the clock here, too: a database that is brought back from a backup does not
-- count to the same numbers anew.

CREATE TABLE change_log (
    n   INTEGER NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (n, key)
) STRICT, WITHOUT ROWID;
INSERT INTO change_log (n, key) SELECT n, '' FROM change;

-- What is inserted here is counted and logged.
CREATE VIEW touched (key) AS SELECT key FROM change_log;
CREATE TRIGGER touched_insert INSTEAD OF INSERT ON touched BEGIN
    UPDATE change SET n = max(n + 1, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000);
    INSERT INTO change_log (n, key) SELECT n, NEW.key FROM change;
END;

DROP TRIGGER api_key_insert;
DROP TRIGGER api_key_update;
DROP TRIGGER api_key_delete;
CREATE TRIGGER api_key_insert AFTER INSERT ON api_key BEGIN INSERT INTO touched VALUES (NEW.id); END;
CREATE TRIGGER api_key_update AFTER UPDATE ON api_key BEGIN INSERT INTO touched VALUES (NEW.id); END;
CREATE TRIGGER api_key_rename AFTER UPDATE OF id ON api_key WHEN OLD.id <> NEW.id BEGIN INSERT INTO touched VALUES (OLD.id); END;
CREATE TRIGGER api_key_delete AFTER DELETE ON api_key BEGIN INSERT INTO touched VALUES (OLD.id); END;

-- A row that another one replaces (`OR REPLACE`) is deleted without a trigger of its own. It is
-- the one that has what only one may have.
CREATE TRIGGER api_key_instead BEFORE INSERT ON api_key BEGIN
    INSERT INTO touched SELECT id FROM api_key WHERE certificate = NEW.certificate
        AND certificate IS NOT NULL AND revoked IS NULL AND NEW.revoked IS NULL AND id <> NEW.id;
    INSERT INTO touched SELECT id FROM api_key WHERE digest = NEW.digest
        AND is_foreign AND NEW.is_foreign AND id <> NEW.id;
END;
CREATE TRIGGER api_key_in_place BEFORE UPDATE ON api_key BEGIN
    INSERT INTO touched SELECT id FROM api_key WHERE certificate = NEW.certificate
        AND certificate IS NOT NULL AND revoked IS NULL AND NEW.revoked IS NULL AND id <> OLD.id;
    INSERT INTO touched SELECT id FROM api_key WHERE digest = NEW.digest
        AND is_foreign AND NEW.is_foreign AND id <> OLD.id;
END;

DROP TRIGGER role_insert;
DROP TRIGGER role_update;
DROP TRIGGER role_delete;
CREATE TRIGGER role_insert AFTER INSERT ON role BEGIN INSERT INTO touched VALUES (''); END;
CREATE TRIGGER role_update AFTER UPDATE ON role BEGIN INSERT INTO touched VALUES (''); END;
CREATE TRIGGER role_delete AFTER DELETE ON role BEGIN INSERT INTO touched VALUES (''); END;

DROP TRIGGER erp_user_insert;
DROP TRIGGER erp_user_update;
DROP TRIGGER erp_user_delete;
CREATE TRIGGER erp_user_insert AFTER INSERT ON erp_user BEGIN INSERT INTO touched VALUES (''); END;
CREATE TRIGGER erp_user_update AFTER UPDATE ON erp_user BEGIN INSERT INTO touched VALUES (''); END;
CREATE TRIGGER erp_user_delete AFTER DELETE ON erp_user BEGIN INSERT INTO touched VALUES (''); END;

DROP TRIGGER person_end_insert;
DROP TRIGGER person_end_update;
CREATE TRIGGER person_end_insert AFTER INSERT ON person_end BEGIN INSERT INTO touched VALUES (''); END;
CREATE TRIGGER person_end_update AFTER UPDATE ON person_end BEGIN INSERT INTO touched VALUES (''); END;

-- The keys of the configuration are few among many.
CREATE INDEX api_key_configured ON api_key (created, id) WHERE origin IN ('declared', 'undeclared');

-- As it is written in statements, so that they find by it.
DROP INDEX api_key_foreign;
CREATE UNIQUE INDEX api_key_foreign ON api_key (digest) WHERE is_foreign;
