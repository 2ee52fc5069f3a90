//! The kinds of value that the standard knows. For each: is a text such a value, and if not, which value was meant
//! beyond doubt? One file per family of kinds under `kind/`.

mod codes;
mod contact;
mod date;
mod number;
mod phone;
mod time;
mod weekday;

pub use codes::municipality_check_digit;
pub use number::{Decimal, shortest};

use serde::{Deserialize, Serialize};

use super::ValueError;

/// What kind of value a field holds.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Free text.
    String,
    /// A whole number, without unit or separators.
    Integer,
    /// A decimal number, without unit or separators.
    Number,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// A time of day, `hh:mm`.
    Time,
    /// A yes or no in the standard's own words (有/無, 1/blank).
    Flag,
    /// One of a list of words.
    Enum,
    /// An identifier in digits and letters whose leading zeros count.
    Code,
    /// 全国地方公共団体コード: six digits, the last a check digit.
    MunicipalityCode,
    /// A Japanese telephone number with area code.
    Phone,
    /// A postal code of seven digits.
    PostalCode,
    /// An `http` or `https` address.
    Url,
    /// An e-mail address.
    Email,
    /// Degrees north, WGS 84.
    Latitude,
    /// Degrees east, WGS 84.
    Longitude,
    /// 法人番号: thirteen digits, the first a check digit.
    CorporateNumber,
    /// Days of the week as a run of 月火水木金土日.
    WeekdayList,
}

/// How values of a kind are ordered and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// By code point. Dates and times in their standard form sort rightly this way too.
    Text,
    /// By size.
    Number,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 17] = [
        Kind::String,
        Kind::Integer,
        Kind::Number,
        Kind::Date,
        Kind::Time,
        Kind::Flag,
        Kind::Enum,
        Kind::Code,
        Kind::MunicipalityCode,
        Kind::Phone,
        Kind::PostalCode,
        Kind::Url,
        Kind::Email,
        Kind::Latitude,
        Kind::Longitude,
        Kind::CorporateNumber,
        Kind::WeekdayList,
    ];

    /// The type of Table Schema (<https://specs.frictionlessdata.io/table-schema/>).
    pub fn table_schema_type(self) -> &'static str {
        match self {
            Kind::Integer => "integer",
            Kind::Number | Kind::Latitude | Kind::Longitude => "number",
            Kind::Date => "date",
            Kind::Time => "time",
            Kind::String
            | Kind::Flag
            | Kind::Enum
            | Kind::Code
            | Kind::MunicipalityCode
            | Kind::Phone
            | Kind::PostalCode
            | Kind::Url
            | Kind::Email
            | Kind::CorporateNumber
            | Kind::WeekdayList => "string",
        }
    }

    /// The format of Table Schema, where it is not the default one.
    pub fn table_schema_format(self) -> Option<&'static str> {
        (self == Kind::Time).then_some("%H:%M")
    }

    /// Whether values are more than text: Table Schema has a type of its own for them.
    pub fn is_typed(self) -> bool {
        self.table_schema_type() != "string"
    }

    /// How values compare.
    pub fn comparison(self) -> Comparison {
        match self.table_schema_type() {
            "integer" | "number" => Comparison::Number,
            _ => Comparison::Text,
        }
    }

    /// Whether values are written in half-width characters only, whatever the schema says.
    pub fn is_half_width(self) -> bool {
        match self {
            Kind::String | Kind::Flag | Kind::Enum | Kind::WeekdayList => false,
            Kind::Integer
            | Kind::Number
            | Kind::Date
            | Kind::Time
            | Kind::Code
            | Kind::MunicipalityCode
            | Kind::Phone
            | Kind::PostalCode
            | Kind::Url
            | Kind::Email
            | Kind::Latitude
            | Kind::Longitude
            | Kind::CorporateNumber => true,
        }
    }

    /// Whether a trimmed, non-empty text is a value of this kind in the standard's form.
    ///
    /// # Errors
    /// [`ValueError`]: what is wrong with it.
    pub fn check(self, text: &str) -> Result<(), ValueError> {
        match self {
            Kind::String | Kind::Flag | Kind::Enum | Kind::Code => Ok(()),
            Kind::Integer => number::check_integer(text),
            Kind::Number | Kind::Latitude | Kind::Longitude => number::check(text),
            Kind::Date => date::check(text),
            Kind::Time => time::check(text),
            Kind::MunicipalityCode => codes::check_municipality(text),
            Kind::CorporateNumber => codes::check_corporate(text),
            Kind::Phone => phone::check(text),
            Kind::PostalCode => contact::check_postal(text),
            Kind::Url => contact::check_url(text),
            Kind::Email => contact::check_email(text),
            Kind::WeekdayList => weekday::check(text),
        }
    }

    /// The value that a text in another form means beyond doubt, in the standard's form. `None` where there is doubt,
    /// or where the kind has no other forms. The text is trimmed and, for half-width kinds, narrowed.
    pub fn normalise(self, text: &str) -> Option<String> {
        match self {
            Kind::String | Kind::Flag | Kind::Enum | Kind::Code | Kind::MunicipalityCode => None,
            Kind::Integer => number::normalise_integer(text),
            Kind::Number => number::normalise(text),
            Kind::Latitude | Kind::Longitude => number::normalise_degrees(text),
            Kind::Date => date::normalise(text),
            Kind::Time => time::normalise(text),
            Kind::CorporateNumber => codes::normalise_corporate(text),
            Kind::Phone => phone::normalise(text),
            Kind::PostalCode => contact::normalise_postal(text),
            Kind::Url => contact::normalise_url(text),
            Kind::Email => contact::normalise_email(text),
            Kind::WeekdayList => weekday::normalise(text),
        }
    }

    /// The value that a text probably means, where [`Kind::normalise`] finds too much doubt: a rule can be wrong here, so
    /// somebody should look. `None` where nothing is near. The text is trimmed and, for half-width kinds, narrowed.
    pub fn propose(self, text: &str) -> Option<String> {
        match self {
            Kind::String
            | Kind::Flag
            | Kind::Enum
            | Kind::Code
            | Kind::MunicipalityCode
            | Kind::CorporateNumber
            | Kind::Latitude
            | Kind::Longitude
            | Kind::PostalCode => None,
            Kind::Integer => number::propose_integer(text),
            Kind::Number => number::propose(text),
            Kind::Date => date::propose(text),
            Kind::Time => time::propose(text),
            Kind::Phone => phone::propose(text),
            Kind::Url => contact::propose_url(text),
            Kind::Email => contact::propose_email(text),
            Kind::WeekdayList => weekday::propose(text),
        }
    }

    /// Whether machines compute with the values: one in another form is then an error, and not only untidy.
    pub fn is_computed(self) -> bool {
        match self {
            Kind::Integer
            | Kind::Number
            | Kind::Date
            | Kind::Time
            | Kind::MunicipalityCode
            | Kind::Latitude
            | Kind::Longitude
            | Kind::CorporateNumber => true,
            Kind::String
            | Kind::Flag
            | Kind::Enum
            | Kind::Code
            | Kind::Phone
            | Kind::PostalCode
            | Kind::Url
            | Kind::Email
            | Kind::WeekdayList => false,
        }
    }
}
