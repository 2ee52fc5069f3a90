//! The parameters of every question to records, for the document; `query::parse` reads them.

use std::collections::HashMap;

use utoipa::IntoParams;

/// The parameters of a record query that every table has. Each field of the table is a parameter too.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read only by the document; the query reads the parameters itself")]
pub struct RecordQuery {
    /// 返す項目（コンマ区切り） / fields to answer with, comma-separated
    #[param(example = "名称,緯度,経度")]
    select: Option<String>,
    /// 並べ替え（`-` で降順） / order; `-` for descending
    #[param(example = "名称")]
    sort: Option<String>,
    /// 件数の上限（既定 100） / records at most
    #[param(minimum = 0, maximum = 10000, example = 20)]
    limit: Option<u32>,
    /// 先頭から飛ばす件数 / records to leave out at the start
    #[param(minimum = 0, maximum = 1000000000)]
    offset: Option<u32>,
    /// 次のページの位置（`next` にあるもの） / place to go on from, out of `next`
    cursor: Option<String>,
    /// すべての語がレコードの文字のどこかにあるもの（表記の違いは問わない） / words that stand somewhere in the record, however they are written
    #[param(example = "公民館")]
    q: Option<String>,
    /// 条件（CQL2） / condition in CQL2
    #[param(example = "緯度 >= 34.5 AND 名称 LIKE '%公民館%'")]
    filter: Option<String>,
    /// `filter` の書き方（既定 cql2-text） / form of `filter`
    #[param(rename = "filter-lang")]
    filter_lang: Option<String>,
    /// 西,南,東,北（十進度、WGS 84） / box in degrees, WGS 84
    #[param(example = "133.5,34.4,134.2,35.0")]
    bbox: Option<String>,
    /// 地点の緯度（`lon` とともに） / latitude of a place, with `lon`
    #[param(minimum = -90, maximum = 90)]
    lat: Option<f64>,
    /// 地点の経度 / longitude of the place
    #[param(minimum = -180, maximum = 180)]
    lon: Option<f64>,
    /// 地点からの距離（メートル、既定 1000） / metres around the place
    #[param(minimum = 0, maximum = 20040000)]
    radius: Option<f64>,
    /// 総件数を数えるか（exact, none） / whether to count all records
    #[param(example = "exact")]
    count: Option<String>,
    /// 項目名の言語（ja, en） / language of the fields' names in the answer; questions take both
    #[param(example = "en")]
    names: Option<String>,
    /// この日時（日本時間）に開いているもの。`now` は今 / what is open at this date and time in Japan, or `now`
    #[param(example = "2026-11-22T10:00")]
    open_at: Option<String>,
    /// `open_at` と同じ / the same as `open_at`
    #[param(example = "now")]
    open: Option<String>,
    /// 開いているもの（open）、閉まっているもの（closed）、分からないもの（unknown） / open (default), closed, or not said
    #[param(example = "open")]
    open_status: Option<String>,
    /// この日の終わり、またはこの日時（日本時間）の版 / the version of the end of that day, or of a date and time, in Japan
    #[param(example = "2026-04-01")]
    as_of: Option<String>,
    /// この項目の値ごとの集計を返す（横断検索では dataset も） / groups by these fields instead of records
    #[param(example = "名称")]
    group_by: Option<String>,
    /// 集計の内容（count, sum(X), avg(X), min(X), max(X)） / what is asked of each group
    #[param(example = "count")]
    aggregate: Option<String>,
    /// レコードとともに、値ごとの件数を返す項目（JSON だけ） / fields to count by beside the records, in JSON
    #[param(example = "名称")]
    facets: Option<String>,
    /// 質問がどう理解されたかを返す / how the question was understood, instead of its answer
    explain: Option<bool>,
    /// 形式 / format
    format: Option<String>,
    /// CSV に BOM を付けるか（既定 true） / whether CSV begins with a byte-order mark
    bom: Option<bool>,
    /// CSV の文字コード（既定 utf-8）。shift_jis にない文字は 〓 になり、その数が Machikura-Replaced-Characters に入る / encoding of CSV; with shift_jis, characters that it lacks become 〓 and are counted in Machikura-Replaced-Characters
    encoding: Option<String>,
    /// 端末の幅（既定 80）。表（txt）は 10～1000 か、すべての列を表示する 0。地図（map）は 10～400 / columns of the terminal, by default 80: 10 to 1000 for txt, or 0 for all columns of the table; 10 to 400 for map
    #[param(minimum = 0, maximum = 1000)]
    width: Option<u16>,
    /// 複数の表からなるデータセットの表 / table of a dataset of several tables
    table: Option<String>,
    /// エラーの言語（ja, en） / language of errors
    lang: Option<String>,
    /// 項目による条件。`項目=値`、`項目__演算子=値`（ne, lt, lte, gt, gte, contains, startswith, endswith, in, notin, isnull）。in と notin はコンマ区切りで、コンマを含む値は `"…"` で囲む / conditions on fields: each is a parameter of its own, `FIELD=VALUE` or `FIELD__OP=VALUE`; in and notin are comma-separated, with values that hold commas in quotation marks
    #[param(style = Form, explode, example = json!({"名称__contains": "公民館"}))]
    fields: Option<HashMap<String, String>>,
}
