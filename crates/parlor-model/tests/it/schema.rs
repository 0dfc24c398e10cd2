//! The JSON Schema for editors.

use crate::vocabulary::vocabulary;
use parlor_model::world::check::schema;
use serde_json::Value;

#[test]
fn the_schema_is_valid_2020_12() {
    let schema = schema(&vocabulary());
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
}

#[test]
fn mechanics_stand_in_the_schema_with_their_definitions() {
    let schema = schema(&vocabulary());
    let probability =
        schema.pointer("/properties/mechanics/properties/gossip/properties/probability");
    assert_eq!(
        probability,
        Some(&serde_json::json!({ "$ref": "#/$defs/gossip.Probability" }))
    );
    assert_eq!(schema["$defs"]["gossip.Probability"]["maximum"], 1.0);
}

#[test]
fn every_table_refuses_unknown_keys_and_every_key_is_described() {
    let schema = schema(&vocabulary());
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, table) in definitions
        .iter()
        .filter(|(_, table)| table["properties"].is_object())
    {
        assert_eq!(table["additionalProperties"], Value::Bool(false), "{name}");
        for (key, value) in table["properties"].as_object().unwrap() {
            assert!(value["description"].is_string(), "{name}.{key}");
        }
    }
    assert_eq!(schema["additionalProperties"], Value::Bool(false));
}

#[test]
fn the_schema_stays_as_editors_know_it() {
    insta::assert_json_snapshot!(schema(&vocabulary()));
}
