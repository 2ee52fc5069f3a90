//! `as_of`: records as they were at a time.

use actix_web::web;
use jiff::Timestamp;

use super::App;
use super::parameters::Parameters;
use super::problem::Problem;
use super::resolve::Of;
use crate::query;
use crate::store::catalog;

/// The time that is asked for, where one is.
#[derive(Clone, Copy, Debug)]
pub struct AsOf {
    /// What was current then; `None`: what is current.
    pub time: Option<Timestamp>,
    /// When the question was asked.
    pub now: Timestamp,
}

impl AsOf {
    /// Reads the parameter.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(parameters: &Parameters) -> Result<AsOf, Problem> {
        let time = query::as_of(parameters.pairs()).map_err(Problem::parameters)?;
        Ok(AsOf { time, now: Timestamp::now() })
    }

    /// A version is what it is, at whatever time.
    ///
    /// # Errors
    /// 400 where both are named.
    pub fn fits(self, of: &Of) -> Result<(), Problem> {
        match (self.time, of) {
            (Some(time), Of::Dataset { number: Some(_), .. }) => Err(Problem::parameter(
                "as_of",
                &time.to_string(),
                "版の番号と as_of は同時に使えません。",
                "as_of cannot be used together with the number of a version.",
            )
            .hint("どちらか一つにしてください。", "Keep one of them.")),
            _ => Ok(()),
        }
    }

    /// The newest publication that there was at the time.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn serial(self, app: &web::Data<App>) -> Result<Option<i64>, Problem> {
        let Some(time) = self.time else { return Ok(None) };
        let serial = app.db.read(move |connection| catalog::serial_at(connection, time).map_err(Problem::from));
        serial.await.map(Some)
    }

    /// A walk that began earlier goes on with what was current then, unless a time is named that is over.
    ///
    /// # Errors
    /// 400 for a cursor of another version.
    pub fn may_go_back(self, parameters: &Parameters) -> Result<(), Problem> {
        if self.time.is_none_or(|time| time > self.now) {
            return Ok(());
        }
        Err(Problem::parameter(
            "cursor",
            &parameters.get("cursor").unwrap_or_default().chars().take(100).collect::<String>(),
            "この cursor は、as_of の時点とは別の版のものです。",
            "This cursor belongs to another version than that of as_of.",
        )
        .hint(
            "as_of を変えたときは、cursor を外して最初のページから読んでください。",
            "After changing as_of start again without cursor.",
        ))
    }
}
