//! What the chain makes of odd texts, and that it never makes anything of its own work.

use super::correct;
use crate::schema::{Charset, Field, Kind};
use crate::tabular::Row;
use crate::validate::cells::{CellFindings, Enough};
use crate::validate::column::{Batch, ColumnChecks};
use crate::validate::findings::{Finding, Findings};
use crate::validate::remembered::Remembered;
use crate::validate::rule::Class;

fn field(kind: Kind) -> Field {
    Field { kind, ..Field::extra("項目", 1) }
}

fn flag(words: &[&str]) -> Field {
    let mut field = field(Kind::Flag);
    field.constraints.enumeration = words.iter().map(|word| (*word).to_owned()).collect();
    field
}

fn kana() -> Field {
    Field { charset: Some(Charset::Katakana), ..field(Kind::String) }
}

fn code(width: usize) -> Field {
    Field { width: Some(width), charset: Some(Charset::HalfWidth), ..field(Kind::Code) }
}

fn sure(field: &Field, value: &str) -> Option<String> {
    Some(correct(field, value, |_, class| class == Class::Lossless)?.0)
}

fn any(field: &Field, value: &str) -> Option<String> {
    Some(correct(field, value, |_, _| true)?.0)
}

#[test]
fn what_is_meant_beyond_doubt_and_what_only_probably() {
    let (yes_no, one_blank) = (flag(&["有", "無"]), flag(&["1"]));
    let unit = Field { unit: Some("kcal".to_owned()), ..field(Kind::Number) };
    let types = Field { separator: Some(";".to_owned()), ..flag(&["国土・気象", "人口・世帯"]) };
    let types = Field { kind: Kind::Enum, ..types };
    let required = {
        let mut field = field(Kind::Phone);
        field.constraints.required = true;
        field
    };
    // (field, found, meant beyond doubt, meant probably)
    for (field, found, meant, probable) in [
        (&field(Kind::Date), "２０２４／４／１", Some("2024-04-01"), Some("2024-04-01")),
        (&field(Kind::Date), "45016", None, Some("2023-03-31")),
        (&field(Kind::Date), "2024[sanitize]12[sanitize]17", None, Some("2024-12-17")),
        (&field(Kind::Date), "11/1/2018", None, None),
        (&field(Kind::Date), "未定", None, Some("")),
        (&field(Kind::Time), "９：００", Some("09:00"), Some("09:00")),
        (&field(Kind::Time), "0.375", None, Some("09:00")),
        (&field(Kind::Time), "9:00～", Some("9:00~"), Some("9:00~")),
        (&field(Kind::WeekdayList), "日、土", Some("土日"), Some("土日")),
        (&field(Kind::WeekdayList), "毎日", None, Some("月火水木金土日")),
        (&field(Kind::Phone), "０８６‐８０３‐１０００", Some("086-803-1000"), Some("086-803-1000")),
        (&field(Kind::Phone), "899947800", None, Some("0899947800")),
        (&field(Kind::Phone), "(0820)76[sanitize]0007", None, Some("(0820)76-0007")),
        (&field(Kind::Phone), "－", None, Some("")),
        (&required, "－", None, None),
        (&field(Kind::PostalCode), "〒700-0001", Some("7000001"), Some("7000001")),
        (&field(Kind::Url), "www.a.jp", None, Some("https://www.a.jp")),
        (&field(Kind::Url), "https://a.jp/?a=1&amp;b=2", None, Some("https://a.jp/?a=1&b=2")),
        (&field(Kind::Integer), "282人", None, Some("282")),
        (&field(Kind::Integer), "50,700 ", Some("50700"), Some("50700")),
        (&field(Kind::Integer), "なし", None, Some("")),
        (&field(Kind::Integer), "約50", None, None),
        (&unit, "650kcal", None, Some("650")),
        (&field(Kind::Latitude), "34.123456789012345", Some("34.12345679"), Some("34.12345679")),
        (&field(Kind::MunicipalityCode), "33100", Some("331007"), Some("331007")),
        (&field(Kind::MunicipalityCode), "331007.0", Some("331007"), Some("331007")),
        (&field(Kind::MunicipalityCode), "1100", None, Some("011002")),
        (&field(Kind::MunicipalityCode), "11002", None, Some("011002")),
        (&field(Kind::MunicipalityCode), "331008", None, None),
        (&field(Kind::CorporateNumber), "5.22001E+12", None, None),
        (&code(7), "51000", Some("0051000"), Some("0051000")),
        (&code(7), "51000.0", Some("0051000"), Some("0051000")),
        (&code(7), "0008-001", Some("0008001"), Some("0008001")),
        (&code(7), "8-001", None, None),
        (&code(4), "801", Some("0801"), Some("0801")),
        (&code(4), "0406a", None, None),
        (&code(4), "0000", None, None),
        (&yes_no, "〇", Some("有"), Some("有")),
        (&yes_no, "×", Some("無"), Some("無")),
        (&yes_no, "あり", Some("有"), Some("有")),
        (&yes_no, "なし", Some("無"), Some("無")),
        (&yes_no, "可", None, Some("有")),
        (&one_blank, "あり", None, Some("1")),
        (&yes_no, "○(2階)", None, None),
        (&yes_no, "-", None, Some("")),
        (&one_blank, "◯", Some("1"), Some("1")),
        (&one_blank, "×", None, Some("")),
        (&one_blank, "無", None, Some("")),
        (&one_blank, "否", None, Some("")),
        (&one_blank, "△", None, None),
        (&types, "国土・気象、人口・世帯", Some("国土・気象;人口・世帯"), Some("国土・気象;人口・世帯")),
        (&types, "国土気象", Some("国土・気象"), Some("国土・気象")),
        (&types, "国土、海洋", None, None),
        (&kana(), "ｱｼﾓﾘ公園", Some("アシモリ公園"), Some("アシモリ公園")),
        (&kana(), "あしもり", None, Some("アシモリ")),
        (&kana(), "ハ―トリンク", None, Some("ハートリンク")),
        (&kana(), "第－１", None, None),
        (&field(Kind::String), "ﾄｲﾚ 有り", Some("トイレ 有り"), Some("トイレ 有り")),
        (&field(Kind::String), "1行目<br>2行目&amp;nbsp;", None, Some("1行目\n2行目")),
        (&field(Kind::String), "<p>説明</p>", None, None),
        (&field(Kind::String), "　", Some(""), Some("")),
        (&field(Kind::String), "なし", None, None),
        (&field(Kind::String), "―", None, Some("")),
    ] {
        assert_eq!(sure(field, found).as_deref(), meant, "{:?} {found}, beyond doubt", field.kind);
        assert_eq!(any(field, found).as_deref(), probable, "{:?} {found}, probably", field.kind);
    }
}

