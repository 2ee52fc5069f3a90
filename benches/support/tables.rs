//! A table to measure with: AED rows that are different from one another and the same each time.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use machikura::municipality::{self, Municipality};

/// The columns of 自治体標準オープンデータセット, AED.
pub const HEADING: [&str; 34] = [
    "全国地方公共団体コード",
    "ID",
    "地方公共団体名",
    "名称",
    "名称_カナ",
    "名称_英字",
    "所在地_全国地方公共団体コード",
    "町字ID",
    "所在地_連結表記",
    "所在地_都道府県",
    "所在地_市区町村",
    "所在地_町字",
    "所在地_番地以下",
    "建物名等(方書)",
    "緯度",
    "経度",
    "高度の種別",
    "高度の値",
    "設置位置",
    "電話番号",
    "内線番号",
    "連絡先メールアドレス",
    "連絡先FormURL",
    "連絡先備考(その他、SNSなど)",
    "郵便番号",
    "法人番号",
    "団体名",
    "利用可能曜日",
    "開始時間",
    "終了時間",
    "利用可能日時特記事項",
    "小児対応設備の有無",
    "URL",
    "備考",
];

/// The same table as UTF-8 and as Excel writes it.
pub fn write(folder: &Path, rows: usize) -> io::Result<()> {
    let mut bodies: Vec<&Municipality> = municipality::all().filter(|body| body.centre.is_some()).collect();
    bodies.sort_by(|one, other| one.code.cmp(&other.code));
    let mut utf8 = csv::Writer::from_writer(BufWriter::new(File::create(folder.join("utf8.csv"))?));
    let mut cp932 = BufWriter::new(File::create(folder.join("cp932.csv"))?);
    let mut line = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    utf8.write_record(HEADING)?;
    line.write_record(HEADING)?;
    for number in 0..rows {
        let body = bodies[number / 600 % bodies.len()];
        let mut cells = row(number, body);
        if number % 100 == 99 {
            spoil(number / 100, &mut cells);
        }
        utf8.write_record(&cells)?;
        line.write_record(&cells)?;
        if number % 1_000 == 999 || number + 1 == rows {
            let text = line.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
            cp932.write_all(&encoding_rs::SHIFT_JIS.encode(std::str::from_utf8(&text).expect("UTF-8")).0)?;
            line = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        }
    }
    utf8.flush()?;
    cp932.flush()
}

