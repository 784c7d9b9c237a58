//! The roles that the demo ships.
