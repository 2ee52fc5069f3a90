//! Every rule, one a file. A new rule is a file here and a line in [`RULES`].

mod address_joined;
mod blank_columns;
mod blank_publisher;
mod blank_rows;
mod charset;
mod code_name;
mod code_prefecture;
mod column_name;
mod column_order;
mod control_character;
mod coordinate_pair;
mod coordinate_precision;
pub(super) mod coordinate_range;
mod copied_coordinate;
mod corporate_number;
mod date_format;
mod delimiter;
mod distant_point;
mod duplicate_column;
mod duplicate_id;
mod duplicate_row;
mod email_format;
pub mod emptied_column;
mod encoding;
mod enumeration;
mod file_extension;
mod file_name_code;
mod fill_series;
mod foreign_organization;
mod formula;
mod half_hours;
mod half_width_kana;
mod hidden_content;
mod house_number_date;
mod html;
pub(super) mod kana;
pub(super) mod length;
mod line_break;
mod lost_character;
mod misplaced_text;
mod missing_column;
mod missing_id;
pub(super) mod missing_table;
pub mod moved_points;
mod multi_row_header;
mod municipality_code;
mod my_number;
mod never_filled_column;
pub mod new_mojibake;
mod newline;
mod no_rows;
mod number_format;
mod older_edition;
mod outside_municipality;
mod pattern;
mod personal_mobile;
mod phone_format;
mod placeholder;
mod postal_code_format;
mod private_use;
mod ragged_row;
mod range;
pub mod renumbered_ids;
mod replacement_character;
mod required;
pub mod row_collapse;
mod sanitize;
pub(super) mod scientific_notation;
mod several_sheets;
mod spreadsheet_error;
mod start_after_end;
mod sum;
mod swapped_coordinates;
mod time_format;
mod title_rows;
mod unclosed_quote;
mod unknown_column;
mod unknown_data_set;
mod unnamed_column;
mod url_format;
mod us_date;
mod weekday_format;
mod whitespace;
mod whole_address;
mod zero_coordinates;

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
    &hidden_content::HiddenContent,
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
    &private_use::PrivateUse,
    &my_number::MyNumber,
    &html::Html,
    &spreadsheet_error::SpreadsheetError,
    &formula::Formula,
    &placeholder::Placeholder,
    &sanitize::Sanitize,
    &scientific_notation::ScientificNotation,
    &lost_character::LostCharacter,
    &charset::CharsetRule,
    &half_width_kana::HalfWidthKana,
    &kana::Kana,
    &date_format::DateFormat,
    &time_format::TimeFormat,
    &number_format::NumberFormat,
    &phone_format::PhoneFormat,
    &personal_mobile::PersonalMobile,
    &postal_code_format::PostalCodeFormat,
    &url_format::UrlFormat,
    &email_format::EmailFormat,
    &weekday_format::WeekdayFormat,
    &municipality_code::MunicipalityCode,
    &corporate_number::CorporateNumber,
    &enumeration::Enumeration,
    &pattern::Pattern,
    &range::Range,
    &coordinate_precision::CoordinatePrecision,
    &length::Length,
    &ragged_row::RaggedRow,
    &start_after_end::StartAfterEnd,
    &coordinate_pair::CoordinatePair,
    &coordinate_range::CoordinateRange,
    &zero_coordinates::ZeroCoordinates,
    &copied_coordinate::CopiedCoordinate,
    &outside_municipality::OutsideMunicipality,
    &code_prefecture::CodePrefecture,
    &code_name::CodeName,
    &whole_address::WholeAddress,
    &house_number_date::HouseNumberDate,
    &sum::SumRule,
    &misplaced_text::MisplacedText,
    &swapped_coordinates::SwappedCoordinates,
    &half_hours::HalfHours,
    &distant_point::DistantPoint,
    &us_date::UsDate,
    &fill_series::FillSeries,
    &file_name_code::FileNameCode,
    &missing_id::MissingId,
    &blank_publisher::BlankPublisher,
    &address_joined::AddressJoined,
    &never_filled_column::NeverFilledColumn,
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
