//! The server over real sockets, each test with a database of its own. The files are named as the addresses.
#![cfg(feature = "server")]

#[path = "../support/mod.rs"]
mod support;

mod across;
mod addresses;
mod as_of;
mod atomicity;
mod client;
mod datasets;
mod downloads;
mod explain;
mod exposure;
mod filter;
mod fix;
mod formats;
mod framing;
mod groups;
mod guard;
mod hints;
mod kept_answers;
mod log;
mod names;
mod new_standard;
mod older;
mod open;
mod organizations;
mod outage;
mod overload;
mod places;
mod prepared;
mod problems;
mod publish;
mod publish_as_is;
mod publish_fixed;
mod publish_refused;
mod records;
mod service;
mod slow_clients;
mod stale;
mod standards;
mod validate;
