//! 全国地方公共団体コード: which code is which body. The table stands in `datasets/municipalities.csv`.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use crate::schema::municipality_check_digit;

/// A prefecture, a municipality, or a ward of a designated city.
#[derive(Clone, Debug, PartialEq)]
pub struct Municipality {
    /// Six digits, the last a check digit.
    pub code: String,
    /// Its prefecture, e.g. 岡山県.
    pub prefecture: String,
    /// Its name without the prefecture; empty for a prefecture itself.
    pub municipality: String,
    /// The prefecture's reading in full-width katakana.
    pub prefecture_kana: String,
    /// The municipality's reading in full-width katakana.
    pub municipality_kana: String,
    /// What it is.
    pub kind: MunicipalityKind,
    /// Latitude and longitude of its chief place in degrees, to about 100 m (GeoNames, CC BY 4.0); unknown for
    /// prefectures, wards and a few small places.
    pub centre: Option<(f64, f64)>,
}

/// What kind of body a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MunicipalityKind {
    /// 都道府県.
    Prefecture,
    /// 市区町村.
    Municipality,
    /// A ward of a 政令指定都市.
    Ward,
}

impl Municipality {
    /// The name people use: the municipality, or the prefecture where it is one.
    pub fn name(&self) -> &str {
        if self.municipality.is_empty() { &self.prefecture } else { &self.municipality }
    }

    /// The reading of [`Municipality::name`].
    pub fn kana(&self) -> &str {
        if self.municipality.is_empty() { &self.prefecture_kana } else { &self.municipality_kana }
    }

    /// Prefecture and municipality in one, e.g. 岡山県岡山市.
    pub fn full_name(&self) -> String {
        format!("{}{}", self.prefecture, self.municipality)
    }

    /// Whether this body may publish rows of another one: itself, its wards, and for a prefecture all within it.
    pub fn covers(&self, other: &Municipality) -> bool {
        match self.kind {
            MunicipalityKind::Prefecture => self.prefecture == other.prefecture,
            MunicipalityKind::Municipality | MunicipalityKind::Ward => {
                self.prefecture == other.prefecture && other.municipality.starts_with(&self.municipality)
            }
        }
    }
}

/// The body with this six-digit code.
pub fn find(code: &str) -> Option<&'static Municipality> {
    TABLE.get(code)
}

/// The body meant by a code of five or six digits.
pub fn find_any(code: &str) -> Option<&'static Municipality> {
    if code.len() == 5 {
        return find(&format!("{code}{}", municipality_check_digit(code)?));
    }
    find(code)
}

/// The name of a local government as its prefecture and what follows; the prefecture is empty where the name does not
/// begin with one.
///
/// ```
/// # use machikura::municipality::split;
/// assert_eq!(split("岡山県岡山市"), ("岡山県", "岡山市"));
/// assert_eq!(split("東京都"), ("東京都", ""));
/// assert_eq!(split("岡山市"), ("", "岡山市"));
/// ```
pub fn split(name: &str) -> (&str, &str) {
    // Three characters or four.
    let prefecture = [9, 12].into_iter().find(|length| name.get(..*length).is_some_and(|it| PREFECTURES.contains(it)));
    name.split_at(prefecture.unwrap_or(0))
}

static PREFECTURES: LazyLock<HashSet<&str, RandomState>> = LazyLock::new(|| {
    let prefectures = TABLE.values().filter(|body| body.kind == MunicipalityKind::Prefecture);
    prefectures.map(|body| body.prefecture.as_str()).collect()
});

/// Every body, in no order.
pub fn all() -> impl Iterator<Item = &'static Municipality> {
    TABLE.values()
}

/// The municipality or ward of a prefecture whose name a text begins with, 郡 before it or not, and what follows the
/// name; of several the one with the longest name (a ward before its city).
///
/// ```
/// use machikura::municipality::at_start_of;
/// let (body, rest) = at_start_of("玖珂郡和木町瀬田1-1", "山口県").expect("it begins with a town");
/// assert_eq!((body.name(), rest), ("和木町", "瀬田1-1"));
/// ```
pub fn at_start_of<'t>(text: &'t str, prefecture: &str) -> Option<(&'static Municipality, &'t str)> {
    let in_county = text.char_indices().take(8).find(|(_, character)| *character == '郡');
    let county = in_county.map(|(at, character)| &text[at + character.len_utf8()..]);
    all()
        .filter(|body| body.kind != MunicipalityKind::Prefecture && body.prefecture == prefecture)
        .filter_map(|body| {
            let is_in_county = body.municipality.ends_with(['町', '村']);
            let rest = text.strip_prefix(&body.municipality);
            let rest = rest.or_else(|| county.filter(|_| is_in_county)?.strip_prefix(&body.municipality));
            Some((body, rest?))
        })
        .max_by_key(|(body, _)| body.municipality.len())
}

static TABLE: LazyLock<HashMap<String, Municipality, RandomState>> = LazyLock::new(|| {
    let mut reader = csv::Reader::from_reader(include_str!("../datasets/municipalities.csv").as_bytes());
    let mut table = HashMap::with_capacity_and_hasher(2048, RandomState::default());
    for row in reader.records() {
        let row = row.expect("the embedded table is a sound CSV file");
        let cell = |index: usize| row.get(index).unwrap_or_default().to_owned();
        let kind = match row.get(5).unwrap_or_default() {
            "prefecture" => MunicipalityKind::Prefecture,
            "ward_of_designated_city" => MunicipalityKind::Ward,
            _ => MunicipalityKind::Municipality,
        };
        let municipality = Municipality {
            code: cell(0),
            prefecture: cell(1),
            municipality: cell(2),
            prefecture_kana: cell(3),
            municipality_kana: cell(4),
            kind,
            centre: cell(7).parse().ok().zip(cell(8).parse().ok()),
        };
        table.insert(cell(0), municipality);
    }
    table
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_check_digit() {
        assert!(TABLE.len() > 1_900);
        for code in TABLE.keys() {
            assert_eq!(municipality_check_digit(&code[..5]), code.chars().last(), "{code}");
        }
    }

    #[test]
    fn most_municipalities_have_a_centre_in_japan() {
        let centres: Vec<(f64, f64)> = TABLE.values().filter_map(|body| body.centre).collect();
        assert!(centres.len() > 1_600);
        assert!(centres.iter().all(|(lat, lon)| (24.0..46.0).contains(lat) && (122.9..146.0).contains(lon)));
        assert_eq!(find("331007").and_then(|okayama| okayama.centre), Some((34.65, 133.933)));
    }

    #[test]
    fn a_city_covers_its_wards_and_a_prefecture_its_cities() {
        let okayama_city = find("331007").expect("in the table");
        let okayama = find("330001").expect("in the table");
        let ward = find_any("33101").expect("in the table");
        assert_eq!(okayama_city.full_name(), "岡山県岡山市");
        assert!(okayama_city.covers(ward) && okayama.covers(ward) && okayama.covers(okayama_city));
        assert!(!okayama_city.covers(okayama) && !okayama_city.covers(find("332020").expect("in the table")));
    }
}
