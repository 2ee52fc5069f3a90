//! Limits of a table: how much of a stranger's file is read, so that memory and time stay bounded whatever its bytes are.

use serde::{Deserialize, Serialize};

use crate::text::Bilingual;

/// How much a table may hold. The defaults are the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Rows of one table, blank ones included.
    pub rows: u64,
    /// Columns of one table: cells of a row of text, filled cells of a row of a worksheet.
    pub columns: u64,
    /// Cells of the whole file.
    pub cells: u64,
    /// Characters of one cell.
    pub cell_characters: u64,
    /// Characters of one row.
    pub row_characters: u64,
    /// Bytes that a workbook or zip unpacks to.
    pub unpacked: u64,
    /// Bytes of memory that reading one file may take.
    pub memory: u64,
    /// Seconds of processor time that unpacking one file may take.
    pub seconds: u64,
}

impl Limits {
    /// The server's. A cell of Excel holds at most 32,767 characters.
    pub const SERVER: Limits = Limits {
        rows: 3_000_000,
        columns: 2_000,
        cells: 200_000_000,
        cell_characters: 32_767,
        row_characters: 1_000_000,
        unpacked: 1 << 30,
        memory: 256 << 20,
        seconds: 120,
    };

    /// The command line's, where only its user waits and needs the memory.
    pub const COMMAND_LINE: Limits = Limits {
        rows: 100_000_000,
        columns: 16_384,
        cells: 5_000_000_000,
        cell_characters: 1_000_000,
        row_characters: 10_000_000,
        unpacked: 4 << 30,
        memory: 4 << 30,
        seconds: 3_600,
    };

    /// Bytes that a workbook or zip of so many bytes may unpack to. Real ones shrink to a tenth, a few to a fiftieth; what
    /// shrinks to less than a hundredth was made to harm.
    pub fn unpacked_of(&self, packed: u64) -> u64 {
        const UNSUSPICIOUS: u64 = 128 << 20;
        const MOST_RATIO: u64 = 100;
        self.unpacked.min(UNSUSPICIOUS.saturating_add(packed.saturating_mul(MOST_RATIO)))
    }

    /// Seconds of processor time for a file of so many bytes: in proportion to its size, up to the limit.
    pub fn seconds_of(&self, bytes: u64) -> u64 {
        self.seconds.min(10 + (bytes >> 20))
    }

    /// The value of a limit.
    pub fn of(&self, limit: Limit) -> u64 {
        match limit {
            Limit::Rows => self.rows,
            Limit::Columns => self.columns,
            Limit::Cells => self.cells,
            Limit::CellCharacters => self.cell_characters,
            Limit::RowCharacters => self.row_characters,
            Limit::Unpacked => self.unpacked,
            Limit::Memory => self.memory >> 20,
            Limit::Seconds => self.seconds,
            Limit::Sheets => MOST_SHEETS,
        }
    }

    /// The error of a limit that is met, at a line of the file where there is one.
    pub fn exceeded(&self, limit: Limit, line: Option<u64>) -> LimitExceeded {
        LimitExceeded { limit, value: self.of(limit), line, opened: false }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::SERVER
    }
}

/// Worksheets of a workbook, or tables of a zip, that are read at most.
pub const MOST_SHEETS: u64 = 200;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    /// [`Limits::rows`].
    Rows,
    /// [`Limits::columns`].
    Columns,
    /// [`Limits::cells`].
    Cells,
    /// [`Limits::cell_characters`].
    CellCharacters,
    /// [`Limits::row_characters`].
    RowCharacters,
    /// [`Limits::unpacked`].
    Unpacked,
    /// [`Limits::memory`], in megabytes.
    Memory,
    /// [`Limits::seconds`].
    Seconds,
    /// Worksheets of a workbook, or tables of a zip; see `MOST_SHEETS`.
    Sheets,
}

impl Limit {
    /// Every one.
    pub const ALL: [Limit; 9] = [
        Limit::Rows,
        Limit::Columns,
        Limit::Cells,
        Limit::CellCharacters,
        Limit::RowCharacters,
        Limit::Unpacked,
        Limit::Memory,
        Limit::Seconds,
        Limit::Sheets,
    ];

    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Limit::Rows => "rows",
            Limit::Columns => "columns",
            Limit::Cells => "cells",
            Limit::CellCharacters => "cell-characters",
            Limit::RowCharacters => "row-characters",
            Limit::Unpacked => "unpacked-bytes",
            Limit::Memory => "memory-megabytes",
            Limit::Seconds => "seconds",
            Limit::Sheets => "sheets",
        }
    }

    /// The environment variable that sets it, if one does.
    pub fn setting(self) -> Option<&'static str> {
        Some(match self {
            Limit::Rows => "MACHIKURA_MAX_ROWS",
            Limit::Columns => "MACHIKURA_MAX_COLUMNS",
            Limit::Cells => "MACHIKURA_MAX_CELLS",
            Limit::CellCharacters => "MACHIKURA_MAX_CELL_CHARACTERS",
            Limit::RowCharacters => "MACHIKURA_MAX_ROW_CHARACTERS",
            Limit::Unpacked => "MACHIKURA_MAX_UNPACKED",
            Limit::Memory => "MACHIKURA_UPLOAD_MEMORY_MB",
            Limit::Seconds | Limit::Sheets => return None,
        })
    }
}

