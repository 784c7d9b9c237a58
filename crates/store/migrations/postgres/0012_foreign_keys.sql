-- Keys from elsewhere. The secret of a key that `is_foreign` names no id: it is found by its
-- digest, which is of one key, also once that is revoked. `origin` says how a key came here; a
-- key that is `undeclared` was suspended because the configuration declares it no longer.

ALTER TABLE api_key ADD COLUMN is_foreign BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE api_key ADD COLUMN origin TEXT NOT NULL DEFAULT 'made' CHECK (origin IN ('made', 'imported', 'declared', 'undeclared'));

CREATE UNIQUE INDEX api_key_foreign ON api_key (digest) WHERE is_foreign;
