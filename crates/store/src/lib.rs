//! SQLite store, journal files, sealing.
