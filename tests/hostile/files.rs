//! Files made to take much memory or time.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What a file is to be answered with.
pub enum Expected {
    /// 413 that names this limit.
    Limit(&'static str),
    Status(u16),
    /// A report on a table of this data set.
    Standard(&'static str),
}

use Expected::{Limit, Standard, Status};

/// A file, made when it is sent.
pub type Bytes = Box<dyn Fn() -> Vec<u8>>;

/// Each with its name and answer.
pub fn hostile() -> Vec<(&'static str, Expected, Bytes)> {
    fn file(
        name: &'static str,
        expected: Expected,
        bytes: impl Fn() -> Vec<u8> + 'static,
    ) -> (&'static str, Expected, Bytes) {
        (name, expected, Box::new(bytes))
    }
    let mut files = vec![
        file("a cell at the far corner", Standard("aed"), || far_cells(&["XFD1048576"])),
        file("far cells in many rows", Standard("aed"), || {
            let cells: Vec<String> = (1..=100).map(|row| format!("XFD{}", row * 10_000 + 2)).collect();
            far_cells(&cells.iter().map(String::as_str).collect::<Vec<_>>())
        }),
        file("a far cell in each of many rows", Standard("aed"), || {
            let cells: Vec<String> = (3..=60_000).map(|row| format!("XFD{row}")).collect();
            far_cells(&cells.iter().map(String::as_str).collect::<Vec<_>>())
        }),
        file("a long shared string named often", Limit("cell-characters"), || shared(100_000, 200_000)),
        file("a shared string as long as Excel allows, named often", Limit("unpacked-bytes"), || {
            shared(32_000, 200_000)
        }),
        file("rows of one worksheet", Limit("rows"), || rows(500_000, "<c t=\"inlineStr\"><is><t>b</t></is></c>")),
        file("empty rows of one worksheet", Status(400), || rows(300_000, "")),
        file("many sheets", Limit("sheets"), || many_sheets(2_000)),
        file("a number with many digits", Standard("aed"), || far_cells_with(&["A9"], &"9".repeat(30_000))),
        file("unpacks to much", Limit("unpacked-bytes"), || zip(&[("stops.txt", &vec![b'a'; 200 << 20])])),
        file("an archive of many members", Status(415), || many_members(60_000)),
        file("XML nested deeply", Status(400), || {
            workbook(&format!("<sheetData><row><c>{}", "<is>".repeat(3_000_000)), "")
        }),
        file("an endless comment", Status(400), || workbook(&format!("<!--{}", "a".repeat(50 << 20)), "")),
        file("an attribute without end", Status(400), || {
            workbook(&format!("<sheetData a=\"{}", "b".repeat(50 << 20)), "")
        }),
        file("the container of older workbooks, cut off", Status(400), || {
            [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", &[0xFF; 4_000][..]].concat()
        }),
        file("a long line", Limit("cell-characters"), || [b"ID,\xE5\x90\x8D\n", &vec![b'x'; 150 << 20][..]].concat()),
        file("a quotation mark that never closes", Limit("cell-characters"), || {
            [b"ID,a\n1,\"".as_slice(), &b"abc\n".repeat(40 << 20)].concat()
        }),
        file("a quotation mark in CP932 that never closes", Limit("cell-characters"), || {
            [b"ID,\x96\xBC\x8F\xCC\n1,\"".as_slice(), &b"\x82\xA0\n".repeat(20 << 20)].concat()
        }),
        file("quotation marks only", Limit("cell-characters"), || vec![b'"'; 80 << 20]),
        file("commas", Limit("columns"), || vec![b','; 150 << 20]),
        file("tabs", Status(400), || vec![b'\t'; 100 << 20]),
        file("columns", Limit("columns"), || {
            (0..3_000_000).map(|column| format!("h{column},")).collect::<String>().into_bytes()
        }),
        file("three lines of many columns", Limit("columns"), || {
            ((0..100_000).map(|column| format!("h{column}\t")).collect::<String>() + "\n").repeat(3).into_bytes()
        }),
        file("equal headings", Limit("columns"), || "a,".repeat(50_000).into_bytes()),
        file("as many equal headings as are allowed", Status(200), || {
            ["a,".repeat(1_999), "b\n".to_owned(), "1,".repeat(1_999), "2\n".repeat(3)].concat().into_bytes()
        }),
        file("as many columns as are allowed", Status(200), || {
            let heading: String = (0..1_999).map(|column| format!("見出し{column},")).collect();
            let row: String = (0..1_999).map(|column| format!("値\u{3000}{column} ,")).collect();
            (heading + "x\n" + &(row + "y\n").repeat(400)).into_bytes()
        }),
        file("line ends", Status(400), || vec![b'\n'; 100 << 20]),
        file("short lines", Limit("rows"), || b"a\n".repeat(60 << 20)),
        file("NUL bytes", Status(415), || vec![0; 50 << 20]),
        file("one byte, often", Status(415), || vec![0xFF; 50 << 20]),
        file("long cells everywhere", Standard("aed"), || {
            let cell = "長".repeat(3_000);
            let row = |index: usize| format!("331007,A{index},名,名,所在地,34.6,133.9,{cell},有\n");
            (heading() + &(0..4_000).map(row).collect::<String>()).into_bytes()
        }),
        file("everything is wrong", Standard("aed"), || {
            let row = |index: usize| format!("x{index},,９時{index},?,,{index},{index},　,\n");
            (heading() + &(0..200_000).map(row).collect::<String>()).into_bytes()
        }),
    ];
    for (name, value) in [("dates", "令和99年99月99日"), ("numbers", "1e999999999"), ("HTML", "<a href='&amp;&amp;'>")]
    {
        files.push(file(name, Standard("aed"), move || {
            let row = format!("331007,{value},{value},{value},{value},{value},{value},{value},有\n");
            (heading() + &row.repeat(50_000)).into_bytes()
        }));
    }
    files
}

fn heading() -> String {
    "全国地方公共団体コード,ID,名称,名称_カナ,所在地_連結表記,緯度,経度,設置位置,小児対応設備の有無\n".to_owned()
}

/// A table without a fault, of so many rows.
pub fn table(rows: usize) -> String {
    let row = |index: usize| format!("331007,A{index},会館,カイカン,岡山県岡山市,34.6,133.9,玄関,有\n");
    heading() + &(0..rows).map(row).collect::<String>()
}

fn far_cells(places: &[&str]) -> Vec<u8> {
    far_cells_with(places, "x")
}

/// A small table of a known data set, and cells elsewhere.
fn far_cells_with(places: &[&str], text: &str) -> Vec<u8> {
    let mut rows = String::new();
    for (number, line) in (1..).zip(table(1).lines()) {
        rows.push_str(&format!("<row r=\"{number}\">"));
        for (column, text) in line.split(',').enumerate() {
            rows.push_str(&format!(
                "<c r=\"{}\" t=\"inlineStr\"><is><t>{text}</t></is></c>",
                cell_name(column, number)
            ));
        }
        rows.push_str("</row>");
    }
    for place in places {
        let number = place.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        rows.push_str(&format!(
            "<row r=\"{number}\"><c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c></row>"
        ));
    }
    workbook(&format!("<sheetData>{rows}</sheetData>"), "")
}

fn shared(characters: usize, cells: usize) -> Vec<u8> {
    let sheet = format!("<sheetData>{}</sheetData>", "<row><c t=\"s\"><v>0</v></c></row>".repeat(cells));
    workbook(&sheet, &format!("<si><t>{}</t></si>", "漢".repeat(characters)))
}

fn rows(count: usize, cells: &str) -> Vec<u8> {
    workbook(&format!("<sheetData>{}</sheetData>", format!("<row>{cells}</row>").repeat(count)), "")
}

fn many_sheets(count: usize) -> Vec<u8> {
    let sheet = format!(
        "{XML}<worksheet xmlns=\"{MAIN}\"><sheetData><row><c t=\"inlineStr\"><is><t>ID</t></is></c></row></sheetData></worksheet>"
    );
    let names: String = (1..=count)
        .map(|sheet| format!("<sheet name=\"S{sheet}\" sheetId=\"{sheet}\" r:id=\"rId{sheet}\"/>"))
        .collect();
    let relations: String = (1..=count)
        .map(|sheet| {
            format!(
                "<Relationship Id=\"rId{sheet}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{sheet}.xml\"/>"
            )
        })
        .collect();
    let mut parts = vec![
        ("_rels/.rels".to_owned(), package()),
        (
            "xl/workbook.xml".to_owned(),
            format!("{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{names}</sheets></workbook>"),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!("{XML}<Relationships xmlns=\"{PACKAGE}\">{relations}</Relationships>"),
        ),
    ];
    parts.extend((1..=count).map(|number| (format!("xl/worksheets/sheet{number}.xml"), sheet.clone())));
    zip(&parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect::<Vec<_>>())
}

fn many_members(count: usize) -> Vec<u8> {
    let names: Vec<String> = (0..count).map(|member| format!("{member}.bin")).collect();
    zip(&names.iter().map(|name| (name.as_str(), &b""[..])).collect::<Vec<_>>())
}

const XML: &str = "<?xml version=\"1.0\"?>";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

fn package() -> String {
    format!(
        "{XML}<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    )
}

/// A workbook with one sheet.
pub fn workbook(sheet: &str, strings: &str) -> Vec<u8> {
    let parts = [
        ("_rels/.rels", package()),
        (
            "xl/workbook.xml",
            format!(
                "{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{XML}<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", format!("{XML}<worksheet xmlns=\"{MAIN}\">{sheet}</worksheet>")),
        ("xl/sharedStrings.xml", format!("{XML}<sst xmlns=\"{MAIN}\">{strings}</sst>")),
    ];
    zip(&parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect::<Vec<_>>())
}

pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_level(Some(6));
    for (name, content) in members {
        archive.start_file(*name, options).expect("in memory");
        archive.write_all(content).expect("in memory");
    }
    archive.finish().expect("in memory").into_inner()
}

/// A cell as Excel names it.
pub fn cell_name(column: usize, row: usize) -> String {
    format!("{}{row}", machikura::tabular::column_letters(column))
}
