//! The server over real sockets, each test with a database of its own. The files are named as the addresses.
#![cfg(feature = "server")]

#[path = "../support/mod.rs"]
mod support;

mod across;
mod atomicity;
mod places;
mod publish;
mod publish_refused;
mod records;
