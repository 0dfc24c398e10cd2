//! Holds a file against its JSON Schema and says in plain words what differs.

use super::document::{Document, escape, unescape};
use super::findings::{Findings, Said, shorten, suggest};
use super::words::{entries_of, is_or_are, label, no_choice, plain, table, wrong_type};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, ValidationError};
use serde_json::Value;

/// How much of the file there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// What could be read around syntax errors: nothing can be said to be missing.
    Fragment,
}

/// Reports what is not as `schema` says and takes it out of `json`, so that the rest can be read.
/// Indexes of lists stay.
pub(super) fn check(
    document: &Document<'_>,
    json: &mut Value,
    schema: &Value,
    extent: Extent,
    findings: &mut Findings,
) {
    let validator = match jsonschema::options()
        .with_draft(Draft::Draft202012)
        .build(schema)
    {
        Ok(validator) => validator,
        Err(error) => {
            let reason = error.to_string();
            return findings.add(0, || {
                format!("this program's own schema is broken: {reason}")
            });
        }
    };
    let mut spoilt = Vec::new();
    for error in validator.iter_errors(json) {
        let difference = Difference {
            document,
            schema,
            error: &error,
        };
        difference.report(extent, findings);
        difference.spoilt(&mut spoilt);
    }
    for pointer in spoilt {
        take_out(json, &pointer);
    }
}

/// Removes what the pointer names; from a list its whole list, as an index must not move.
fn take_out(json: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        *json = Value::Object(serde_json::Map::new());
        return;
    };
    match json.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.shift_remove(&unescape(last));
        }
        Some(Value::Array(_)) => take_out(json, parent),
        _ => {}
    }
}

/// One way in which the file differs from the schema.
struct Difference<'a, 'e> {
    document: &'a Document<'a>,
    schema: &'a Value,
    error: &'a ValidationError<'e>,
}

impl Difference<'_, '_> {
    fn pointer(&self) -> &str {
        self.error.instance_path().as_str()
    }

    /// The schema object in which the keyword stands that failed.
    fn rule(&self) -> Option<&Value> {
        let (rule, _) = self.error.schema_path().as_str().rsplit_once('/')?;
        self.schema.pointer(rule)
    }

    fn limit(&self, keyword: &str) -> Option<&Value> {
        self.rule()?.get(keyword)
    }

    /// What must be left out so that the rest fits.
    fn spoilt(&self, spoilt: &mut Vec<String>) {
        match self.error.kind() {
            // Every key has a default for the reader, see [`crate::world::file`].
            ValidationErrorKind::Required { .. } | ValidationErrorKind::MinItems { .. } => {}
            ValidationErrorKind::AdditionalProperties { unexpected } => spoilt.extend(
                unexpected
                    .iter()
                    .map(|key| format!("{}/{}", self.pointer(), escape(key))),
            ),
            _ => spoilt.push(self.pointer().to_owned()),
        }
    }

