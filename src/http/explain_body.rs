//! The answer to `explain=true`, as clients see it.

use serde::Serialize;

use crate::holiday;
use crate::query::{Area, OpenAt};
use crate::schema::{Field, Kind};
use crate::text::Bilingual;

/// 質問がどう理解されたか（explain=true） / how a question was understood
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExplanationBody {
    /// 尋ねたもの / what was asked
    pub resource: String,
    /// 何番目の公開までのデータか / the publication whose records these are
    pub serial: i64,
    /// 表の数 / tables
    pub tables: usize,
    /// そのすべてのレコードの数 / records in all of them
    pub records: u64,
    /// as_of の日時 / time of as_of
    pub as_of: Option<String>,
    /// すべてを満たすものが返る / what a record must fulfil, all of it
    pub conditions: Vec<TextsBody>,
    /// filter の文 / text of filter
    pub filter: Option<String>,
    /// q の語ごとの、同じとみなす書き方 / for each word of q the spellings that count as the same
    pub words: Vec<Vec<String>>,
    /// 条件に使われた項目 / fields of the conditions
    pub fields: Vec<ExplainedFieldBody>,
    /// 範囲 / area
    pub area: Option<AreaBody>,
    /// open_at の日時 / time of open_at
    pub open: Option<OpenBody>,
    /// 集計 / groups
    pub group_by: Option<TextsBody>,
    /// facets の項目 / fields of facets
    pub facets: Vec<String>,
    /// 並び順 / order
    pub order: Vec<TextsBody>,
    /// 返す項目 / fields of the answer
    pub select: Option<Vec<String>>,
    /// 項目名の言語 / language of the fields' names
    pub names: &'static str,
    /// 件数の上限 / records at most
    pub limit: usize,
    /// 先頭から飛ばす件数 / records left out at the start
    pub offset: usize,
    /// 前のページの続きか / whether it goes on from a page before
    pub continues: bool,
    /// 総件数を数えるか / whether all records are counted
    pub count: &'static str,
    /// 形式 / format
    pub format: &'static str,
    /// 何を見て答えるか / what is looked at for the answer
    pub answered_from: TextsBody,
    /// 同じ質問の、いつも同じ書き方のアドレス / address of the same question, always written the same
    pub canonical: String,
}

/// 二つの言語の文 / a text in both languages
#[derive(Serialize, utoipa::ToSchema)]
pub struct TextsBody {
    /// 日本語 / Japanese
    pub ja: String,
    /// 英語 / English
    pub en: String,
}

impl From<Bilingual> for TextsBody {
    fn from(text: Bilingual) -> TextsBody {
        TextsBody { ja: text.ja, en: text.en }
    }
}

/// 条件に使われた項目 / a field of the question
#[derive(Serialize, utoipa::ToSchema)]
pub struct ExplainedFieldBody {
    /// 名前 / name
    pub name: String,
    /// 英語の名前 / name in English
    pub name_en: Option<String>,
    /// 値の種類 / kind of value
    #[schema(value_type = String)]
    pub kind: Kind,
}

impl From<&Field> for ExplainedFieldBody {
    fn from(field: &Field) -> ExplainedFieldBody {
        ExplainedFieldBody { name: field.name.clone(), name_en: field.english().map(str::to_owned), kind: field.kind }
    }
}

/// 範囲 / an area
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum AreaBody {
    /// 西,南,東,北 / a box
    Box {
        /// 西,南,東,北 / west, south, east, north
        bbox: [f64; 4],
    },
    /// 地点の周り / around a place
    Near {
        /// 緯度 / latitude
        lat: f64,
        /// 経度 / longitude
        lon: f64,
        /// メートル。ないときは限りなし / metres; null: however far
        radius: Option<f64>,
    },
}

impl From<Area> for AreaBody {
    fn from(area: Area) -> AreaBody {
        match area {
            Area::Box { west, south, east, north } => AreaBody::Box { bbox: [west, south, east, north] },
            Area::Near { latitude, longitude, radius_m } => {
                AreaBody::Near { lat: latitude, lon: longitude, radius: radius_m }
            }
        }
    }
}

/// 開いている日時の条件 / a time of opening
#[derive(Serialize, utoipa::ToSchema)]
pub struct OpenBody {
    /// 日本時間 / time in Japan
    pub at: String,
    /// open、closed、unknown のどれか / open, closed or unknown
    pub status: &'static str,
    /// 祝日の名前 / name of the public holiday
    pub holiday: Option<TextsBody>,
}

impl From<OpenAt> for OpenBody {
    fn from(open: OpenAt) -> OpenBody {
        let holiday = holiday::name(open.at.date());
        OpenBody {
            at: open.at.strftime("%Y-%m-%dT%H:%M").to_string(),
            status: open.status.name(),
            holiday: holiday.map(|name| TextsBody { ja: name.ja.to_owned(), en: name.en.to_owned() }),
        }
    }
}
