-- What one caller may keep is bounded: the sessions of a key, and the bytes of its answers.

CREATE INDEX session_key ON session (key, seen);

ALTER TABLE claim ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
UPDATE claim SET bytes = length(answer) WHERE answer IS NOT NULL;
CREATE INDEX claim_bytes ON claim (caller, claimed, bytes) WHERE bytes > 0;
