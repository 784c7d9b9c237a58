//! What was acknowledged survives a kill at any instant.
