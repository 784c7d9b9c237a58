//! What is revoked is refused within a second; what is narrowed likewise.
