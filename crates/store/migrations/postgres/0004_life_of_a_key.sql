-- The life of a key. `networks` and `styles` are lists separated by one space; empty: no such
-- condition. `certificate` is the SHA-256 of a client certificate's public key. `successor` is
-- the key that takes over; the old one lives on until it expires. A key that was `resumed` counts
-- as used then, so that it is not suspended again at once.

ALTER TABLE api_key ADD COLUMN owner TEXT;
ALTER TABLE api_key ADD COLUMN purpose TEXT;
ALTER TABLE api_key ADD COLUMN networks TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN styles TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN must_sign BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE api_key ADD COLUMN suspended BIGINT;
ALTER TABLE api_key ADD COLUMN resumed BIGINT;
ALTER TABLE api_key ADD COLUMN exposed BIGINT;
ALTER TABLE api_key ADD COLUMN successor TEXT;
ALTER TABLE api_key ADD COLUMN certificate BYTEA CHECK (length(certificate) = 32);

CREATE UNIQUE INDEX api_key_certificate ON api_key (certificate) WHERE certificate IS NOT NULL AND revoked IS NULL;

-- When, from where and in which dialect a key was used last. Nothing here concerns running
-- gateways: `change` is not bumped.

CREATE TABLE key_use (
    key     TEXT COLLATE "C" PRIMARY KEY,
    at      BIGINT NOT NULL,
    address TEXT NOT NULL,
    dialect TEXT NOT NULL
);
