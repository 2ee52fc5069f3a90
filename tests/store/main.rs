//! The store against a real PostgreSQL.
#![cfg(feature = "server")]

#[path = "../support/database.rs"]
mod database;

mod across;
mod beside;
mod common;
mod comparison;
mod connections;
mod evaluate;
mod formula;
mod groups;
mod hostile;
mod lists;
mod open;
mod places;
mod publications;
mod questions;
mod random;
mod replicas;