const ODD: [&str; 74] = [
    "",
    " ",
    "　",
    "-",
    "－",
    "―",
    "ー",
    "なし",
    "不明",
    "*",
    "0",
    "1",
    "○",
    "〇",
    "×",
    "△",
    "○(グ)",
    "有",
    "無",
    "あり",
    "可",
    "否",
    "2024-04-01",
    "2024/4/1",
    "令和6年4月1日(月)",
    "平成三十年四月一日",
    "45016",
    "5989",
    "2024",
    "6/3",
    "11/1/2018",
    "1985-4-13、2013-9-26",
    "9:00",
    "９：００",
    "9時半",
    "午後5時",
    "0900",
    "0.375",
    "25:00",
    "9:00～17:00",
    "月～金",
    "毎日",
    "平日・土",
    "祝日",
    "(083)-934-2873",
    "086(803)1000",
    "899947800",
    "42-2607",
    "086-803-1000、086-803-1001",
    "090-0000-0000",
    "〒700-0001",
    "700-0001",
    "www.a.jp",
    "http//a.jp",
    "ATTACH/a.JPG",
    "a@b.jp",
    "mailto:a@b.jp",
    "282人",
    "81,000円",
    "▲5",
    "5.0",
    "5.22E+12",
    "34°03'07.7\"N",
    "34.0171770000 , 34.0171770000",
    "33100",
    "1100",
    "331007.0",
    "51000",
    "0008-001",
    "ｱｼﾓﾘ",
    "カﾞﾟ",
    "あしもり",
    "&amp;amp;lt;br&gt;\u{200b}",
    "[sanitize]",
];

