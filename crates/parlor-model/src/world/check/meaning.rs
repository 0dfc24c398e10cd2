//! What a schema can't say: that names refer to something, and forms that need code. Makes the
//! world.

use super::cast::{self, Cast};
use super::document::{Document, escape};
use super::findings::{Findings, Said, list, nearest, shorten};
use super::{Vocabulary, dialects, places, routes};
use crate::name::Slug;
use crate::world::file::{LlmTable, ScheduleTable, WorldFile};
use crate::world::{
    Access, DialectKind, DialectSpec, InvalidPace, Llm, Memory, Pace, Schedule, Topic, Trigger,
    TriggerStart, World, WorldParts,
};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the checks look things up in.
pub(super) struct Meaning<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) read: &'a dyn Fn(&str) -> Result<Vec<u8>, String>,
    /// Names under `[dialects]`, also of those that are not right.
    pub(super) dialects: Vec<String>,
}

impl Meaning<'_> {
    /// Checks everything and makes the world; `None` when a part without a default is missing (the
    /// findings say so).
    pub(super) fn world(&self, file: WorldFile, findings: &mut Findings) -> Option<World> {
        let name = self.name(&file.world.name, findings);
        let pace = self.pace(file.world.pace.as_deref(), findings);
        let dialects = dialects::check(self, &file.dialects, findings);
        let mut cast = cast::check(self, &file.characters, findings);
        let places = places::check(self, &file.places, &dialects, findings);
        places::settle(self, &file, &places, &mut cast, findings);
        let routing = routes::routing(self, &file.routing, name.as_ref(), &cast, findings);
        if let (Some(routing), Some(name)) = (&routing, &name) {
            routes::of_places(self, routing, name, &places.list, findings);
        }
        let aliases = routes::aliases(self, file.trigger.aliases, findings);
        self.mechanics(&file.mechanics, &dialects, &cast, findings);
        self.sessions(&file.mechanics, file.world.access, findings);
        let schedule = self.schedule(file.schedule.as_ref(), file.trigger.start, findings);
        let topics = self.topics(&file.topics, findings);
        self.model(file.llm.model.as_deref(), "/llm/model", findings);
        let name = name?;
        Some(World::new(WorldParts {
            title: file.world.title.unwrap_or_else(|| name.to_string()),
            name,
            about: file.world.about,
            seed: file.world.seed,
            access: file.world.access,
            pace,
            trigger: Trigger {
                start: file.trigger.start,
                aliases,
                port: file.trigger.port,
            },
            schedule,
            routing: routing?,
            memory: Memory {
                window: file.memory.window,
                recall: file.memory.recall,
            },
            mechanics: file.mechanics,
            dialects,
            llm: llm(file.llm),
            cast: cast.characters,
            places: places.list,
            topics,
        }))
    }

    pub(super) fn at(&self, pointer: &str) -> usize {
        self.document.value_at(pointer)
    }

    fn name(&self, name: &str, findings: &mut Findings) -> Option<Slug> {
        if name.is_empty() {
            return None;
        }
        Slug::new(name)
            .map_err(|invalid| {
                findings.add(self.at("/world/name"), || {
                    let help = Slug::of_name(name).map(|slug| format!("for example '{slug}'"));
                    (invalid.to_string(), help)
                });
            })
            .ok()
    }

    fn pace(&self, pace: Option<&str>, findings: &mut Findings) -> Option<Pace> {
        pace?
            .parse()
            .map_err(|invalid: InvalidPace| {
                findings.add(self.at("/world/pace"), || invalid.to_string());
            })
            .ok()
    }

    fn mechanics(
        &self,
        mechanics: &BTreeMap<String, Value>,
        kinds: &BTreeMap<String, DialectSpec>,
        cast: &Cast,
        findings: &mut Findings,
    ) {
        for (name, settings) in mechanics {
            let mut entries = self.vocabulary.mechanics.iter();
            let Some(entry) = entries.find(|entry| entry.name == name) else {
                continue;
            };
            let at = |key: &str| {
                let path = key.split('.').map(|part| format!("/{}", escape(part)));
                let path: String = path.collect();
                self.at(&format!("/mechanics/{}{path}", escape(name)))
            };
            for (key, dialect, needs) in (entry.dialects)(settings) {
                places::dialect(self, kinds, &dialect, needs, at(key), findings);
            }
            for (key, slug) in (entry.characters)(settings) {
                if cast.complete && !cast.has(&slug) {
                    findings.add(at(key), || unknown_character(name, key, &slug, cast));
                }
            }
        }
    }

    /// What is somebody's own must not be shown to everybody.
    fn sessions(
        &self,
        mechanics: &BTreeMap<String, Value>,
        access: Access,
        findings: &mut Findings,
    ) {
        let mut own = self
            .vocabulary
            .mechanics
            .iter()
            .filter(|entry| entry.needs_sessions && mechanics.contains_key(entry.name));
        let Some(entry) = own.next().filter(|_| access == Access::Open) else {
            return;
        };
        let name = entry.name;
        findings.add(self.at(&format!("/mechanics/{name}")), || {
            (
                format!("[mechanics.{name}] makes what is somebody's own, but everybody may look into this world"),
                "set access = \"session\" in [world]".to_owned(),
            )
        });
    }

    /// Is it the name of a model? The kind of dialect that asks models knows.
    pub(super) fn model(&self, model: Option<&str>, pointer: &str, findings: &mut Findings) {
        let kinds = &self.vocabulary.dialects;
        let asks = kinds.iter().find(|entry| entry.kind == DialectKind::Llm);
        let (Some(model), Some(entry)) = (model, asks) else {
            return;
        };
        let spec = DialectSpec {
            model: Some(model.to_owned()),
            ..DialectSpec::new(DialectKind::Llm)
        };
        for sentence in (entry.check)(&spec) {
            findings.add(self.at(pointer), || sentence.clone());
        }
    }

    fn topics(&self, topics: &[Value], findings: &mut Findings) -> Vec<Topic> {
        let mut checked = Vec::with_capacity(topics.len());
        for (index, topic) in topics.iter().enumerate() {
            let Ok(topic) = serde_json::from_value::<Topic>(topic.clone()) else {
                // Only a topic whose text is missing comes here; the schema has reported it.
                continue;
            };
            if topic.text.trim().is_empty() {
                findings.add(self.at(&format!("/topics/{index}/text")), || {
                    "'text' is empty".to_owned()
                });
            }
            if let Some(until) = topic.until.as_deref()
                && NaiveDate::parse_from_str(until, "%Y-%m-%d").is_err()
            {
                findings.add(self.at(&format!("/topics/{index}/until")), || {
                    (
                        format!("'until' is '{}', which is not a date", shorten(until)),
                        "write year-month-day: 2026-12-31".to_owned(),
                    )
                });
            }
            checked.push(topic);
        }
        checked
    }

    fn schedule(
        &self,
        schedule: Option<&ScheduleTable>,
        start: TriggerStart,
        findings: &mut Findings,
    ) -> Option<Schedule> {
        let Some(schedule) = schedule else {
            if start == TriggerStart::Cron {
                findings.add(self.at("/trigger/start"), || {
                    (
                        "start = \"cron\" needs times, but there is no [schedule]".to_owned(),
                        "add [schedule] and below it cron = [\"0 6 * * *\"]".to_owned(),
                    )
                });
            }
            return None;
        };
        for (index, time) in schedule
            .cron
            .iter()
            .enumerate()
            .filter(|(_, time)| !Schedule::is_time(time))
        {
            findings.add(self.at(&format!("/schedule/cron/{index}")), || {
                (
                    format!("'{}' is not a time of the schedule", shorten(time)),
                    "write minute, hour, day of month, month, day of week: 0 6 * * *".to_owned(),
                )
            });
        }
        match Schedule::new(&schedule.cron, &schedule.zone, schedule.batch) {
            Err(None) if schedule.cron.iter().all(|time| Schedule::is_time(time)) => {
                findings.add(self.at("/schedule/zone"), || {
                    (
                        format!("'{}' is not a time zone", shorten(&schedule.zone)),
                        "write a name as \"UTC\" or \"Europe/Berlin\"".to_owned(),
                    )
                });
                None
            }
            other => other.ok(),
        }
    }
}

fn llm(table: LlmTable) -> Llm {
    Llm {
        model: table.model,
        on_failure: table.on_failure,
        calls_per_day_max: table.calls_per_day_max,
        tokens_per_day_max: table.tokens_per_day_max,
        context_tokens_max: table.context_tokens_max,
        reply_tokens_max: table.reply_tokens_max,
        line_chars_max: table.line_chars_max,
    }
}

fn unknown_character(mechanic: &str, key: &str, slug: &str, cast: &Cast) -> Said {
    let message = format!(
        "[mechanics.{mechanic}] {key} names '{}', who is not in the cast",
        shorten(slug)
    );
    let help = nearest(slug, cast.slugs())
        .map(|near| format!("did you mean '{near}'?"))
        .unwrap_or_else(|| format!("the cast: {}", list(cast.slugs())));
    (message, help).into()
}
