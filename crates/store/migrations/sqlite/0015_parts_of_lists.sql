-- Lists that may be long are read in parts, in these orders.

CREATE INDEX api_key_created ON api_key (created, id);
CREATE INDEX api_key_user ON api_key (upstream, erp_login, created, id);
CREATE INDEX session_opened ON session (opened DESC, digest);
