//! The road: a request goes through rooms.
