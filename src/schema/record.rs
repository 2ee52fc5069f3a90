//! A published record: its values as JSON tokens, one a line, in the order of the fields. This is how records are
//! stored and what answers are made from; nothing here parses more than it is asked for.

use std::borrow::Cow;

use super::{Kind, json_token, token_text};

/// One published line of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Id of the data set it stands in; only in answers across organizations.
    pub dataset: Option<String>,
    /// JSON tokens in field order, separated by line breaks (which never stand raw inside a token).
    pub values: String,
    /// The texts of typed fields that are no values of their kind, and therefore `null` among the values: one line a
    /// field, its number from 1, a blank, and the text as a JSON string. `None` in nearly every record.
    pub raw: Option<String>,
    /// Metres from the place that was asked for.
    pub distance_m: Option<f64>,
}

impl Record {
    /// Lays cells out as the `values` of a record. A cell is the kind of its field and its text.
    ///
    /// ```
    /// use machikura::schema::{Kind, Record};
    /// assert_eq!(Record::lay_out([(Kind::String, "岡山市"), (Kind::Integer, ""), (Kind::Integer, "010")]), "\"岡山市\"\nnull\n10");
    /// ```
    pub fn lay_out<'a>(cells: impl IntoIterator<Item = (Kind, &'a str)>) -> String {
        let mut values = String::new();
        for (index, (kind, text)) in cells.into_iter().enumerate() {
            if index > 0 {
                values.push('\n');
            }
            json_token(kind, text, &mut values);
        }
        values
    }

    /// The JSON tokens in field order.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.values.split('\n')
    }

    /// The JSON token of the field with this index; `null` where the record has fewer values than the table has
    /// columns by now.
    pub fn token(&self, field: usize) -> &str {
        self.tokens().nth(field).filter(|token| !token.is_empty()).unwrap_or("null")
    }

    /// The texts that are no values of their fields: the field's index and the text as a JSON token.
    pub fn raw_tokens(&self) -> impl Iterator<Item = (usize, &str)> {
        self.raw.iter().flat_map(|raw| raw.split('\n')).filter_map(|line| {
            let (number, token) = line.split_once(' ')?;
            Some((number.parse::<usize>().ok()?.checked_sub(1)?, token))
        })
    }

    /// The text of the field with this index, empty where there is none.
    pub fn text(&self, field: usize) -> Cow<'_, str> {
        token_text(self.token(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_field() {
        let cells = [(Kind::String, "1行目\n\"2行目\""), (Kind::Latitude, "34.660"), (Kind::Date, "")];
        let record = Record { values: Record::lay_out(cells), ..Record::default() };
        assert_eq!(record.tokens().count(), 3);
        assert_eq!(record.text(0), "1行目\n\"2行目\"");
        assert_eq!(record.token(1), "34.660");
        assert_eq!(record.token(2), "null");
        assert_eq!((record.token(3), record.text(3).as_ref()), ("null", ""), "fewer values than columns");
        assert_eq!(Record::default().token(0), "null");
    }
}
