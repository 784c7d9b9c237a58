//! What the policy allows and refuses, from outside.

#[cfg(test)]
mod after;
#[cfg(test)]
mod approval;
#[cfg(test)]
mod both;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod common;
#[cfg(test)]
mod companies_only;
#[cfg(test)]
mod copies;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod field_permissions;
#[cfg(test)]
mod frappe;
#[cfg(test)]
mod frappe_faces;
#[cfg(test)]
mod frappe_saves;
#[cfg(test)]
mod frappe_tables;
#[cfg(test)]
mod learn;
#[cfg(test)]
mod links;
#[cfg(test)]
mod lint;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod masks;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod monitor;
#[cfg(test)]
mod personal;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod real;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod same;
#[cfg(test)]
mod traps;
#[cfg(test)]
mod two_links;
#[cfg(test)]
mod writes;