/// A row without a fault, different from all others.
pub fn row(number: usize, body: &Municipality) -> Vec<String> {
    const TOWNS: [(&str, &str, &str); 6] = [
        ("緑町", "ミドリチョウ", "Midoricho"),
        ("千代田", "チヨダ", "Chiyoda"),
        ("東山", "ヒガシヤマ", "Higashiyama"),
        ("高砂", "タカサゴ", "Takasago"),
        ("藤塚", "フジツカ", "Fujitsuka"),
        ("柳田", "ヤナギダ", "Yanagida"),
    ];
    const KINDS: [(&str, &str, &str); 5] = [
        ("小学校", "ショウガッコウ", "Elementary School"),
        ("市民センター", "シミンセンター", "Community Center"),
        ("体育館", "タイイクカン", "Gymnasium"),
        ("図書館", "トショカン", "Library"),
        ("薬局", "ヤッキョク", "Pharmacy"),
    ];
    const PLACES: [&str; 5] = ["玄関", "1階 ロビー", "職員室前", "事務室", "2階 受付"];
    const HOURS: [(&str, &str); 4] = [("09:00", "17:00"), ("08:30", "17:15"), ("10:00", "20:00"), ("00:00", "23:59")];
    let mut state = u64::try_from(number).expect("few") ^ 0x9E37_79B9_7F4A_7C15;
    let mut pick = move |count: usize| {
        // xorshift* (Marsaglia, Vigna): the same rows each time.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        usize::try_from((state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % u64::try_from(count).expect("few"))
            .expect("few")
    };
    let some = |is_there: bool, cell: String| if is_there { cell } else { String::new() };
    let (town, kind, hours) = (TOWNS[pick(6)], KINDS[pick(5)], HOURS[pick(4)]);
    // Two names that one in two thousand has.
    let town = match number % 2_000 {
        7 => ("鷺沼", "サギヌマ", "Saginuma"),
        1_207 => ("小鳥遊", "タカナシ", "Takanashi"),
        _ => town,
    };
    let (ordinal, chome, block) = (1 + pick(60), 1 + pick(9), format!("{}番{}号", 1 + pick(40), 1 + pick(30)));
    let district = format!("{}{chome}丁目", town.0);
    let (latitude, longitude) = body.centre.expect("only those were taken");
    let mut near = |degrees: f64| {
        let off = f64::from(u32::try_from(pick(100_000)).expect("few")) / 1e6 - 0.05;
        format!("{:.6}", degrees + off)
    };
    let point = [near(latitude), near(longitude)];
    let corporate = format!("{:012}", 10_000_000_000 + number * 7 % 1_000_000_000);
    let weights = [1, 2].into_iter().cycle();
    let sum: u32 = corporate.bytes().rev().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let domain = format!("city{}.example.lg.jp", body.code);
    let cells = [
        body.code.clone(),
        format!("{:010}", number + 1),
        body.full_name(),
        format!("{}第{ordinal}{}", town.0, kind.0),
        format!("{}ダイ{ordinal}{}", town.1, kind.1),
        some(pick(3) == 0, format!("{} {} No.{ordinal}", town.2, kind.2)),
        body.code.clone(),
        some(pick(2) == 0, format!("{:04}00{chome}", 1 + pick(400))),
        format!("{}{}{district}{block}", body.prefecture, body.municipality),
        body.prefecture.clone(),
        body.municipality.clone(),
        district.clone(),
        block.clone(),
        some(pick(8) == 0, format!("{}ビル{}階", town.0, 1 + pick(9))),
        point[0].clone(),
        point[1].clone(),
        String::new(),
        String::new(),
        PLACES[pick(5)].to_owned(),
        format!("0{}-{:03}-{:04}", 11 + pick(80), 200 + pick(700), pick(10_000)),
        String::new(),
        some(pick(2) == 0, format!("info{}@{domain}", pick(1_000))),
        some(pick(3) == 0, format!("https://{domain}/form/{}", pick(10_000))),
        String::new(),
        format!("{:07}", 10_000 + pick(9_000_000)),
        format!("{}{corporate}", 9 - sum % 9),
        format!("一般社団法人{}会", town.0),
        ["月火水木金土日", "月火水木金"][pick(2)].to_owned(),
        hours.0.to_owned(),
        hours.1.to_owned(),
        some(pick(3) == 0, "年末年始を除く".to_owned()),
        ["有", "無"][pick(2)].to_owned(),
        some(pick(2) == 0, format!("https://{domain}/shisetsu/{}.html", pick(10_000))),
        some(pick(10) == 0, "髙齢者施設と共用".to_owned()),
    ];
    cells.into()
}

/// Whether the error of [`spoil`] is seen from the form of its cell alone, and not from a check digit.
pub fn is_seen_alone(number: usize) -> bool {
    !matches!(number % 8, 3 | 7)
}

/// One of eight errors that real files hold.
fn spoil(number: usize, cells: &mut [String]) {
    let place = |name: &str| HEADING.iter().position(|heading| *heading == name).expect("a column");
    let (column, cell) = match number % 8 {
        0 => (place("開始時間"), "9時".to_owned()),
        1 => (place("電話番号"), "０８６－８０３－１０００".to_owned()),
        2 => (place("郵便番号"), "60041".to_owned()),
        3 => (place("法人番号"), "1234567890123".to_owned()),
        4 => (place("利用可能曜日"), "平日".to_owned()),
        5 => (place("連絡先メールアドレス"), "info".to_owned()),
        6 => (place("緯度"), cells[place("経度")].clone()),
        _ => (place("全国地方公共団体コード"), "331001".to_owned()),
    };
    cells[column] = cell;
}
