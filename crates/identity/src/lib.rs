//! Who is calling: principals, credentials, keys.
