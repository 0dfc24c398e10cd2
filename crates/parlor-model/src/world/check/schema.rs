//! Puts the JSON Schema of a world file together: the structs of [`crate::world::file`] and the
//! settings of the mechanics.

use super::{MechanicEntry, Vocabulary};
use crate::world::file::WorldFile;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The schema by which a file is checked: one that has a mechanic which brings its own cast need not have
/// one.
pub(super) fn for_file(vocabulary: &Vocabulary, file: &Value) -> Value {
    let mut schema = strict(vocabulary);
    let mut brings = bringing_casts(vocabulary);
    if brings.any(|name| !file["mechanics"][name].is_null()) {
        let _ = relax(&mut schema);
    }
    schema
}

/// The schema that editors use: it says the same, with a condition.
pub(super) fn build(vocabulary: &Vocabulary) -> Value {
    let mut schema = strict(vocabulary);
    let brings: Vec<_> = bringing_casts(vocabulary).collect();
    if brings.is_empty() {
        return schema;
    }
    let least = relax(&mut schema);
    let any_of: Vec<_> = brings
        .iter()
        .map(|name| json!({ "required": [name] }))
        .collect();
    if let Some(root) = schema.as_object_mut() {
        root.insert(
            "if".to_owned(),
            json!({ "required": ["mechanics"], "properties": { "mechanics": { "anyOf": any_of } } }),
        );
        root.insert(
            "else".to_owned(),
            json!({ "required": ["characters"], "properties": { "characters": { "minItems": least } } }),
        );
    }
    schema
}

fn bringing_casts(vocabulary: &Vocabulary) -> impl Iterator<Item = &'static str> {
    let mechanics = vocabulary.mechanics.iter();
    mechanics
        .filter(|entry| entry.brings_cast)
        .map(|entry| entry.name)
}

/// Lets a file have no cast; gives how many it had to have.
fn relax(schema: &mut Value) -> Value {
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| name != "characters");
    }
    let cast = schema
        .pointer_mut("/properties/characters")
        .and_then(Value::as_object_mut);
    cast.and_then(|cast| cast.shift_remove("minItems"))
        .unwrap_or_default()
}

fn strict(vocabulary: &Vocabulary) -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<WorldFile>()
        .to_value();
    let mut definitions = Map::new();
    let settings: Map<String, Value> = vocabulary
        .mechanics
        .iter()
        .map(|entry| (entry.name.to_owned(), adopt(entry, &mut definitions)))
        .collect();
    if let Some(mechanics) = schema
        .pointer_mut("/properties/mechanics")
        .and_then(Value::as_object_mut)
    {
        mechanics.insert("properties".to_owned(), Value::Object(settings));
        mechanics.insert("additionalProperties".to_owned(), json!(false));
    }
    if let Some(own) = schema.pointer_mut("/$defs").and_then(Value::as_object_mut) {
        own.extend(definitions);
    }
    tidy(&mut schema);
    schema
}

/// The schema of a mechanic's settings, fit to stand inside another one: its definitions move to
/// the root under the mechanic's name.
fn adopt(entry: &MechanicEntry, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = (entry.schema)();
    let Some(object) = schema.as_object_mut() else {
        return schema;
    };
    object.remove("$schema");
    object.remove("$id");
    if object.contains_key("properties") && !object.contains_key("additionalProperties") {
        object.insert("additionalProperties".to_owned(), json!(false));
    }
    let moved = object.remove("$defs");
    point_to_root(&mut schema, entry.name);
    if let Some(Value::Object(moved)) = moved {
        for (name, mut definition) in moved {
            point_to_root(&mut definition, entry.name);
            definitions.insert(format!("{}.{name}", entry.name), definition);
        }
    }
    schema
}

fn point_to_root(schema: &mut Value, mechanic: &str) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value {
                    Value::String(target) if key == "$ref" => {
                        if let Some(name) = target.strip_prefix("#/$defs/") {
                            *target = format!("#/$defs/{mechanic}.{name}");
                        }
                    }
                    _ => point_to_root(value, mechanic),
                }
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|value| point_to_root(value, mechanic)),
        _ => {}
    }
}

/// Makes it pleasant in an editor: descriptions run on where a line of the source code ends, and
/// "nothing" is no default that an author could write.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("default").is_some_and(is_nothing) {
                object.shift_remove("default");
            }
            if let Some(Value::String(description)) = object.get_mut("description") {
                let paragraphs: Vec<_> = description
                    .split("\n\n")
                    .map(|text| text.replace('\n', " "))
                    .collect();
                *description = paragraphs.join("\n\n");
            }
            object.values_mut().for_each(tidy);
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        _ => {}
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}
