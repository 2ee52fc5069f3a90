//! Parquet for analysis, with GeoParquet 1.1 (<https://geoparquet.org/releases/v1.1.0/>) where there are coordinates.
//! Records are gathered and written column by column, a row group at a time, so that any number needs little memory.

use std::io::{self, Write};
use std::sync::Arc;

use jiff::civil::{Date, date};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::{Columns, Encoder, Format, Head, Options, columns::Tokens};
use crate::{
    schema::{Kind, Record},
    text::Text,
};

/// Records of a row group at most.
const MOST_ROWS: usize = 50_000;
/// Bytes of text of a row group, from which on it is written.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Name of the column of points.
const GEOMETRY: &str = "geometry";
/// Name of the column of the boxes around them, by which readers pass over what lies elsewhere.
const BOX: &str = "bbox";
/// What a box is made of; that of a point is the point twice.
const SIDES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

pub(super) struct Parquet;

impl Format for Parquet {
    fn id(&self) -> &'static str {
        "parquet"
    }

    fn media_type(&self) -> &'static str {
        "application/vnd.apache.parquet"
    }

    fn title(&self) -> Text {
        Text {
            ja: "Parquet（分析用。座標があれば GeoParquet）", en: "Parquet; GeoParquet with coordinates"
        }
    }

    fn is_packed(&self) -> bool {
        true
    }

    fn encoder<'a>(&self, columns: &'a Columns<'a>, _: &Options) -> Box<dyn Encoder + 'a> {
        Box::new(Groups::new(columns))
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    Integer,
    Number,
    Day,
}

impl Shape {
    fn of(kind: Kind) -> Shape {
        match kind {
            Kind::Integer => Shape::Integer,
            Kind::Number | Kind::Latitude | Kind::Longitude => Shape::Number,
            Kind::Date => Shape::Day,
            // Times go to 24:00, which is no time of day to Parquet.
            Kind::Time
            | Kind::String
            | Kind::Flag
            | Kind::Enum
            | Kind::Code
            | Kind::MunicipalityCode
            | Kind::Phone
            | Kind::PostalCode
            | Kind::Url
            | Kind::Email
            | Kind::CorporateNumber
            | Kind::WeekdayList => Shape::Text,
        }
    }

    fn types(self) -> (Physical, Option<LogicalType>) {
        match self {
            Shape::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Shape::Integer => (Physical::INT64, None),
            Shape::Number => (Physical::DOUBLE, None),
            Shape::Day => (Physical::INT32, Some(LogicalType::Date)),
        }
    }
}

struct Groups<'a> {
    columns: &'a Columns<'a>,
    tokens: Tokens,
    shapes: Vec<Shape>,
    coordinates: Option<(usize, usize)>,
    /// The names of the columns of points and of boxes, which no other column has.
    geometry: String,
    boxes: String,
    group: Group,
    /// The box around all points: west, south, east, north.
    bounds: Option<[f64; 4]>,
    /// The file so far, or what went wrong.
    writer: Result<SerializedFileWriter<Vec<u8>>, ParquetError>,
}

/// Records that wait to be written.
#[derive(Default)]
struct Group {
    rows: usize,
    /// The texts of all cells, row by row.
    cells: String,
    /// Where each cell ends.
    ends: Vec<usize>,
    /// East and north of each record.
    points: Vec<Option<(f64, f64)>>,
}

impl Group {
    fn cell(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.cells[start..self.ends[index]]
    }

    fn column(&self, column: usize, columns: usize) -> impl Iterator<Item = &str> {
        (0..self.rows).map(move |row| self.cell(row * columns + column))
    }
}

