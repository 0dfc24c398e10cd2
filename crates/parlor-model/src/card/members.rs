//! A JSON object whose values stay as they were written: numbers keep their digits, texts their
//! escapes, objects their order. Reading is lenient, as cards in the wild are: a field of another
//! type than expected counts as missing.

use super::CardError;
use super::limits::JSON_DEPTH_MAX;
use indexmap::IndexMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// The members of an object, in their order.
#[derive(Debug, Clone, Default, Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Members(IndexMap<String, Box<RawValue>>);

impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .0
                .iter()
                .zip(&other.0)
                .all(|((a, x), (b, y))| a == b && x.get() == y.get())
    }
}

impl Members {
    /// The outer object of a card, so far without the card.
    pub(super) fn envelope(spec: &str, version: &str) -> Self {
        let mut outer = Self::default();
        outer.put("spec", &spec);
        outer.put("spec_version", &version);
        outer
    }

    /// Reads an object.
    pub(super) fn parse(text: &str) -> Result<Self, CardError> {
        check_depth(text)?;
        serde_json::from_str(text).map_err(|e| CardError::Json(e.to_string()))
    }

    pub(super) fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        serde_json::from_str(self.0.get(key)?.get()).ok()
    }

    /// A text; a number or a truth value as it is written; else empty.
    pub(super) fn text(&self, key: &str) -> String {
        match self.0.get(key).map(|raw| raw.get()) {
            Some(raw) if raw.starts_with('"') => serde_json::from_str(raw).unwrap_or_default(),
            Some(raw) if raw != "null" && !raw.starts_with(['{', '[']) => raw.to_owned(),
            _ => String::new(),
        }
    }

    /// The texts of a list, at most `max`.
    pub(super) fn texts(&self, key: &str, max: usize) -> Vec<String> {
        let Some(items) = self.get::<Vec<Box<RawValue>>>(key) else {
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|raw| serde_json::from_str(raw.get()).ok())
            .take(max)
            .collect()
    }

    /// The objects of a list, at most `max`.
    pub(super) fn objects(&self, key: &str, max: usize) -> Vec<Self> {
        let Some(items) = self.get::<Vec<Box<RawValue>>>(key) else {
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|raw| serde_json::from_str(raw.get()).ok())
            .take(max)
            .collect()
    }

    /// A number, also one that is written as a text.
    pub(super) fn number(&self, key: &str) -> Option<f64> {
        self.text(key)
            .trim()
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
    }

    pub(super) fn object(&self, key: &str) -> Option<Self> {
        self.get(key)
    }

    /// Takes out an object; whatever else is there under this key stays.
    pub(super) fn take_object(&mut self, key: &str) -> Option<Self> {
        let object = self.object(key)?;
        self.0.shift_remove(key);
        Some(object)
    }

    /// Takes what `other` has and this one lacks.
    pub(super) fn adopt(&mut self, other: &Self) {
        for (key, raw) in &other.0 {
            self.0.entry(key.clone()).or_insert_with(|| raw.clone());
        }
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("members are JSON")
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Puts a value in place of what is there, or at the end.
    pub(super) fn put(&mut self, key: &str, value: &impl Serialize) {
        let raw =
            serde_json::value::to_raw_value(value).expect("texts, lists and members are JSON");
        self.0.insert(key.to_owned(), raw);
    }

    /// Puts a value where nothing is.
    pub(super) fn put_missing(&mut self, key: &str, value: &impl Serialize) {
        if !self.has(key) {
            self.put(key, value);
        }
    }
}

/// Refuses what is nested too deep before anything recurses into it.
fn check_depth(text: &str) -> Result<(), CardError> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > JSON_DEPTH_MAX {
            return Err(CardError::Json(format!(
                "it is nested more than {JSON_DEPTH_MAX} deep"
            )));
        }
    }
    Ok(())
}