/// A limit that a file meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{}", self.message().en)]
pub struct LimitExceeded {
    /// What is limited.
    pub limit: Limit,
    /// The most that is allowed.
    pub value: u64,
    /// The line or row of the file at which it was met, from 1.
    pub line: Option<u64>,
    /// Whether a quotation mark opens there that never closes, or very late.
    pub opened: bool,
}

impl LimitExceeded {
    /// What was met and where, in both languages.
    pub fn message(&self) -> Bilingual {
        let value = grouped(self.value);
        let (ja, en) = match self.limit {
            Limit::Rows => (format!("表の行数の上限は {value} 行です"), format!("a table has at most {value} rows")),
            Limit::Columns => {
                (format!("1 行の列数の上限は {value} 列です"), format!("a row has at most {value} columns"))
            }
            Limit::Cells => {
                (format!("セルの数の上限は合計 {value} 個です"), format!("a file has at most {value} cells"))
            }
            Limit::CellCharacters => (
                format!("1 つのセルの文字数の上限は {value} 文字です"),
                format!("a cell has at most {value} characters"),
            ),
            Limit::RowCharacters => {
                (format!("1 行の文字数の上限は {value} 文字です"), format!("a row has at most {value} characters"))
            }
            Limit::Unpacked => (
                format!("展開した大きさの上限は {value} バイトです"),
                format!("a workbook or zip unpacks to at most {value} bytes"),
            ),
            Limit::Memory => (
                format!("1 つのファイルを読むためのメモリーの上限は {value} MB です"),
                format!("reading a file takes at most {value} MB of memory"),
            ),
            Limit::Seconds => (
                format!("1 つのファイルを読む処理時間の上限は {value} 秒です"),
                format!("reading a file takes at most {value} seconds of processor time"),
            ),
            Limit::Sheets => {
                (format!("シートの数の上限は {value} 枚です"), format!("a file has at most {value} sheets"))
            }
        };
        let (at_ja, at_en) = match (self.line, self.opened) {
            (None, _) => (String::new(), String::new()),
            (Some(line), false) => (format!("（{line} 行目で超えました）"), format!(" (exceeded in line {line})")),
            (Some(line), true) => (
                format!("（{line} 行目で始まる引用符「\"」が閉じていません）"),
                format!(" (the quotation mark that opens in line {line} is not closed)"),
            ),
        };
        Bilingual { ja: format!("{ja}{at_ja}。"), en: format!("{}{}{at_en}.", en[..1].to_uppercase(), &en[1..]) }
    }

    /// What to do about it, in both languages.
    pub fn hint(&self) -> Bilingual {
        let (ja, en) = match (self.limit, self.opened) {
            (_, true) => {
                ("その行の引用符を確かめ、閉じるか消してください。", "Close that quotation mark or remove it.")
            }
            (Limit::Rows | Limit::Cells, _) => ("表を分けてください。", "Split the table."),
            (Limit::Columns | Limit::CellCharacters | Limit::RowCharacters, _) => (
                "区切り文字と改行が正しいか、表でないものが混ざっていないか確かめてください。",
                "Look whether delimiters and line ends are right, and whether there is something that is no table.",
            ),
            (Limit::Unpacked | Limit::Memory | Limit::Seconds | Limit::Sheets, _) => (
                "公開する表だけを、1 つのシートか CSV に保存してください。",
                "Save only the table to be published, as one sheet or as CSV.",
            ),
        };
        let (setting_ja, setting_en) = match self.limit.setting() {
            Some(name) => (format!("上限は設定 {name} で変えられます。"), format!(" The setting {name} changes it.")),
            None => (String::new(), String::new()),
        };
        Bilingual { ja: format!("{ja}{setting_ja}"), en: format!("{en}{setting_en}") }
    }
}

/// A number with a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_with_its_value_and_where_it_was_met() {
        let exceeded = Limits::SERVER.exceeded(Limit::Columns, Some(3));
        assert_eq!(exceeded.message().ja, "1 行の列数の上限は 2,000 列です（3 行目で超えました）。");
        assert_eq!(exceeded.message().en, "A row has at most 2,000 columns (exceeded in line 3).");
        for limit in Limit::ALL {
            let text = Limits::SERVER.exceeded(limit, None);
            assert!(text.message().ja.contains(&grouped(Limits::SERVER.of(limit))), "{limit:?}");
            assert_eq!(text.hint().en.contains("The setting"), limit.setting().is_some(), "{limit:?}");
        }
    }

    #[test]
    fn a_small_file_that_unpacks_to_much_is_suspicious() {
        assert_eq!(Limits::SERVER.unpacked_of(1 << 20), (128 << 20) + (100 << 20));
        assert_eq!(Limits::SERVER.unpacked_of(100 << 20), 1 << 30);
    }
}
