//! Settings of the limits of a table, which the server and the command line share; their defaults differ.

use clap::Args;
use serde::Deserialize;

use crate::tabular::Limits;

/// Limits of a table as they were given; what was not given is `None`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GivenLimits {
    /// 表の行数の上限（既定 サーバー 3000000、コマンド 100000000） / rows of a table at most (default: server, command line)
    #[arg(long, env = "MACHIKURA_MAX_ROWS", value_name = "COUNT")]
    pub max_rows: Option<u64>,
    /// 1 行の列数の上限（既定 2000、16384） / columns of a table at most
    #[arg(long, env = "MACHIKURA_MAX_COLUMNS", value_name = "COUNT")]
    pub max_columns: Option<u64>,
    /// 1 ファイルのセルの数の上限（既定 200000000、5000000000） / cells of a file at most
    #[arg(long, env = "MACHIKURA_MAX_CELLS", value_name = "COUNT")]
    pub max_cells: Option<u64>,
    /// 1 セルの文字数の上限（既定 32767、1000000） / characters of a cell at most
    #[arg(long, env = "MACHIKURA_MAX_CELL_CHARACTERS", value_name = "COUNT")]
    pub max_cell_characters: Option<u64>,
    /// 1 行の文字数の上限（既定 1000000、10000000） / characters of a row at most
    #[arg(long, env = "MACHIKURA_MAX_ROW_CHARACTERS", value_name = "COUNT")]
    pub max_row_characters: Option<u64>,
    /// Excel ファイルや ZIP を展開した大きさの上限、バイト（既定 1073741824、4294967296） / bytes that a workbook or zip unpacks to at most
    #[arg(long, env = "MACHIKURA_MAX_UNPACKED", value_name = "BYTES")]
    pub max_unpacked: Option<u64>,
    /// 1 つのファイルを読むためのメモリーの上限、MB（既定 256、4096） / megabytes that reading one file may take
    #[arg(long, env = "MACHIKURA_UPLOAD_MEMORY_MB", value_name = "MEGABYTES")]
    pub upload_memory_mb: Option<u64>,
}

impl GivenLimits {
    /// Keys in the settings file.
    pub(super) const KEYS: [&str; 7] = [
        "max_rows",
        "max_columns",
        "max_cells",
        "max_cell_characters",
        "max_row_characters",
        "max_unpacked",
        "upload_memory_mb",
    ];

    /// Fills what was not given from the settings file and then from the defaults.
    pub fn resolve(&self, filed: &GivenLimits, defaults: Limits) -> Limits {
        let memory = self.upload_memory_mb.or(filed.upload_memory_mb);
        Limits {
            rows: self.max_rows.or(filed.max_rows).unwrap_or(defaults.rows),
            columns: self.max_columns.or(filed.max_columns).unwrap_or(defaults.columns),
            cells: self.max_cells.or(filed.max_cells).unwrap_or(defaults.cells),
            cell_characters: self.max_cell_characters.or(filed.max_cell_characters).unwrap_or(defaults.cell_characters),
            row_characters: self.max_row_characters.or(filed.max_row_characters).unwrap_or(defaults.row_characters),
            unpacked: self.max_unpacked.or(filed.max_unpacked).unwrap_or(defaults.unpacked),
            memory: memory.map_or(defaults.memory, |megabytes| megabytes.saturating_mul(1 << 20)),
            ..defaults
        }
    }
}
