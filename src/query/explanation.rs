//! How a question was understood, in plain words of both languages. No SQL, no positions: what a reader can check.

use super::grouping::{Aggregate, Grouping, Key};
use super::{Area, Condition, OpenAt, OpenStatus, Operand, Query, Sort, Test};
use crate::holiday;
use crate::schema::{Field, Schema};
use crate::text::Bilingual;

fn both(ja: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual { ja: ja.into(), en: en.into() }
}

impl Query {
    /// Everything that a record must fulfil.
    pub fn conditions_in_words(&self, schema: &Schema) -> Vec<Bilingual> {
        let fields = self.conditions.iter().filter_map(|condition| condition.in_words(schema));
        let words = self.words.iter().map(|word| {
            let spellings = word.spellings.join(" / ");
            both(format!("どこかに「{spellings}」がある"), format!("{spellings} stands somewhere in it"))
        });
        let filter = self.filter.as_ref().map(|_| both("filter の条件を満たす", "fulfils the condition of filter"));
        fields
            .chain(words)
            .chain(filter)
            .chain(self.open.map(|open| open.in_words(schema)))
            .chain(self.area.map(Area::in_words))
            .collect()
    }

    /// The order, most important first. `answered` is the table of the answer: [`Query::answer_schema`].
    pub fn order_in_words(&self, answered: &Schema) -> Vec<Bilingual> {
        let field = |key: &Sort| answered.fields().get(key.field).map(|field| (&field.name, key.descending));
        let keys = self.sort.iter().filter_map(field).map(|(name, descending)| match descending {
            true => {
                both(format!("「{name}」の大きい順（空欄は最後）"), format!("by {name}, largest first, blanks last"))
            }
            false => {
                both(format!("「{name}」の小さい順（空欄は最後）"), format!("by {name}, smallest first, blanks last"))
            }
        });
        let rest = if self.is_by_distance() {
            both("地点から近い順", "nearest first")
        } else {
            both("公開された順", "as published")
        };
        keys.chain(self.grouping.is_none().then_some(rest)).collect()
    }
}

impl Condition {
    fn in_words(&self, schema: &Schema) -> Option<Bilingual> {
        let name = &schema.fields().get(self.field)?.name;
        let compared = |value: &Operand, ja: &str, en: &str| {
            let value = value.as_str();
            both(format!("「{name}」が {value} {ja}"), format!("{name} is {en} {value}"))
        };
        let part = |text: &str, ja: &str, en: &str| {
            both(format!("「{name}」が「{text}」{ja}"), format!("{name} {en} {text:?}"))
        };
        Some(match &self.test {
            Test::In { values, null } => {
                let (ja, en) = list(values, *null);
                both(format!("「{name}」が {ja}"), format!("{name} is {en}"))
            }
            Test::NotIn { values, null } => {
                let (ja, en) = list(values, *null);
                both(format!("「{name}」が {ja} 以外"), format!("{name} is not {en}"))
            }
            Test::Lt(value) => compared(value, "より小さい（前）", "less than (before)"),
            Test::Lte(value) => compared(value, "以下（以前）", "at most (not after)"),
            Test::Gt(value) => compared(value, "より大きい（後）", "more than (after)"),
            Test::Gte(value) => compared(value, "以上（以後）", "at least (not before)"),
            Test::Contains(text) => part(text, "を含む", "contains"),
            Test::StartsWith(text) => part(text, "で始まる", "starts with"),
            Test::EndsWith(text) => part(text, "で終わる", "ends with"),
            Test::IsNull(true) => both(format!("「{name}」が空欄"), format!("{name} is blank")),
            Test::IsNull(false) => both(format!("「{name}」が空欄でない"), format!("{name} is not blank")),
        })
    }
}

/// Values as a list; a long one is cut short.
fn list(values: &[Operand], null: bool) -> (String, String) {
    const SHOWN: usize = 10;
    let mut ja: Vec<String> = values.iter().take(SHOWN).map(|value| format!("「{}」", value.as_str())).collect();
    let mut en: Vec<String> = values.iter().take(SHOWN).map(|value| format!("{:?}", value.as_str())).collect();
    if values.len() > SHOWN {
        ja.push(format!("ほか {} 個", values.len() - SHOWN));
        en.push(format!("{} more", values.len() - SHOWN));
    }
    if null {
        ja.push("空欄".to_owned());
        en.push("blank".to_owned());
    }
    (ja.join("か"), en.join(" or "))
}