impl<'a> Groups<'a> {
    fn new(columns: &'a Columns<'a>) -> Groups<'a> {
        let shapes: Vec<Shape> = columns.kinds().map(Shape::of).collect();
        let coordinates = columns.schema().coordinates();
        let geometry = columns.schema().free_name(GEOMETRY, &[]);
        let boxes = columns.schema().free_name(BOX, std::slice::from_ref(&geometry));
        let fields = columns.names().zip(&shapes).map(|(name, shape)| field(name, shape.types()));
        let point = coordinates.map(|_| field(&geometry, (Physical::BYTE_ARRAY, None)));
        let around = coordinates.map(|_| box_field(&boxes));
        let writer = fields.chain(point).chain(around).collect::<Result<Vec<_>, _>>().and_then(|fields| {
            let schema = Type::group_type_builder("records").with_fields(fields).build()?;
            let properties = WriterProperties::builder()
                .set_created_by(concat!("machikura ", env!("CARGO_PKG_VERSION")).to_owned())
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
                .build();
            SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))
        });
        let (group, tokens) = (Group::default(), Tokens::default());
        Groups { columns, tokens, shapes, coordinates, geometry, boxes, group, bounds: None, writer }
    }

    /// Writes what has been gathered.
    fn flush(&mut self) -> Result<(), ParquetError> {
        let group = std::mem::take(&mut self.group);
        let Ok(writer) = &mut self.writer else { return Ok(()) };
        if group.rows == 0 {
            return Ok(());
        }
        let mut rows = writer.next_row_group()?;
        let mut next = 0;
        while let Some(mut column) = rows.next_column()? {
            let points = group.points.iter();
            match (self.shapes.get(next), next - next.min(self.shapes.len())) {
                (Some(shape), _) => write_cells(&mut column, *shape, group.column(next, self.shapes.len()))?,
                (None, 0) => write::<ByteArrayType, _>(&mut column, points, |point| point.map(well_known))?,
                // The sides in their order.
                (None, 1 | 3) => write::<DoubleType, _>(&mut column, points, |point| point.map(|(east, _)| east))?,
                (None, _) => write::<DoubleType, _>(&mut column, points, |point| point.map(|(_, north)| north))?,
            }
            column.close()?;
            next += 1;
        }
        rows.close()?;
        writer.flush()?;
        Ok(())
    }

    /// Hands over the bytes that are ready.
    fn take(&mut self) -> Vec<u8> {
        self.writer.as_mut().map(|writer| std::mem::take(writer.inner_mut())).unwrap_or_default()
    }

    /// What makes it GeoParquet.
    fn about_geometry(&self) -> KeyValue {
        let mut column = serde_json::json!({"encoding": "WKB", "geometry_types": ["Point"]});
        if let Some(bounds) = self.bounds {
            column["bbox"] = bounds.as_slice().into();
        }
        let name = &self.geometry;
        let sides = SIDES.map(|side| (side.to_owned(), serde_json::json!([self.boxes, side])));
        column["covering"] = serde_json::json!({"bbox": serde_json::Map::from_iter(sides)});
        let about = serde_json::json!({"version": "1.1.0", "primary_column": name, "columns": {name: column}});
        KeyValue::new("geo".to_owned(), about.to_string())
    }

    fn finish(&mut self) -> Result<(), ParquetError> {
        self.flush()?;
        let about = self.coordinates.map(|_| self.about_geometry());
        let writer = self.writer.as_mut().map_err(|error| ParquetError::General(error.to_string()))?;
        if let Some(about) = about {
            writer.append_key_value_metadata(about);
        }
        writer.finish()?;
        writer.flush()?;
        Ok(())
    }
}

impl Encoder for Groups<'_> {
    fn begin(&mut self, _: &Head, _: &mut Vec<u8>) {}

    fn record(&mut self, record: &Record, out: &mut Vec<u8>) {
        self.tokens.find(&record.values);
        let group = &mut self.group;
        self.columns.each_text(record, &self.tokens, |text| {
            group.cells.push_str(text);
            group.ends.push(group.cells.len());
        });
        group.rows += 1;
        if let Some((latitude, longitude)) = self.coordinates {
            let number = |field| self.tokens.get(&record.values, field).parse::<f64>().ok();
            let point = number(longitude).zip(number(latitude));
            if let Some((east, north)) = point {
                let [west, south, old_east, old_north] = self.bounds.unwrap_or([east, north, east, north]);
                self.bounds = Some([west.min(east), south.min(north), old_east.max(east), old_north.max(north)]);
            }
            group.points.push(point);
        }
        if group.rows == MOST_ROWS || group.cells.len() >= MOST_BYTES {
            if let Err(error) = self.flush() {
                self.writer = Err(error);
            }
            out.append(&mut self.take());
        }
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.finish().map_err(io::Error::other)?;
        out.write_all(&self.take())
    }
}

/// A column whose values may be missing.
fn field(name: &str, (physical, logical): (Physical, Option<LogicalType>)) -> Result<Arc<Type>, ParquetError> {
    let builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    Ok(Arc::new(builder.with_logical_type(logical).build()?))
}

/// A column of boxes, where there are any.
fn box_field(name: &str) -> Result<Arc<Type>, ParquetError> {
    let side = |name: &str| {
        let builder = Type::primitive_type_builder(name, Physical::DOUBLE).with_repetition(Repetition::REQUIRED);
        Ok(Arc::new(builder.build()?))
    };
    let sides = SIDES.iter().map(|name| side(name)).collect::<Result<Vec<_>, ParquetError>>()?;
    let builder = Type::group_type_builder(name).with_repetition(Repetition::OPTIONAL);
    Ok(Arc::new(builder.with_fields(sides).build()?))
}

