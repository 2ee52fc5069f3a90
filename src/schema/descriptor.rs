//! Reading and writing a schema as a Table Schema descriptor.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Charset, Confidence, Constraints, Field, Kind, Opening, Requirement, Role, Schema, SchemaError, Sum};
use crate::text::Bilingual;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Descriptor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record_name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ascending: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sums: Vec<SumDescriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opening: Option<OpeningDescriptor>,
    #[serde(default = "blank_is_missing")]
    missing_values: Vec<String>,
    fields: Vec<FieldDescriptor>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SumDescriptor {
    total: String,
    parts: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpeningDescriptor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hours: Option<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remarks: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldDescriptor {
    position: usize,
    name: String,
    name_en: String,
    #[serde(rename = "type")]
    table_schema_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    description_en: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    example: Option<String>,
    #[serde(default)]
    requirement: Requirement,
    #[serde(default)]
    confidence: Confidence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charset: Option<Charset>,
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    constraints: Constraints,
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    advice: Constraints,
    #[serde(default, rename = "codeList", skip_serializing_if = "Option::is_none")]
    code_list: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    #[serde(default, rename = "valueAliases", skip_serializing_if = "BTreeMap::is_empty")]
    value_aliases: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    separator: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(default, rename = "blankMeaning", skip_serializing_if = "Option::is_none")]
    blank_meaning: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    becomes: Option<String>,
}

fn blank_is_missing() -> Vec<String> {
    vec![String::new()]
}

pub(super) fn parse(json: &str) -> Result<Schema, SchemaError> {
    let descriptor: Descriptor = serde_json::from_str(json)?;
    for (index, field) in descriptor.fields.iter().enumerate() {
        if field.position != index + 1 {
            return Err(SchemaError::Position {
                field: field.name.clone(),
                found: field.position,
                expected: index + 1,
            });
        }
    }
    let mut schema = Schema::new(descriptor.fields.into_iter().map(FieldDescriptor::into_field).collect())?;
    let find = |key: &'static str, name: &str| {
        schema.index_of(name).ok_or_else(|| SchemaError::UnknownField { key, field: name.to_owned() })
    };
    let record_id = descriptor.record_id.map(|name| find("recordId", &name)).transpose()?;
    let record_name = descriptor.record_name.map(|name| find("recordName", &name)).transpose()?;
    let ascending = descriptor
        .ascending
        .iter()
        .map(|(first, second)| Ok((find("ascending", first)?, find("ascending", second)?)))
        .collect::<Result<_, SchemaError>>()?;
    let sums = descriptor
        .sums
        .iter()
        .map(|sum| {
            let parts = sum.parts.iter().map(|part| find("sums", part)).collect::<Result<_, _>>()?;
            Ok(Sum { total: find("sums", &sum.total)?, parts })
        })
        .collect::<Result<_, SchemaError>>()?;
    let opening = descriptor.opening.map(|opening| {
        let one = |name: Option<String>| name.map(|name| find("opening", &name)).transpose();
        let hours = opening
            .hours
            .map(|(opens, closes)| Ok::<_, SchemaError>((find("opening", &opens)?, find("opening", &closes)?)));
        Ok::<_, SchemaError>(Opening {
            days: one(opening.days)?,
            hours: hours.transpose()?,
            remarks: one(opening.remarks)?,
        })
    });
    let opening = opening.transpose()?;
    schema.opening = opening;
    schema.record_id = record_id;
    schema.record_name = record_name;
    schema.ascending = ascending;
    schema.sums = sums;
    Ok(schema)
}

pub(super) fn write(schema: &Schema) -> serde_json::Value {
    let name = |index: usize| schema.fields[index].name.clone();
    let descriptor = Descriptor {
        record_id: schema.record_id.map(name),
        record_name: schema.record_name.map(name),
        ascending: schema.ascending.iter().map(|(first, second)| (name(*first), name(*second))).collect(),
        sums: schema
            .sums
            .iter()
            .map(|sum| SumDescriptor {
                total: name(sum.total),
                parts: sum.parts.iter().map(|part| name(*part)).collect(),
            })
            .collect(),
        opening: schema.opening.map(|opening| OpeningDescriptor {
            days: opening.days.map(name),
            hours: opening.hours.map(|(opens, closes)| (name(opens), name(closes))),
            remarks: opening.remarks.map(name),
        }),
        missing_values: blank_is_missing(),
        fields: schema.fields.iter().map(FieldDescriptor::from_field).collect(),
    };
    serde_json::to_value(descriptor).expect("a descriptor has only string keys")
}

impl FieldDescriptor {
    fn into_field(self) -> Field {
        Field {
            position: self.position,
            name: self.name,
            name_en: self.name_en,
            kind: self.kind,
            role: self.role,
            description: Bilingual { ja: self.description, en: self.description_en },
            example: self.example,
            requirement: self.requirement,
            confidence: self.confidence,
            charset: self.charset,
            constraints: self.constraints,
            advice: self.advice,
            code_list: self.code_list,
            aliases: self.aliases,
            value_aliases: self.value_aliases,
            width: self.width,
            separator: self.separator,
            unit: self.unit,
            blank_meaning: self.blank_meaning,
            becomes: self.becomes,
        }
    }

    fn from_field(field: &Field) -> FieldDescriptor {
        let field = field.clone();
        FieldDescriptor {
            position: field.position,
            name: field.name,
            name_en: field.name_en,
            table_schema_type: field.kind.table_schema_type().to_owned(),
            format: field.kind.table_schema_format().map(str::to_owned),
            kind: field.kind,
            role: field.role,
            description: field.description.ja,
            description_en: field.description.en,
            example: field.example,
            requirement: field.requirement,
            confidence: field.confidence,
            charset: field.charset,
            constraints: field.constraints,
            advice: field.advice,
            code_list: field.code_list,
            aliases: field.aliases,
            value_aliases: field.value_aliases,
            width: field.width,
            separator: field.separator,
            unit: field.unit,
            blank_meaning: field.blank_meaning,
            becomes: field.becomes,
        }
    }
}
