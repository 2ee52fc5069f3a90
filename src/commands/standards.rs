//! `standards`: lists the standards, or one with its fields.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use machikura::http::openapi::json_schema;
use machikura::standard::{Registry, Standard};
use machikura::workbook;

use super::CommandError;

#[derive(Args)]
pub struct Standards {
    /// 標準。省くと一覧 / standard; without it all are listed
    slug: Option<String>,
    /// 形式。csv と xlsx は空の様式 / format; csv and xlsx are empty files to fill in
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// 追加の標準を読むフォルダー / folder of further standards
    #[arg(long, env = "MACHIKURA_DATASETS", value_name = "FOLDER")]
    datasets: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    TableSchema,
    JsonSchema,
    Csvw,
    Csv,
    Xlsx,
}

impl Standards {
    pub fn run(self) -> Result<(), CommandError> {
        let registry = match &self.datasets {
            Some(folder) => Registry::with_directory(folder)?,
            None => Registry::embedded().clone(),
        };
        let Some(slug) = self.slug else {
            list(&registry, self.format);
            return Ok(());
        };
        let standard = registry.find(&slug).ok_or_else(|| {
            format!("標準「{slug}」はありません。machikura standards で一覧を表示します / no such standard")
        })?;
        show(standard, self.format)
    }
}

fn list(registry: &Registry, format: Format) {
    for standard in registry.standards() {
        match format {
            Format::Text => {
                let number = standard.number.as_deref().unwrap_or("-");
                println!("{number}\t{}\t{}\t{}", standard.slug, standard.title.ja, standard.title.en);
            }
            Format::Json | Format::TableSchema | Format::JsonSchema | Format::Csvw | Format::Csv | Format::Xlsx => {
                let line = serde_json::json!({"slug": standard.slug, "number": standard.number, "title": standard.title.ja, "title_en": standard.title.en});
                println!("{line}");
            }
        }
    }
}

fn show(standard: &Standard, format: Format) -> Result<(), CommandError> {
    let table = standard.main_table();
    let pretty = |value: &serde_json::Value| {
        println!("{}", serde_json::to_string_pretty(value).expect("schemas have only string keys"));
    };
    match format {
        Format::Text => {
            println!("{} {} ({})", standard.slug, standard.title.ja, standard.title.en);
            for table in &standard.tables {
                println!("\n{} {}", table.name, table.title.ja);
                for field in table.schema().fields() {
                    let mark = match field.requirement {
                        machikura::schema::Requirement::Required => "◎",
                        machikura::schema::Requirement::Recommended => "○",
                        machikura::schema::Requirement::Optional => "　",
                    };
                    println!("{:>3} {mark} {}\t{}", field.position, field.name, field.description.ja);
                }
            }
        }
        Format::Json => pretty(
            &serde_json::to_value(machikura::http::standard_body(standard, table, table.current()))
                .expect("string keys"),
        ),
        Format::TableSchema => pretty(&table.schema().to_table_schema()),
        Format::JsonSchema => pretty(&json_schema(standard, table, table.schema())),
        Format::Csvw => pretty(&machikura::http::csvw(standard, table.current())),
        Format::Csv => io::stdout().write_all(&table.schema().template())?,
        Format::Xlsx => {
            if io::stdout().is_terminal() {
                let name = &standard.slug;
                return Err(
                    format!("xlsx は端末には出せません。> {name}.xlsx を付けてください / add > {name}.xlsx").into()
                );
            }
            let bytes = workbook::template(&standard.slug, &table.title, table.schema())?;
            io::stdout().write_all(&bytes)?;
        }
    }
    Ok(())
}
