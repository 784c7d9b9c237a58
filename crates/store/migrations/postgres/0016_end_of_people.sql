-- When all of a person's sessions were ended. Gateways remember who came by Basic, and forget
-- whoever came before that; `change` is bumped, so that they learn of it.

CREATE TABLE person_end (
    upstream TEXT COLLATE "C" NOT NULL,
    login    TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (upstream, login)
);

CREATE TRIGGER person_end_change AFTER INSERT OR UPDATE ON person_end FOR EACH ROW EXECUTE FUNCTION bump();
