-- When all of a person's sessions were ended. Gateways remember who came by Basic, and forget
-- whoever came before that; `change` is bumped, so that they learn of it.

CREATE TABLE person_end (
    upstream TEXT NOT NULL,
    login    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (upstream, login)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER person_end_insert AFTER INSERT ON person_end BEGIN UPDATE change SET n = n + 1; END;
CREATE TRIGGER person_end_update AFTER UPDATE ON person_end BEGIN UPDATE change SET n = n + 1; END;
