//! The form of a template file, read so that every mistake has its place.

use super::line::Line;
use super::stance::{MOODS, Mood, STANCES, Stance};
use serde_json::Value;

/// Most mistakes that are told at once.
const FAULTS_MAX: usize = 50;
/// Most lines.
const LINES_MAX: usize = 100_000;

/// Why templates can't be used: every mistake that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InvalidTemplates(pub Vec<String>);

impl From<String> for InvalidTemplates {
    fn from(fault: String) -> Self {
        Self(vec![fault])
    }
}

/// Lines by stance and mood.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    groups: Vec<Group>,
}

#[derive(Debug, Clone)]
struct Group {
    stance: Stance,
    /// `None` suits each.
    mood: Option<Mood>,
    lines: Vec<Line>,
}

impl Sheet {
    /// The lines of a stance for a mood, those for any mood among them.
    pub(super) fn lines(&self, stance: Stance, mood: Mood) -> Vec<&Line> {
        let fits =
            |group: &&Group| group.stance == stance && group.mood.is_none_or(|its| its == mood);
        self.groups
            .iter()
            .filter(fits)
            .flat_map(|group| &group.lines)
            .collect()
    }

    /// The lines of a stance, whatever the mood.
    pub(super) fn all_of(&self, stance: Stance) -> Vec<&Line> {
        let of = self.groups.iter().filter(|group| group.stance == stance);
        of.flat_map(|group| &group.lines).collect()
    }

    /// Every line.
    pub(super) fn all(&self) -> Vec<&Line> {
        self.groups.iter().flat_map(|group| &group.lines).collect()
    }
}

/// Reads the text of a file.
pub(super) fn read(text: &str) -> Result<Sheet, InvalidTemplates> {
    from_value(&value_of(text)?)
}

fn value_of(text: &str) -> Result<Value, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| format!("no templates: {error}"))
    } else {
        toml::from_str(text).map_err(|error| format!("no templates: {}", toml_fault(text, &error)))
    }
}

/// True when most keys are stances.
pub(super) fn looks_like_templates(text: &str) -> bool {
    let value = value_of(text).ok();
    let Some(tables) = value.as_ref().and_then(Value::as_object) else {
        return false;
    };
    let is_stance = |name: &&String| STANCES.iter().any(|(known, _)| known == name);
    tables.keys().filter(is_stance).count() * 2 > tables.len()
}

/// A TOML error as one line with its place.
fn toml_fault(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message().replace('\n', ", "))
}

/// Reads templates that stand in a world file.
pub(super) fn from_value(value: &Value) -> Result<Sheet, InvalidTemplates> {
    let Some(tables) = value.as_object() else {
        return Err("no templates: write a table for each stance"
            .to_owned()
            .into());
    };
    let mut reader = Reader::default();
    for (name, table) in tables {
        match STANCES.iter().find(|(known, _)| known == name) {
            Some((_, stance)) => reader.stance(name, *stance, table),
            None => reader
                .faults
                .push(unknown("stance", name, &STANCES.map(|s| s.0))),
        }
    }
    if reader.faults.is_empty() && reader.count == 0 {
        let fault = "there are no lines: list some under agree, disagree and neutral";
        reader.faults.push(fault.to_owned());
    }
    reader.faults.truncate(FAULTS_MAX);
    if reader.faults.is_empty() {
        Ok(reader.sheet)
    } else {
        Err(InvalidTemplates(reader.faults))
    }
}

#[derive(Default)]
struct Reader {
    sheet: Sheet,
    count: usize,
    faults: Vec<String>,
}

impl Reader {
    fn stance(&mut self, name: &str, stance: Stance, table: &Value) {
        let Some(moods) = table.as_object() else {
            self.group(name, stance, None, table);
            return;
        };
        for (key, lines) in moods {
            match MOODS.iter().find(|(known, _)| known == key) {
                Some((_, mood)) => self.group(&format!("{name}.{key}"), stance, *mood, lines),
                None => {
                    let fault = unknown("mood", key, &MOODS.map(|m| m.0));
                    self.faults.push(format!("{name}: {fault}"));
                }
            }
        }
    }

    fn group(&mut self, place: &str, stance: Stance, mood: Option<Mood>, value: &Value) {
        let single = std::slice::from_ref(value);
        let list = match value {
            Value::Array(list) => list.as_slice(),
            _ => single,
        };
        let mut lines = Vec::with_capacity(list.len().min(LINES_MAX));
        for (number, line) in (1..).zip(list) {
            self.count += 1;
            let parsed = match line.as_str() {
                Some(_) if self.count > LINES_MAX => {
                    Err(format!("there are more than {LINES_MAX} lines"))
                }
                Some(text) => Line::parse(text),
                None => Err("a line is a text in quotes".to_owned()),
            };
            match parsed {
                Ok(line) => lines.push(line),
                Err(fault) if self.faults.len() < FAULTS_MAX => {
                    self.faults.push(format!("{place}, line {number}: {fault}"));
                }
                Err(_) => return,
            }
        }
        self.sheet.groups.push(Group {
            stance,
            mood,
            lines,
        });
    }
}

fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .find(|known| strsim::damerau_levenshtein(known, name) <= 2);
    let help = near.map_or_else(
        || format!("there are {}", known.join(", ")),
        |near| format!("is it '{near}'?"),
    );
    format!(
        "there is no {what} '{}' ({help})",
        crate::text::shorten(name, 40)
    )
}