    fn report(&self, extent: Extent, findings: &mut Findings) {
        let value_at = || self.document.value_at(self.pointer());
        match self.error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    let pointer = format!("{}/{}", self.pointer(), escape(key));
                    findings.add(self.document.key_at(&pointer), || self.unknown_key(key));
                }
            }
            ValidationErrorKind::Required { .. } | ValidationErrorKind::MinItems { .. }
                if extent == Extent::Fragment => {}
            ValidationErrorKind::Required { property } => {
                findings.add(value_at(), || {
                    self.missing_key(property.as_str().unwrap_or_default())
                });
            }
            ValidationErrorKind::AnyOf { context } => match closest(context) {
                [] => findings.add(value_at(), || self.odd_value()),
                branch => {
                    for error in branch {
                        let (document, schema) = (self.document, self.schema);
                        Difference {
                            document,
                            schema,
                            error,
                        }
                        .report(extent, findings);
                    }
                }
            },
            _ => findings.add(value_at(), || self.odd_value()),
        }
    }

    fn unknown_key(&self, key: &str) -> Said {
        let known = self.limit("properties").and_then(Value::as_object);
        let names = known
            .into_iter()
            .flat_map(|keys| keys.keys().map(String::as_str));
        let short = shorten(key);
        match self.pointer() {
            "/mechanics" => (
                format!("unknown mechanic '{short}'"),
                suggest(key, "mechanics", names),
            )
                .into(),
            "" => (
                format!("unknown table '{short}'"),
                suggest(key, "the tables of a world file", names),
            )
                .into(),
            pointer => (
                format!("unknown key '{short}' in {}", table(pointer)),
                suggest(key, "its keys", names),
            )
                .into(),
        }
    }

    fn missing_key(&self, key: &str) -> Said {
        match (self.pointer(), key) {
            ("", "world") => (
                "there is no [world]".to_owned(),
                "begin with the line [world] and below it name = \"my-world\"".to_owned(),
            )
                .into(),
            ("", "characters") => (
                "there are no [[characters]]".to_owned(),
                "add at least two, each with the line [[characters]] and below it name = \"..\""
                    .to_owned(),
            )
                .into(),
            (pointer, _) => {
                let kind = self
                    .limit("properties")
                    .and_then(|keys| keys.get(key)?.get("type")?.as_str())
                    .unwrap_or("string");
                let sample = match kind {
                    "integer" | "number" => "..",
                    "array" => "[..]",
                    "object" => "{ .. }",
                    "boolean" => "true",
                    _ => "\"..\"",
                };
                (
                    format!("{} has no '{key}'", table(pointer)),
                    format!("add the line {key} = {sample}"),
                )
                    .into()
            }
        }
    }

    /// What is wrong with a value.
    fn odd_value(&self) -> Said {
        let label = label(self.pointer());
        let value = self.error.instance();
        match self.error.kind() {
            ValidationErrorKind::Type { kind } => wrong_type(&label, self.pointer(), kind, value),
            ValidationErrorKind::Enum { options } => {
                let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
                no_choice(
                    &label,
                    value,
                    options.iter().filter_map(Value::as_str).collect(),
                )
            }
            ValidationErrorKind::OneOfNotValid { .. } => {
                no_choice(&label, value, choices(self.limit("oneOf")))
            }
            ValidationErrorKind::Minimum { .. }
            | ValidationErrorKind::Maximum { .. }
            | ValidationErrorKind::ExclusiveMinimum { .. }
            | ValidationErrorKind::ExclusiveMaximum { .. } => {
                format!("{label} is {value}, but must be {}", self.range()).into()
            }
            ValidationErrorKind::Pattern { .. } => {
                let written = value.as_str().map(shorten).unwrap_or_default();
                (format!("{label} can't be '{written}'"), self.description()).into()
            }
            _ => self.odd_size().unwrap_or_else(|| {
                let reason = shorten(&self.error.masked().to_string());
                (
                    format!("{label} is not right: {reason}"),
                    self.description(),
                )
                    .into()
            }),
        }
    }

    /// What is wrong with the length of a text, list or table.
    fn odd_size(&self) -> Option<Said> {
        let label = label(self.pointer());
        let value = self.error.instance();
        let entries = || {
            let count = value.as_array().map_or(0, Vec::len);
            format!("there {} {}", is_or_are(count), entries_of(self.pointer()))
        };
        let said = match self.error.kind() {
            ValidationErrorKind::MinLength { .. } => format!("{label} is empty"),
            ValidationErrorKind::MaxLength { limit } => {
                let chars = value.as_str().map_or(0, |text| text.chars().count());
                format!("{label} has {chars} characters, but at most {limit} fit")
            }
            ValidationErrorKind::MinItems { limit } => {
                format!("{}, but at least {limit} are needed", entries())
            }
            ValidationErrorKind::MaxItems { limit } => {
                format!("{}, but at most {limit} fit", entries())
            }
            ValidationErrorKind::MaxProperties { limit } => {
                format!("{} has more than {limit} keys", table(self.pointer()))
            }
            _ => return None,
        };
        Some(said.into())
    }

    fn description(&self) -> Option<String> {
        self.limit("description")
            .and_then(Value::as_str)
            .map(|text| text.replace('\n', " "))
    }

    /// The range that a number must be in.
    fn range(&self) -> String {
        let bound = |keyword| self.limit(keyword).map(plain);
        match (
            bound("minimum"),
            bound("maximum"),
            bound("exclusiveMinimum"),
            bound("exclusiveMaximum"),
        ) {
            (Some(min), Some(max), ..) => format!("from {min} to {max}"),
            (Some(min), _, _, Some(max)) => format!("at least {min} and below {max}"),
            (_, Some(max), Some(min), _) => format!("above {min} and at most {max}"),
            (_, _, Some(min), Some(max)) => format!("above {min} and below {max}"),
            (Some(min), ..) => format!("at least {min}"),
            (_, Some(max), ..) => format!("at most {max}"),
            (_, _, Some(min), _) => format!("above {min}"),
            (_, _, _, Some(max)) => format!("below {max}"),
            _ => "another number".to_owned(),
        }
    }
}

/// The alternative that the author most likely meant: not "nothing", then the one with the fewest
/// errors.
fn closest<'c>(branches: &'c [Vec<ValidationError<'static>>]) -> &'c [ValidationError<'static>] {
    let wants_nothing = |errors: &[ValidationError<'_>]| {
        errors.iter().any(|error| match error.kind() {
            ValidationErrorKind::Type {
                kind: TypeKind::Single(kind),
            } => kind.as_str() == "null",
            _ => false,
        })
    };
    branches
        .iter()
        .filter(|errors| !wants_nothing(errors))
        .min_by_key(|errors| errors.len())
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The texts that the alternatives of a documented enum allow.
fn choices(alternatives: Option<&Value>) -> Vec<&str> {
    alternatives
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .flat_map(|choice| {
            let many = choice
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            choice.get("const").into_iter().chain(many)
        })
        .filter_map(Value::as_str)
        .collect()
}