impl OpenAt {
    fn in_words(self, schema: &Schema) -> Bilingual {
        let name = |index: usize| schema.fields().get(index).map_or("", |field: &Field| field.name.as_str());
        let fields: Vec<&str> = schema.opening().map_or(Vec::new(), |opening| {
            let (opens, closes) = opening.hours.unzip();
            [opening.days, opens, closes, opening.remarks].into_iter().flatten().map(name).collect()
        });
        let time = self.at.strftime("%Y-%m-%d %H:%M");
        let weekday = ["月", "火", "水", "木", "金", "土", "日"]
            [usize::try_from(self.at.date().weekday().to_monday_zero_offset()).unwrap_or_default()];
        let (holiday_ja, holiday_en) = holiday::name(self.at.date())
            .map_or_else(Default::default, |holiday| (format!("、{}", holiday.ja), format!(", {}", holiday.en)));
        let (status_ja, status_en) = match self.status {
            OpenStatus::Open => ("開いている", "open"),
            OpenStatus::Closed => ("閉まっている", "closed"),
            OpenStatus::Unknown => ("開いているか書かれていない", "not said to be open or closed"),
        };
        both(
            format!("日本時間 {time}（{weekday}{holiday_ja}）に{status_ja}（{} による）", fields.join("・")),
            format!(
                "{status_en} at {time} Japan time ({}{holiday_en}), as {} say",
                self.at.strftime("%A"),
                fields.join(", ")
            ),
        )
    }
}

impl Area {
    fn in_words(self) -> Bilingual {
        match self {
            Area::Box { west, south, east, north } => both(
                format!("経度 {west}～{east}、緯度 {south}～{north} の範囲"),
                format!("between longitudes {west} and {east} and latitudes {south} and {north}"),
            ),
            Area::Near { latitude, longitude, radius_m: Some(radius) } => both(
                format!("北緯 {latitude} 度、東経 {longitude} 度の地点から {radius} メートル以内"),
                format!("within {radius} metres of {latitude}, {longitude}"),
            ),
            Area::Near { latitude, longitude, radius_m: None } => both(
                format!("北緯 {latitude} 度、東経 {longitude} 度の地点からの距離が分かる"),
                format!("at a known distance from {latitude}, {longitude}"),
            ),
        }
    }
}

impl Grouping {
    /// What records are grouped by, and what is asked of each group.
    pub fn in_words(&self, schema: &Schema) -> Bilingual {
        let keys: Vec<&str> = self.keys.iter().map(|key: &Key| key.name(schema)).collect();
        let columns = self.schema(schema);
        let aggregates: Vec<&str> = self
            .aggregates
            .iter()
            .zip(columns.fields().iter().skip(self.keys.len()))
            .map(|(aggregate, column)| match aggregate {
                Aggregate::Count => "count",
                Aggregate::Of(..) => column.name.as_str(),
            })
            .collect();
        let (by_ja, by_en) = if keys.is_empty() {
            ("全体をまとめて".to_owned(), "over all records together".to_owned())
        } else {
            (format!("「{}」ごとに", keys.join("」「")), format!("for each {}", keys.join(", ")))
        };
        both(format!("{by_ja} {} を求める", aggregates.join("、")), format!("{} {by_en}", aggregates.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use crate::query::tests::{parsed, schema};

    #[test]
    fn conditions_and_orders_in_words() {
        for (question, ja, en) in [
            ("名称=A", "「名称」が 「A」", r#"名称 is "A""#),
            ("名称__in=A,B,", "「名称」が 「A」か「B」か空欄", r#"名称 is "A" or "B" or blank"#),
            ("定員__ne=5", "「定員」が 「5」 以外", r#"定員 is not "5""#),
            ("定員__gte=10", "「定員」が 10 以上（以後）", "定員 is at least (not before) 10"),
            ("名称__contains=市", "「名称」が「市」を含む", r#"名称 contains "市""#),
            ("名称__isnull=true", "「名称」が空欄", "名称 is blank"),
            ("bbox=1,2,3,4", "経度 1～3、緯度 2～4 の範囲", "between longitudes 1 and 3 and latitudes 2 and 4"),
        ] {
            let words = parsed(question).conditions_in_words(&schema());
            assert_eq!((words.len(), words[0].ja.as_str(), words[0].en.as_str()), (1, ja, en), "{question}");
        }
        let order = |question: &str| parsed(question).order_in_words(&schema()).into_iter().map(|words| words.en);
        assert_eq!(order("sort=-定員").collect::<Vec<_>>(), ["by 定員, largest first, blanks last", "as published"]);
        assert_eq!(order("lat=34&lon=133").collect::<Vec<_>>(), ["nearest first"]);
        let grouping = parsed("group_by=名称&aggregate=count,sum(定員)").grouping.unwrap().in_words(&schema());
        assert_eq!(grouping.ja, "「名称」ごとに count、sum(定員) を求める");
        assert_eq!(grouping.en, "count, sum(定員) for each 名称");
    }
}
