//! The server over real sockets, each test with a database of its own. The files are named as the addresses.
#![cfg(feature = "server")]

#[path = "../support/mod.rs"]
mod support;

mod across;
mod atomicity;
mod datasets;
mod downloads;
mod filter;
mod fix;
mod formats;
mod guard;
mod new_standard;
mod older;
mod organizations;
mod places;
mod problems;
mod publish;
mod publish_as_is;
mod publish_fixed;
mod publish_refused;
mod records;
mod service;
mod standards;
mod validate;
