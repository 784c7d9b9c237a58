-- In which way a key signs, and with what: a sealed secret, or a public key; none for a scheme
-- whose secret is sent beside the signature.

ALTER TABLE api_key ADD COLUMN signing TEXT;
ALTER TABLE api_key ADD COLUMN signing_secret BLOB;
ALTER TABLE api_key ADD COLUMN signing_key BLOB CHECK (length(signing_key) = 32);

-- What was signed once and must not be taken again: `mark` is a digest. Nothing here concerns
-- running gateways: `change` is not bumped.

CREATE TABLE nonce (
    key  TEXT NOT NULL,
    mark BLOB NOT NULL CHECK (length(mark) = 32),
    ends INTEGER NOT NULL,
    PRIMARY KEY (key, mark)
) STRICT, WITHOUT ROWID;

CREATE INDEX nonce_ends ON nonce (ends);
