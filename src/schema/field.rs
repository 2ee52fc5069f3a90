//! One column: its name, kind, marks and limits.

use std::collections::BTreeMap;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::Kind;
use crate::text::Bilingual;

/// One column of a table.
#[derive(Clone, Debug)]
pub struct Field {
    /// 1, 2, 3 … within the table. Stored records are laid out by it, so it never changes and is never reused.
    pub position: usize,
    /// The standard's own name (項目名).
    pub name: String,
    /// English key in snake case.
    pub name_en: String,
    /// What kind of value stands in it.
    pub kind: Kind,
    /// What the field means to checks that look across fields.
    pub role: Option<Role>,
    /// What to write, for people.
    pub description: Bilingual,
    /// An example value.
    pub example: Option<String>,
    /// The standard's mark (区分).
    pub requirement: Requirement,
    /// How sure we are of the mark.
    pub confidence: Confidence,
    /// The character set the standard asks for.
    pub charset: Option<Charset>,
    /// Limits whose breach is an error.
    pub constraints: Constraints,
    /// Limits whose breach is a warning, because the source is uncertain or the limit is only advice.
    pub advice: Constraints,
    /// Name of the code list in `datasets/codes/`.
    pub code_list: Option<String>,
    /// Other headings under which this column is found.
    pub aliases: Vec<String>,
    /// Other spellings of values, and the value meant.
    pub value_aliases: BTreeMap<String, String>,
    /// How many digits a number has that is filled up with leading zeros.
    pub width: Option<usize>,
    /// What separates several values in one cell.
    pub separator: Option<String>,
    /// Unit of measure.
    pub unit: Option<String>,
    /// What an empty cell means.
    pub blank_meaning: Option<String>,
    /// The field of the current edition that this column of an older form turns into.
    pub becomes: Option<String>,
}

impl Field {
    /// The English key, where the field has one: columns of a publisher's own have not.
    pub fn english(&self) -> Option<&str> {
        let is_numbered = self.name_en.strip_prefix("extra_").is_some_and(|rest| rest == self.position.to_string());
        (!self.name_en.is_empty() && !is_numbered).then_some(self.name_en.as_str())
    }

    /// A text column that the standard does not know.
    pub fn extra(name: &str, position: usize) -> Field {
        Field {
            position,
            name: name.to_owned(),
            name_en: format!("extra_{position}"),
            kind: Kind::String,
            role: None,
            description: Bilingual {
                ja: "公開者が加えた列".to_owned(),
                en: "Column added by the publisher".to_owned(),
            },
            example: None,
            requirement: Requirement::Optional,
            confidence: Confidence::High,
            charset: None,
            constraints: Constraints::default(),
            advice: Constraints::default(),
            code_list: None,
            aliases: Vec::new(),
            value_aliases: BTreeMap::new(),
            width: None,
            separator: None,
            unit: None,
            blank_meaning: None,
            becomes: None,
        }
    }
}

/// Limits on the values of a field: the constraints of Table Schema.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Constraints {
    /// No cell may be empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// No two cells may hold the same value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// The only values allowed.
    #[serde(default, rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub enumeration: Vec<String>,
    /// A regular expression for the whole value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
    /// Smallest number allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// Largest number allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// Longest text allowed, in characters.
    #[serde(default, rename = "maxLength", skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
}

impl Constraints {
    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        !self.required
            && !self.unique
            && self.enumeration.is_empty()
            && self.pattern.is_none()
            && self.minimum.is_none()
            && self.maximum.is_none()
            && self.max_length.is_none()
    }
}

/// A regular expression that must fit a whole value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    source: String,
    whole: Regex,
}

impl Pattern {
    /// Whether the whole value fits.
    pub fn matches(&self, value: &str) -> bool {
        self.whole.is_match(value)
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

impl TryFrom<String> for Pattern {
    type Error = regex::Error;

    fn try_from(source: String) -> Result<Pattern, regex::Error> {
        Ok(Pattern { whole: Regex::new(&format!("^(?:{source})$"))?, source })
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> String {
        pattern.source
    }
}

/// The standard's mark: ◎, ○ or none.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Requirement {
    /// ◎ 必須.
    Required,
    /// ○ 推奨.
    Recommended,
    /// No mark, 任意.
    #[default]
    Optional,
}

/// How sure we are of a fact about the standard.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Seen in the official form or document.
    #[default]
    High,
    /// Seen second-hand.
    Medium,
    /// Inferred.
    Low,
}

/// The character set that a field is to be written in.
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Charset {
    /// 半角数字.
    #[serde(rename = "half-width digits")]
    Digits,
    /// 半角英数字.
    #[serde(rename = "half-width alphanumeric")]
    Alphanumeric,
    /// 半角.
    #[serde(rename = "half-width")]
    HalfWidth,
    /// 全角カナ.
    #[serde(rename = "full-width katakana")]
    Katakana,
    /// 全角.
    #[serde(rename = "full-width")]
    FullWidth,
}

/// What a field means to checks that look across fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Code of the body that publishes the table.
    PublisherCode,
    /// Name of that body.
    PublisherName,
    /// Code of the municipality that a row belongs to, whoever publishes it.
    MunicipalityCode,
    /// Code of the municipality where the thing stands.
    LocationCode,
    /// Prefecture of the address.
    Prefecture,
    /// Municipality of the address.
    Municipality,
    /// Town and 丁目 of the address (町字).
    Town,
    /// House number and what follows it (番地以下).
    Block,
    /// Building, floor and room.
    Building,
    /// The whole address in one cell (連結表記).
    JoinedAddress,
    /// An identifier that the publisher numbers as it likes.
    Serial,
    /// Whether a place is meant for one kind of disaster (災害種別).
    Hazard,
    /// What fits no other column (備考).
    Remarks,
    /// The first day of an event.
    EventStartDate,
    /// The last day of an event.
    EventEndDate,
    /// When an event begins.
    EventStartTime,
    /// When an event ends.
    EventEndTime,
    /// Where an event takes place.
    EventPlace,
    /// What an event is about.
    EventDescription,
    /// The page that announces an event.
    EventPage,
}
