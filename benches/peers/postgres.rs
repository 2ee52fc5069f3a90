//! Statements to the bench's own PostgreSQL, for the peers that keep their rows there.

use std::error::Error;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use machikura::cluster::Cluster;

/// Runs statements in a database of the cluster.
pub(super) fn execute(cluster: &Cluster, database: &str, statements: &str) -> Result<(), Box<dyn Error>> {
    Ok(PgConnection::establish(&cluster.url(database))?.batch_execute(statements)?)
}
