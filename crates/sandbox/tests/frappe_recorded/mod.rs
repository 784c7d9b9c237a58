//! The recorded exchanges with a real ERPNext: read, replayed, compared.

pub(crate) mod shape;
pub(crate) mod site;
pub(crate) mod transcript;
