//! The traits of everything that is kept.
