//! Stale answers: what was right when the database last answered, while it does not (RFC 9111, section 4.2.4, and RFC
//! 5861). How old they may be is a setting; they say how old they are, by `Age` and `Warning`.

use std::time::Duration;

use actix_web::http::header::{self, HeaderMap, HeaderValue};

use super::App;
use crate::store::SharedInstant;

/// Something that was right in a state of the catalogue.
pub struct Dated<T> {
    /// What.
    pub value: T,
    state: u64,
    /// When it was last known to be right.
    confirmed: SharedInstant,
}

impl<T> Dated<T> {
    /// Right now, in this state.
    pub fn new(value: T, state: u64) -> Dated<T> {
        Dated { value, state, confirmed: SharedInstant::now() }
    }

    /// Whether it is right in this state too.
    pub fn is_current(&self, state: Option<u64>) -> bool {
        let is_current = state == Some(self.state);
        if is_current {
            self.confirmed.set_now();
        }
        is_current
    }

    /// How long ago it was last known to be right, where it may still be answered without the database.
    pub fn age(&self, app: &App) -> Option<Duration> {
        let confirmed = self.confirmed.elapsed();
        let age = if self.state == app.db.last_state() { confirmed.min(app.db.unheard()) } else { confirmed };
        (age < app.settings.stale).then_some(age)
    }
}

/// Marks a response that only says that there is no database.
pub struct WithoutDatabase;

/// Says of an answer that it is stale.
pub fn mark(headers: &mut HeaderMap, age: Duration) {
    headers.insert(header::AGE, HeaderValue::from(age.as_secs()));
    headers.insert(header::WARNING, HeaderValue::from_static("110 - \"Response is Stale\""));
}
