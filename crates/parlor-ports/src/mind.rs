//! The mind port: a question in, a decision out that fits who and what is there.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

/// Finds what is wrong with a decision that fits its schema: a person who is not here, a place that
/// does not exist. What it says is told to the model and to the logs, so it repeats nothing that
/// the model wrote.
pub type Check = Arc<dyn Fn(&Value) -> Result<(), String> + Send + Sync>;

/// Something to decide.
#[derive(Clone)]
pub struct Question {
    /// Who decides, and what is there: the ground that the rules stand on. Ours.
    pub setting: String,
    /// What to decide, and about what. May hold what people said: it is data.
    pub text: String,
    /// A name for the decision in letters, digits, `_` and `-`: `next_move`.
    pub name: String,
    /// The JSON Schema of the wanted object.
    pub schema: Value,
    /// What a decision must stand up to beyond its schema.
    pub checks: Vec<Check>,
}

impl Question {
    /// A question without checks.
    #[must_use]
    pub fn new(name: &str, setting: &str, text: &str, schema: Value) -> Self {
        Self {
            setting: setting.to_owned(),
            text: text.to_owned(),
            name: name.to_owned(),
            schema,
            checks: Vec::new(),
        }
    }

    /// The same, with one more check.
    #[must_use]
    pub fn checked(
        mut self,
        check: impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(check));
        self
    }

    /// The same, where the text at `pointer` (RFC 6901: `/to`), or each of a list there, must be one
    /// of `allowed`. What is absent or null stands: the schema says what must be there.
    #[must_use]
    pub fn only(self, pointer: &str, allowed: Vec<String>) -> Self {
        let pointer = pointer.to_owned();
        self.checked(move |decision| {
            let is_allowed = |value: &Value| match value {
                Value::Null => true,
                Value::String(name) => allowed.contains(name),
                _ => false,
            };
            let stands = match decision.pointer(&pointer) {
                None => true,
                Some(Value::Array(list)) => list.iter().all(is_allowed),
                Some(value) => is_allowed(value),
            };
            if stands {
                Ok(())
            } else {
                Err(format!("{pointer} must be one of: {}", allowed.join(", ")))
            }
        })
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("name", &self.name)
            .field("checks", &self.checks.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no decision. The caller decides by its rules instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("undecided: {reason}")]
pub struct Undecided {
    /// One line, without what the model wrote.
    pub reason: String,
    /// True when asking later may help: the model could not be reached. False when it was asked
    /// twice and gave nonsense.
    pub retryable: bool,
}

/// Somebody who decides.
#[async_trait]
pub trait Mind: Send + Sync {
    /// Decides once. What comes back fits the question's schema and stands up to every one of its
    /// checks; on nonsense the mind is asked once more, told what was wrong. Not idempotent: asking
    /// again may decide differently, so a caller keeps what it has used.
    ///
    /// # Errors
    /// [`Undecided`]: the caller falls back on its rules.
    async fn decide(&self, question: &Question) -> Result<Value, Undecided>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_takes_who_is_there() {
        let question = Question::new("move", "", "", json!({})).only("/to", vec!["Ross".into()]);
        let check = |decision: Value| question.checks[0](&decision);

        assert_eq!(check(json!({"to": "Ross"})), Ok(()));
        assert_eq!(check(json!({"to": null})), Ok(()));
        assert_eq!(check(json!({})), Ok(()));
        assert_eq!(check(json!({"to": ["Ross", "Ross"]})), Ok(()));
        for nonsense in [
            json!({"to": "Gandalf"}),
            json!({"to": 7}),
            json!({"to": ["Ross", 1]}),
        ] {
            assert_eq!(check(nonsense), Err("/to must be one of: Ross".to_owned()));
        }
    }
}
