//! The server over real sockets, each test with a database of its own. The files are named as the addresses.
#![cfg(feature = "server")]

#[path = "../support/mod.rs"]
mod support;

mod across;
mod as_of;
mod atomicity;
mod datasets;
mod downloads;
mod explain;
mod filter;
mod fix;
mod formats;
mod groups;
mod guard;
mod hints;
mod kept_answers;
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
mod stale;
mod standards;
mod validate;
