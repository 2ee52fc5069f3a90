//! machikura (街蔵) checks, publishes and serves the standard open data of Japanese municipalities
//! (自治体標準オープンデータセット).
//!
//! ```text
//!    datasets/*/*.json              uploaded bytes                 request URL
//!            |                          |                             |
//!         standard                   tabular                        query
//!   (registry of schemas)   (decode -> parse -> match header)  (one typed question)
//!            |                          |                             |
//!            +--------> validate <------+                             |
//!                    (rules -> report)                                |
//!                           | Publishable                             |
//!                        publish  ---- one transaction ---->  store <-+
//!                           |                                   |
//!                           +------------> format <-------------+
//!                              (csv | json | xlsx | parquet | …: rows -> bytes)
//!                                           |
//!                       http  (routes, problems, caching)
//! ```
//!
//! Three sentences to begin with:
//! 1. A **schema** is data, not code: checks, storage, queries, output and OpenAPI all read the same [`schema::Schema`].
//! 2. Only a [`validate::Publishable`] can be stored, and only [`validate::check`] makes one.
//! 3. A published **version** never changes, so caching, paging and replacing it in one step are simple.
//!
//! The modules above `server` in the list below are the pure half: no database, no web server, no clock. They compile
//! without the feature `server`. `docs/architecture.md` says where a new standard, rule, format or endpoint goes.

pub mod catalog;
pub mod format;
pub mod holiday;
pub mod municipality;
pub mod query;
pub mod schema;
pub mod standard;
pub mod tabular;
pub mod text;
pub mod validate;
pub mod workbook;

#[cfg(feature = "server")]
pub mod cluster;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod folder;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod publish;
#[cfg(feature = "server")]
pub mod reader;
#[cfg(feature = "server")]
pub mod sample;
#[cfg(feature = "server")]
pub mod store;