/// A field of every kind, and those with limits of their own.
fn fields() -> Vec<Field> {
    let mut fields: Vec<Field> = Kind::ALL.map(field).to_vec();
    fields.extend([flag(&["有", "無"]), flag(&["1"]), flag(&["1", "0"]), kana(), code(7), code(4)]);
    fields.push(Field { charset: Some(Charset::Digits), ..field(Kind::String) });
    fields
}

#[test]
fn a_corrected_cell_needs_no_correction() {
    for field in fields() {
        for found in ODD {
            for only_sure in [true, false] {
                let correct = |value: &str| if only_sure { sure(&field, value) } else { any(&field, value) };
                let Some(once) = correct(found) else { continue };
                assert_eq!(correct(&once), None, "{:?} {found:?} -> {once:?}", field.kind);
            }
        }
    }
}

#[test]
fn what_a_finding_offers_draws_it_no_more() {
    let mut offered = 0;
    for field in fields() {
        let checks = ColumnChecks::new(field.clone());
        for found in ODD {
            for finding in findings_of(&checks, found) {
                assert!(finding.suggestion.is_none() || finding.proposal.is_none(), "{finding:?}");
                let Some(meant) = finding.suggestion.as_ref().or(finding.proposal.as_ref()) else { continue };
                offered += 1;
                let rules: Vec<&str> = findings_of(&checks, meant).iter().map(|finding| finding.rule.id()).collect();
                assert!(!rules.contains(&finding.rule.id()), "{:?} {finding:?} -> {meant:?}: {rules:?}", field.kind);
                let is_form = finding.rule.id().ends_with("-format");
                assert!(
                    !is_form || meant.is_empty() || field.kind.check(meant).is_ok(),
                    "{:?} {finding:?} -> {meant:?}",
                    field.kind
                );
            }
        }
    }
    assert!(offered > 100, "only {offered}");
}

fn findings_of(checks: &ColumnChecks, value: &str) -> Vec<Finding> {
    let (mut findings, mut found) = (Findings::new(100), CellFindings::of(1, 1));
    let cells = [value.to_owned()];
    let rows = [(0, Row::of_strings(2, &cells))];
    checks.check(0, Batch { above: None, rows: &rows }, &Enough::new(), &mut Remembered::new(), &mut found);
    findings.add_cells(found, &Enough::new());
    findings.into_listed(100)
}

#[test]
fn one_finding_says_all_where_one_suffices() {
    for (kind, found, expected) in [
        (Kind::Integer, "－", "placeholder Error"),
        (Kind::Phone, "なし", "placeholder Warning"),
        (Kind::Date, "2024[sanitize]12[sanitize]17", "sanitize Error"),
        (Kind::CorporateNumber, "5.22001E+12", "scientific-notation Error"),
        (Kind::Number, "#REF!", "spreadsheet-error Error"),
        (Kind::Phone, "0860000000", ""),
        (Kind::Time, "24:00", ""),
        (Kind::String, "なし", ""),
    ] {
        let findings = findings_of(&ColumnChecks::new(field(kind)), found);
        let said: Vec<String> =
            findings.iter().map(|finding| format!("{} {:?}", finding.rule.id(), finding.severity)).collect();
        assert_eq!(said.join(", "), expected, "{kind:?} {found}");
    }
}

#[test]
fn a_number_of_a_person_is_repeated_nowhere() {
    let checks = ColumnChecks::new(field(Kind::String));
    let raw = "　本人 123456789018 ﾄｲﾚ<br>";
    let findings = findings_of(&checks, raw);
    assert!(findings.len() >= 4, "{findings:?}");
    for finding in findings {
        assert_eq!(finding.value.as_deref(), Some("　本人 ************ ﾄｲﾚ<br>"), "{finding:?}");
        assert_eq!((&finding.suggestion, &finding.proposal), (&None, &None), "{finding:?}");
        assert!(finding.details.iter().all(|detail| !detail.contains("123456789018")), "{finding:?}");
    }
    assert_eq!(checks.correct(raw, |_, _| true), None);
}
