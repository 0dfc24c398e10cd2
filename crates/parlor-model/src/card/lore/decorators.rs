//! Decorators: lines at the head of an entry's content that say more of when it is active and where
//! it goes (`@@depth 4`). Of several with the same name the first counts; one that is not known or
//! makes no sense gives way to its fallback (`@@@` in the next line), or to nothing.

use super::{LorePlace, LoreRole};

/// What the decorators of an entry say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decorators {
    /// True when there are any, known or not.
    pub any: bool,
    /// Not before the character has said so many lines.
    pub only_after: Option<u32>,
    /// Only after every so many lines of the character; never 0.
    pub only_every: Option<u32>,
    /// How many of the latest lines are searched.
    pub scan_depth: Option<u32>,
    /// Only when the conversation was opened with this greeting.
    pub greeting: Option<usize>,
    /// Active in any case.
    pub activate: bool,
    /// Never active, unless `activate`.
    pub dont_activate: bool,
    /// One of these has to turn up as well.
    pub additional_keys: Vec<String>,
    /// None of these may turn up.
    pub exclude_keys: Vec<String>,
    /// The first to be left out when there is too much.
    pub dispensable: bool,
    /// Where the content goes.
    pub place: Option<LorePlace>,
    /// Whose words it is.
    pub role: Option<LoreRole>,
}

/// Content without its decorators.
#[must_use]
pub fn without_decorators(content: &str) -> String {
    Decorators::split(content).1
}

impl Decorators {
    /// Parts content into its decorators and the rest.
    #[must_use]
    pub fn split(content: &str) -> (Self, String) {
        let mut said = Said::default();
        let mut rest = Vec::new();
        // Whether the last decorator was understood: then its fallbacks are skipped.
        let mut understood = true;
        for line in content.split('\n') {
            let trimmed = line.trim();
            if let Some(fallback) = trimmed.strip_prefix("@@@") {
                understood = understood || said.take(fallback);
            } else if let Some(decorator) = trimmed.strip_prefix("@@") {
                understood = said.take(decorator);
            } else {
                rest.push(line);
                continue;
            }
            said.decorators.any = true;
        }
        if !said.decorators.any {
            return (Self::default(), content.to_owned());
        }
        (said.done(), rest.join("\n").trim().to_owned())
    }
}

/// The decorators so far; of some it matters that they come first.
#[derive(Default)]
struct Said {
    decorators: Decorators,
    position: Option<LorePlace>,
    depth: Option<u32>,
}

impl Said {
    /// Takes in one decorator; false when it is unknown, or its value makes no sense.
    fn take(&mut self, line: &str) -> bool {
        let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let value = value.trim();
        let number = value.parse::<u32>().ok();
        let said = &mut self.decorators;
        match name {
            "activate" => said.activate = true,
            "dont_activate" => said.dont_activate = true,
            "ignore_on_max_context" => said.dispensable = true,
            "activate_only_after" => return first(&mut said.only_after, number),
            "activate_only_every" => {
                return first(&mut said.only_every, number.filter(|n| *n > 0));
            }
            "scan_depth" => return first(&mut said.scan_depth, number),
            "is_greeting" => return first(&mut said.greeting, number.map(|n| n as usize)),
            "depth" => return first(&mut self.depth, depth(value)),
            "role" => return first(&mut said.role, role(value)),
            "position" => return first(&mut self.position, position(value)),
            "additional_keys" => return first_keys(&mut said.additional_keys, value),
            "exclude_keys" => return first_keys(&mut said.exclude_keys, value),
            _ => return false,
        }
        true
    }

    fn done(self) -> Decorators {
        Decorators {
            place: self.position.or(self.depth.map(LorePlace::Depth)),
            ..self.decorators
        }
    }
}

/// Keeps the first value; true when there is one.
fn first<T>(kept: &mut Option<T>, value: Option<T>) -> bool {
    let is_good = value.is_some();
    if kept.is_none() {
        *kept = value;
    }
    is_good
}

fn first_keys(kept: &mut Vec<String>, value: &str) -> bool {
    let keys = || {
        value
            .split(',')
            .map(str::trim)
            .filter(|key| !key.is_empty())
    };
    if kept.is_empty() {
        kept.extend(keys().map(str::to_owned));
    }
    keys().next().is_some()
}

/// A depth below zero is after the latest line, as zero is.
fn depth(value: &str) -> Option<u32> {
    let depth = value.parse::<i64>().ok()?;
    Some(u32::try_from(depth.max(0)).unwrap_or(u32::MAX))
}

fn role(value: &str) -> Option<LoreRole> {
    match value {
        "system" => Some(LoreRole::System),
        "user" => Some(LoreRole::User),
        "assistant" => Some(LoreRole::Assistant),
        _ => None,
    }
}

fn position(value: &str) -> Option<LorePlace> {
    match value {
        "before_desc" => Some(LorePlace::BeforeDescription),
        "after_desc" => Some(LorePlace::AfterDescription),
        "personality" => Some(LorePlace::Personality),
        "scenario" => Some(LorePlace::Scenario),
        _ => None,
    }
}
