//! The record of what was done, and its hash chain.