fn write_cells<'c>(
    column: &mut SerializedColumnWriter<'_>,
    shape: Shape,
    cells: impl Iterator<Item = &'c str>,
) -> Result<(), ParquetError> {
    match shape {
        Shape::Text => {
            write::<ByteArrayType, _>(column, cells, |text| (!text.is_empty()).then(|| ByteArray::from(text)))
        }
        Shape::Integer => write::<Int64Type, _>(column, cells, |text| text.parse().ok()),
        Shape::Number => write::<DoubleType, _>(column, cells, |text| text.parse().ok()),
        Shape::Day => write::<Int32Type, _>(column, cells, day),
    }
}

/// Writes the values of a column; where there is none it is null.
fn write<D: DataType, T>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = T>,
    value: impl Fn(T) -> Option<D::T>,
) -> Result<(), ParquetError> {
    let mut values = Vec::new();
    let levels: Vec<i16> = cells
        .map(|cell| match value(cell) {
            Some(value) => {
                values.push(value);
                1
            }
            None => 0,
        })
        .collect();
    column.typed::<D>().write_batch(&values, Some(&levels), None)?;
    Ok(())
}

/// Days since 1970.
fn day(text: &str) -> Option<i32> {
    const FIRST: Date = date(1970, 1, 1);
    let day: Date = text.parse().ok()?;
    Some(day.since(FIRST).ok()?.get_days())
}

/// A point as well-known binary (OGC 06-103r4, section 8), little-endian.
fn well_known((east, north): (f64, f64)) -> ByteArray {
    let mut bytes = vec![1, 1, 0, 0, 0];
    bytes.extend_from_slice(&east.to_le_bytes());
    bytes.extend_from_slice(&north.to_le_bytes());
    ByteArray::from(bytes)
}

#[cfg(test)]
mod tests {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::RowAccessor;

    use super::*;
    use crate::format::tests::{bytes, record, schema, texts};

    fn read(body: Vec<u8>) -> SerializedFileReader<bytes::Bytes> {
        SerializedFileReader::new(bytes::Bytes::from(body)).unwrap()
    }

    #[test]
    fn a_page() {
        let schema = schema();
        let columns = Columns::new(&schema, None, false, true);
        let mut records =
            [record(&schema, &["0086", "市役所", "34.660", "133.9", "10"]), record(&schema, &["2", "", "35", "", ""])];
        records[0].distance_m = Some(12.0);
        let (body, _) = bytes(&Parquet, &columns, &Head::default(), &records, &Options::default());
        assert_eq!(body, bytes(&Parquet, &columns, &Head::default(), &records, &Options::default()).0);
        let reader = read(body);
        let told = reader.metadata().file_metadata();
        let names: Vec<&str> = told.schema().get_fields().iter().map(|field| field.name()).collect();
        assert_eq!(names, ["ID", "名称", "緯度", "経度", "定員", "distance_m", "geometry", "bbox"]);
        let geo = told.key_value_metadata().unwrap().iter().find(|pair| pair.key == "geo").unwrap();
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(geo.value.as_ref().unwrap()).unwrap(),
            serde_json::json!({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry":
                {"encoding": "WKB", "geometry_types": ["Point"], "bbox": [133.9, 34.66, 133.9, 34.66], "covering": {"bbox": {
                    "xmin": ["bbox", "xmin"], "ymin": ["bbox", "ymin"], "xmax": ["bbox", "xmax"], "ymax": ["bbox", "ymax"]}}}}})
        );
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows[0].get_string(0).unwrap(), "0086");
        assert_eq!((rows[0].get_double(2).unwrap(), rows[0].get_long(4).unwrap()), (34.66, 10));
        let around = rows[0].get_group(7).unwrap().to_string();
        assert_eq!(around, "{xmin: 133.9, ymin: 34.66, xmax: 133.9, ymax: 34.66}");
        assert_eq!(rows[0].get_bytes(6).unwrap().data().len(), 21);
        assert_eq!(
            rows[1].to_string(),
            "{ID: \"2\", 名称: null, 緯度: 35.0, 経度: null, 定員: null, distance_m: null, geometry: null, bbox: null}"
        );
    }

    #[test]
    fn records_go_into_several_groups() {
        let schema = texts(&["geometry"]);
        let columns = Columns::new(&schema, None, false, false);
        let mut encoder = Groups::new(&columns);
        let mut body = Vec::new();
        for number in 0..=MOST_ROWS {
            encoder.record(&record(&schema, &[&number.to_string()]), &mut body);
        }
        assert!(!body.is_empty(), "a full group is handed over");
        encoder.end(&mut body).unwrap();
        let reader = read(body);
        let rows: Vec<i64> = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        assert_eq!(rows, [50_000, 1]);
    }

    #[test]
    fn days_are_counted_from_1970() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("2024-02-29", Some(19_782)),
            ("1969-12-31", Some(-1)),
            ("", None),
            ("九月", None),
        ] {
            assert_eq!(day(text), expected);
        }
    }
}
