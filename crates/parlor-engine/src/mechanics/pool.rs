//! **Pool** (`[mechanics.pool]`): the topics that everybody talks about. It begins with the world's
//! `[[topics]]`; a source, if there is one, refreshes it: a file, or a feed (RSS or Atom) by URL. What a
//! source brought is talked about until it expires. A source that fails leaves the pool as it is.

use super::{Mechanic, Settings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The topics, where they come from, and how often each sort comes up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pool {
    /// Where new topics come from: an http(s) URL of an RSS or Atom feed, a file on the server (TOML
    /// with [[topics]], or a feed), or "llm": the language model of the world's first dialect of that
    /// kind. Default: nowhere, the world's own topics stay.
    #[schemars(with = "String", length(min = 1, max = 2000))]
    pub source: Option<String>,
    /// Category of what a feed brings, where it says none.
    #[schemars(with = "String", length(min = 1, max = 60))]
    pub category: Option<String>,
    /// Hours after which the source is asked again. A week by default.
    #[schemars(range(min = 1, max = 8760))]
    pub refresh_hours: u32,
    /// Days after which what a source brought is no longer talked about.
    #[schemars(range(min = 1, max = 3650))]
    pub expire_days: u32,
    /// How often topics of a category come up, by weight; 1 for a category that is not listed, 0 never.
    pub weights: BTreeMap<String, f64>,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            source: None,
            category: None,
            refresh_hours: 168,
            expire_days: 14,
            weights: BTreeMap::new(),
        }
    }
}

impl Settings for Pool {
    const NAME: &'static str = "pool";
}

impl Mechanic for Pool {}

impl Pool {
    /// The weight of a category.
    #[must_use]
    pub fn weight(&self, category: Option<&str>) -> f64 {
        let listed = category.and_then(|category| self.weights.get(category));
        listed.copied().unwrap_or(1.0).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_that_is_not_listed_weighs_one() {
        let pool = Pool {
            weights: [("food".to_owned(), 3.0), ("sport".to_owned(), -1.0)].into(),
            ..Pool::default()
        };
        let weights = [Some("food"), Some("sport"), Some("art"), None];
        assert_eq!(
            weights.map(|category| pool.weight(category)),
            [3.0, 0.0, 1.0, 1.0]
        );
    }
}
