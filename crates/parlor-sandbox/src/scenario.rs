//! A bundled world under names of its own, so that runs don't meet on a shared bus or store.

use anyhow::{Context, bail};
use parlor_engine::Engine;
use parlor_model::World;
use parlor_model::world::check::{self, Vocabulary};
use parlor_roles::Production;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use toml::{Table, Value};

/// Dice of every scenario, so that runs can be compared.
pub const SEED: u64 = 7;

/// A world file to be: what is bundled, and what is different.
#[derive(Debug, Clone)]
pub struct Scenario {
    file: Table,
    source_dir: PathBuf,
}

impl Scenario {
    /// The bundled world called `name` (`friends`).
    ///
    /// # Errors
    /// There is none, or it is no TOML.
    pub fn bundled(name: &str) -> anyhow::Result<Self> {
        let source_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../worlds");
        let path = source_dir.join(name).with_extension("toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("'{}' can't be read", path.display()))?;
        let file = text
            .parse()
            .with_context(|| format!("'{}' is no TOML", path.display()))?;
        Ok(Self { file, source_dir })
    }

    /// Names the world `name`, and its exchange and queues after it.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.table("world").insert("name".into(), name.into());
        let mut exchange = Table::new();
        exchange.insert("name".into(), format!("{name}-exchange").into());
        exchange.insert("type".into(), "direct".into());
        let routing = self.table("routing");
        routing.insert("exchange".into(), exchange.into());
        routing.insert("queue".into(), format!("{name}-q-{{Name}}").into());
        self
    }

    /// Switches a mechanic off. One that is off already stays so.
    #[must_use]
    pub fn without(mut self, mechanic: &str) -> Self {
        self.table("mechanics").remove(mechanic);
        self
    }

    /// Changes the file in any other way.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Table)) -> Self {
        change(&mut self.file);
        self
    }

    /// Lets those of the cast who are named `who` (all of them when empty) speak by a language
    /// model, in the dialect `model`; `settings` become the world's `[llm]`. The dialect that they
    /// had is its fallback.
    #[must_use]
    pub fn through_a_model(mut self, who: &[&str], settings: Table) -> Self {
        let mut model = Table::new();
        model.insert("kind".into(), "llm".into());
        let fallbacks = self.fallbacks();
        let cast = self
            .file
            .get_mut("characters")
            .and_then(Value::as_array_mut);
        for character in cast.into_iter().flatten().filter_map(Value::as_table_mut) {
            let name = character.get("name").and_then(Value::as_str);
            let is_meant = who.is_empty() || name.is_some_and(|name| who.contains(&name));
            if is_meant && let Some(before) = character.insert("dialect".into(), "model".into()) {
                let own = before.as_str().and_then(|name| fallbacks.get(name));
                model.insert("fallback".into(), own.unwrap_or(&before).clone());
            }
        }
        self.table("dialects").insert("model".into(), model.into());
        self.file.insert("llm".into(), settings.into());
        self
    }

    /// Writes the world file and the files that it names into `dir`; gives the world file's path.
    ///
    /// # Errors
    /// A file can't be read or written.
    pub fn write(&self, dir: &Path) -> anyhow::Result<PathBuf> {
        for file in self.files() {
            std::fs::copy(self.source_dir.join(&file), dir.join(&file))
                .with_context(|| format!("'{file}' can't be copied to '{}'", dir.display()))?;
        }
        let path = dir.join("world.toml");
        std::fs::write(&path, self.file.to_string())
            .with_context(|| format!("'{}' can't be written", path.display()))?;
        Ok(path)
    }

    /// The world, checked.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn world(&self) -> anyhow::Result<Arc<World>> {
        let vocabulary = Vocabulary {
            mechanics: parlor_engine::mechanics::vocabulary(),
            dialects: parlor_dialect::registry::vocabulary(),
        };
        let read = |file: &str| {
            std::fs::read(self.source_dir.join(file)).map_err(|error| error.to_string())
        };
        match check::load(&self.file.to_string(), "the scenario", &vocabulary, &read) {
            Ok(world) => Ok(Arc::new(world)),
            Err(problems) => bail!("{problems}"),
        }
    }

    fn table(&mut self, name: &str) -> &mut Table {
        let entry = self
            .file
            .entry(name)
            .or_insert_with(|| Value::Table(Table::new()));
        if !entry.is_table() {
            *entry = Value::Table(Table::new());
        }
        entry.as_table_mut().expect("made a table just now")
    }

    /// The fallbacks of dialects that have one, by the dialects' names.
    fn fallbacks(&self) -> Table {
        let dialects = self.file.get("dialects").and_then(Value::as_table);
        dialects
            .into_iter()
            .flatten()
            .filter_map(|(name, dialect)| Some((name.clone(), dialect.get("fallback")?.clone())))
            .collect()
    }

    /// Files that dialects name.
    fn files(&self) -> Vec<String> {
        let dialects = self.file.get("dialects").and_then(Value::as_table);
        dialects
            .into_iter()
            .flat_map(Table::values)
            .filter_map(|dialect| dialect.get("file")?.as_str().map(str::to_owned))
            .collect()
    }
}

/// A world ready for a stage, with the dice of [`SEED`] and a pause of `pace` between lines.
///
/// # Errors
/// Its dialects or mechanics can't be built.
pub fn production(world: &Arc<World>, pace: Duration) -> anyhow::Result<Production> {
    use parlor_dialect::registry;
    let dialects = registry::build(world, &registry::BuildOptions::default())?;
    let voices = dialects
        .names()
        .filter_map(|name| Some((name.to_owned(), dialects.get(name)?)))
        .collect();
    let engine = Engine::new(world.clone(), SEED, pace)?;
    Ok(Production { engine, voices })
}
