//! A table is corrected alike, whether row by row with every cell put to the rules, or as [`repair`] does it: in blocks, on
//! any number of threads, while it is checked, and with what is sound copied as it stands.

use std::collections::BTreeMap;
use std::io;

use proptest::prelude::*;

use super::*;
use crate::standard::Registry;
use crate::tabular::{self, Upload, header};
use crate::validate::findings::Findings;
use crate::validate::repair::{Sink, repair};
use crate::validate::report::patches;
use crate::validate::{Class, Request};

/// A corrected table and its patches, as CSV.
#[derive(Default, PartialEq, Eq)]
struct Told {
    table: Vec<u8>,
    patches: Vec<u8>,
    cells: u64,
}

impl Sink for Told {
    fn write(&mut self, table: &[u8], patches: Vec<Patch<'_>>) -> io::Result<()> {
        self.table.extend_from_slice(table);
        self.patches.extend(patches::lines(&patches));
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        *self = Told::default();
        Ok(())
    }
}

/// Corrects row by row: a check, and then a second pass that puts every cell to the rules.
fn row_by_row(upload: &Upload, request: &Request<'_>, recipe: &Recipe) -> Option<Told> {
    let document = tabular::read(upload, &tabular::ReadOptions::default()).ok()?;
    let request = &Request { columns: Some(&recipe.columns), ..*request };
    let header = header::find(&document, request.registry, request.standard, request.columns, None).ok()?;
    let intake = Intake::of(upload, &document, &header, request);
    let (table, repairs) = engine::run(&intake, 1, &mut Findings::new(0), |_, _, _| (), |()| ()).ok()?;
    let is_filled: Vec<bool> = table.counts.filled.iter().map(|count| *count > 0).collect();
    let correction = Correction::new(&intake, recipe, repairs, &is_filled).ok()?;
    let (mut out, mut cells) =
        (CorrectedBlock { table: b"\xEF\xBB\xBF".to_vec(), ..CorrectedBlock::default() }, Vec::new());
    write_record(&mut out.table, correction.headings().iter());
    let (mut rows, mut read) = (intake.sheet.rows().ok()?, 0);
    while let Some(row) = rows.next_row().ok()? {
        read += 1;
        if row.is_empty() {
            continue;
        }
        if read <= header.skipped_rows {
            correction.title(&row, &mut out);
        } else {
            correction.row(&row, 0..header.columns.len(), &mut cells, &mut out);
        }
    }
    Some(Told { table: out.table, patches: patches::lines(&out.patches), cells: out.cells })
}

/// Corrects as everybody else does.
fn in_blocks(upload: &Upload, request: &Request<'_>, recipe: &Recipe) -> Option<Told> {
    let mut told = Told::default();
    told.cells = repair(upload, request, recipe, &mut told).ok()?.cells;
    Some(told)
}

