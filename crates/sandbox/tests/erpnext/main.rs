//! The ERPNext look-alike, asked as its clients ask it, without sockets.

#[cfg(test)]
mod lists;
#[cfg(test)]
mod rest;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod site;
