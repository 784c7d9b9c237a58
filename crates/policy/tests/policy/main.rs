//! What the policy allows and refuses, from outside.

mod common;
mod companies_only;
mod demo;
mod frappe;
mod links;
mod matrix;
mod properties;
mod roles;
mod writes;
