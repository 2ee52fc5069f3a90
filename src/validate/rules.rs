//! Every rule, one a file. A new rule is a file here and a line in [`RULES`].

mod blank_columns;
mod blank_rows;
mod charset;
mod column_name;
mod column_order;
mod control_character;
mod coordinate_pair;
pub(super) mod coordinate_range;
mod corporate_number;
mod date_format;
mod delimiter;
mod duplicate_column;
mod duplicate_id;
mod duplicate_row;
mod email_format;
pub mod emptied_column;
mod encoding;
mod enumeration;
mod file_extension;
mod foreign_organization;
mod kana;
mod length;
mod line_break;
mod missing_column;
pub(super) mod missing_table;
pub mod moved_points;
mod multi_row_header;
mod municipality_code;
pub mod new_mojibake;
mod newline;
mod no_rows;
mod number_format;
mod older_edition;
mod pattern;
mod phone_format;
mod postal_code_format;
mod ragged_row;
mod range;
pub mod renumbered_ids;
mod replacement_character;
mod required;
pub mod row_collapse;
mod several_sheets;
mod start_after_end;
mod time_format;
mod title_rows;
mod unclosed_quote;
mod unknown_column;
mod unknown_data_set;
mod unnamed_column;
mod url_format;
mod weekday_format;
mod whitespace;

use super::rule::Rule;

/// The one list: file, heading, cells, rows, table.
pub const RULES: &[&dyn Rule] = &[
    &encoding::Encoded,
    &delimiter::Delimiter,
    &file_extension::FileExtension,
    &newline::Newline,
    &unclosed_quote::UnclosedQuote,
    &title_rows::TitleRows,
    &multi_row_header::MultiRowHeader,
    &blank_rows::BlankRows,
    &blank_columns::BlankColumns,
    &several_sheets::SeveralSheets,
    &no_rows::NoRows,
    &missing_table::MissingTable,
    &unknown_data_set::UnknownDataSet,
    &older_edition::OlderEdition,
    &missing_column::MissingColumn,
    &unknown_column::UnknownColumn,
    &unnamed_column::UnnamedColumn,
    &duplicate_column::DuplicateColumn,
    &column_name::ColumnName,
    &column_order::ColumnOrder,
    &required::Required,
    &whitespace::Whitespace,
    &control_character::ControlCharacter,
    &line_break::LineBreak,
    &replacement_character::ReplacementCharacter,
    &charset::CharsetRule,
    &kana::Kana,
    &date_format::DateFormat,
    &time_format::TimeFormat,
    &number_format::NumberFormat,
    &phone_format::PhoneFormat,
    &postal_code_format::PostalCodeFormat,
    &url_format::UrlFormat,
    &email_format::EmailFormat,
    &weekday_format::WeekdayFormat,
    &municipality_code::MunicipalityCode,
    &corporate_number::CorporateNumber,
    &enumeration::Enumeration,
    &pattern::Pattern,
    &range::Range,
    &coordinate_range::CoordinateRange,
    &length::Length,
    &ragged_row::RaggedRow,
    &start_after_end::StartAfterEnd,
    &coordinate_pair::CoordinatePair,
    &duplicate_id::DuplicateId,
    &duplicate_row::DuplicateRow,
    &foreign_organization::ForeignOrganization,
    // Those that `publish::guard` finds.
    &row_collapse::RowCollapse,
    &renumbered_ids::RenumberedIds,
    &moved_points::MovedPoints,
    &emptied_column::EmptiedColumn,
    &new_mojibake::NewMojibake,
];

/// The rule with this id.
pub fn find(id: &str) -> Option<&'static dyn Rule> {
    RULES.iter().copied().find(|rule| rule.id() == id)
}
