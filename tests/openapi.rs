//! The committed OpenAPI document is what the server serves, and says enough.

#![cfg(feature = "server")]

use std::collections::HashSet;

use machikura::http::openapi;
use machikura::standard::Registry;
use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(&openapi::json(Registry::embedded())).expect("JSON")
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .expect("a path item")
                .iter()
                .map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == openapi::json(Registry::embedded()), "openapi/openapi.json is out of date; run: make openapi");
}

#[test]
fn the_document_is_openapi_3_1() {
    assert!(document()["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
}

#[test]
fn every_operation_is_explained_in_both_languages() {
    let document = document();
    let mut ids = HashSet::new();
    let mut faults = Vec::new();
    for (name, operation) in operations(&document) {
        let text = |key: &str| operation[key].as_str().unwrap_or_default();
        if !text("summary").contains(" / ") || !text("description").contains(" /") {
            faults.push(format!("{name}: summary and description in Japanese / English"));
        }
        if operation["tags"].as_array().is_none_or(|tags| tags.len() != 1) {
            faults.push(format!("{name}: one tag"));
        }
        let id = text("operationId").to_owned();
        let verbs = ["get_", "list_", "download_", "publish_", "validate_", "fix_"];
        if !verbs.iter().any(|verb| id.starts_with(verb)) || !ids.insert(id) {
            faults.push(format!("{name}: a unique operationId <verb>_<resource>"));
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if !parameter["description"].as_str().unwrap_or_default().contains(" / ") {
                faults.push(format!("{name}: parameter {} is not described in both languages", parameter["name"]));
            }
        }
        let responses = operation["responses"].as_object().expect("responses");
        let problem =
            responses.get("4XX").map(|response| &response["content"]["application/problem+json"]["schema"]["$ref"]);
        if problem.and_then(Value::as_str) != Some("#/components/schemas/ProblemBody") {
            faults.push(format!("{name}: a problem for 4XX"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_standard_has_a_component_with_typed_fields() {
    let document = document();
    for standard in Registry::embedded().standards() {
        let component = &document["components"]["schemas"][&standard.slug];
        let fields = standard.main_table().schema().fields();
        for field in fields {
            let property = &component["properties"][&field.name];
            let expected = match field.kind.table_schema_type() {
                "integer" => "integer",
                "number" => "number",
                _ => "string",
            };
            let types = property["type"].as_array().expect("a type or null");
            assert!(
                types.contains(&expected.into()) && types.contains(&"null".into()),
                "{} {}",
                standard.slug,
                field.name
            );
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(schemas.contains_key(name), "{name}");
    }
}