/// A damaged table: the sample of a form, so many times over.
#[derive(Clone, Debug)]
struct Table {
    form: prop::sample::Index,
    rows: usize,
    /// What stands in some cells instead: column and row, and the text.
    damages: Vec<(prop::sample::Index, prop::sample::Index, &'static str)>,
    /// Columns that change places.
    moved: Option<(prop::sample::Index, prop::sample::Index)>,
    /// A column that no standard knows, and in which row something stands in it.
    unknown: Option<prop::sample::Index>,
    is_titled: bool,
    delimiter: u8,
    is_quoted: bool,
    line_end: &'static str,
    is_japanese: bool,
}

impl Table {
    fn bytes(&self) -> Vec<u8> {
        let samples: Vec<&str> =
            Registry::embedded().forms().filter_map(|(_, _, form)| form.sample.as_deref()).collect();
        let sample = samples[self.form.index(samples.len())].trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(sample.as_bytes());
        let mut lines = reader.records().map(|line| line.expect("sound").iter().map(str::to_owned).collect());
        let mut heading: Vec<String> = lines.next().expect("a heading");
        let sound: Vec<Vec<String>> = lines.collect();
        let mut rows: Vec<Vec<String>> = sound.iter().cycle().take(self.rows).cloned().collect();
        for (row, column, text) in &self.damages {
            let row = row.index(rows.len());
            let column = column.index(heading.len());
            rows[row][column] = (*text).to_owned();
        }
        if let Some(row) = &self.unknown {
            let row = row.index(rows.len());
            heading.push("独自".to_owned());
            rows.iter_mut()
                .enumerate()
                .for_each(|(at, cells)| cells.push(if at == row { "有" } else { "" }.to_owned()));
            // One more cell than there are columns.
            rows[row / 2].push("余り".to_owned());
        }
        if let Some((one, other)) = &self.moved {
            let (one, other) = (one.index(heading.len()), other.index(heading.len()));
            std::iter::once(&mut heading).chain(&mut rows).for_each(|cells| cells.swap(one, other));
        }
        let style = if self.is_quoted { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .delimiter(self.delimiter)
            .quote_style(style)
            .from_writer(if self.is_titled { "一覧表\n\n".into() } else { Vec::new() });
        writer.write_record(&heading).expect("in memory");
        rows.iter().for_each(|cells| writer.write_record(cells).expect("in memory"));
        let text = String::from_utf8(writer.into_inner().expect("in memory")).expect("text");
        let text = text.replace('\n', self.line_end);
        if self.is_japanese { encoding_rs::SHIFT_JIS.encode(&text).0.into_owned() } else { text.into_bytes() }
    }
}

const DAMAGES: [&str; 34] = [
    "",
    "　",
    " x ",
    "<br>",
    "ﾊﾝｶｸ",
    "かな",
    "n/a",
    "なし",
    "#REF!",
    "5.22E+12",
    "１２３",
    "2024/4/1",
    "11/1/2018",
    "1月2日",
    "9時",
    "午前中",
    "a\"b",
    "\"q\"",
    "a,b",
    "l1\nl2",
    "\u{200b}z",
    "[sanitize]",
    "0",
    "34.1 , 131.5",
    "133.9",
    "34.6",
    "090-1234-5678",
    "123456789018",
    "岡山市北区大供1-1",
    "０８６－２２３－０００１",
    "352110",
    "352111",
    "火・水",
    "36.5度",
];

fn table(rows: impl Strategy<Value = usize>) -> impl Strategy<Value = Table> {
    let index = any::<prop::sample::Index>;
    let damages = prop::collection::vec((index(), index(), prop::sample::select(&DAMAGES[..])), 0..30);
    let shape =
        (index(), rows, damages, prop::option::weighted(0.3, (index(), index())), prop::option::weighted(0.3, index()));
    let look = (
        prop::bool::weighted(0.2),
        prop_oneof![4 => Just(b','), 1 => Just(b'\t')],
        prop::bool::weighted(0.2),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        prop::bool::weighted(0.2),
    );
    (shape, look).prop_map(
        |((form, rows, damages, moved, unknown), (is_titled, delimiter, is_quoted, line_end, is_japanese))| Table {
            form,
            rows,
            damages,
            moved,
            unknown,
            is_titled,
            delimiter,
            is_quoted,
            line_end,
            is_japanese,
        },
    )
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let class = prop::sample::select(vec![Class::Lossless, Class::Likely, Class::Likely]);
    let value = || BTreeMap::from([("備考".to_owned(), "なし".to_owned())]);
    (class, prop::bool::weighted(0.2)).prop_map(move |(fix, has_value)| Recipe {
        fix,
        values: if has_value { value() } else { BTreeMap::new() },
        ..Recipe::default()
    })
}

fn assert_alike(table: &Table, recipe: &Recipe, threads: &[usize]) {
    let upload = Upload::from_bytes(table.bytes(), None);
    let request = Request { digest: false, ..Request::new(Registry::embedded()) };
    let expected = row_by_row(&upload, &request, recipe);
    for threads in threads {
        let told = in_blocks(&upload, &Request { threads: *threads, ..request }, recipe);
        // Tables are long, so they are not shown.
        assert!(told == expected, "{threads} threads: {:?}", {
            let text =
                |told: &Option<Told>| told.as_ref().map(|told| String::from_utf8_lossy(&told.patches).into_owned());
            (text(&told), text(&expected))
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn short_cuts_change_nothing(table in table(1_usize..40), recipe in recipe()) {
        assert_alike(&table, &recipe, &[1]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20, ..ProptestConfig::with_cases(4) })]

    #[test]
    fn threads_change_nothing(table in table(Just(6_000)), recipe in recipe()) {
        assert_alike(&table, &recipe, &[1, 2, 3]);
    }
}

#[test]
fn a_table_of_no_data_set_keeps_cells_beyond_its_heading() {
    let upload = Upload::from_bytes("あ,い\n1,2\n3,4,5\n".as_bytes(), None);
    let told = in_blocks(&upload, &Request::new(Registry::embedded()), &Recipe::default()).expect("a table");
    assert_eq!(String::from_utf8_lossy(&told.table), "\u{feff}あ,い,\r\n1,2,\r\n3,4,5\r\n");
}
