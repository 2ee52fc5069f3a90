//! What the tests of the server share: the server itself with a database of its own, requests, and tables to publish.

pub mod app;
pub mod call;
pub mod database;
pub mod raw;
pub mod separate;
pub mod tables;
pub mod verbatim;
