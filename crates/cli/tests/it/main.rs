//! The program as users run it: real processes, real sockets, real dialects.

mod demo;
mod kill;
mod narrow;
mod refusals;
mod revoke;
mod serve;
mod strangers;
