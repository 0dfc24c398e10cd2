//! `schema`, `openapi`, `new`, `completions`: need no settings and no server.

use super::say;
use crate::cli::{Cli, SchemaKind};
use crate::{Ended, worlds};
use anyhow::{Context, bail};
use clap::CommandFactory;
use parlor_model::Slug;
use parlor_model::world::check;
use std::io::Write;
use std::path::PathBuf;

/// Prints a JSON Schema.
pub(crate) fn schema(what: SchemaKind) -> anyhow::Result<Ended> {
    let schema = match what {
        SchemaKind::World => check::schema(&worlds::vocabulary()),
    };
    say(&serde_json::to_string_pretty(&schema)?)?;
    Ok(Ended::Well)
}

/// Prints the OpenAPI document of a gateway that shows these worlds.
pub(crate) fn openapi(names: &[String]) -> anyhow::Result<Ended> {
    let document = parlor_gateway::document(&worlds::load_all(names)?);
    say(&serde_json::to_string_pretty(&document)?)?;
    Ok(Ended::Well)
}

/// Writes a small world.
pub(crate) fn new(name: &str, force: bool) -> anyhow::Result<Ended> {
    let slug = Slug::new(name).or_else(|error| Slug::of_name(name).ok_or(error))?;
    let template =
        worlds::bundled("new.toml.template").context("the template is in the program")?;
    let title = if slug.as_str() == name {
        title_of(name)
    } else {
        name.to_owned()
    };
    let title = title
        .replace(['"', '\\'], "'")
        .chars()
        .filter(|c| !c.is_control())
        .collect::<String>();
    let text = template
        .replace("{{name}}", slug.as_str())
        .replace("{{title}}", &title);
    let path = PathBuf::from(format!("{slug}.toml"));
    let mut options = std::fs::OpenOptions::new();
    options
        .write(true)
        .create_new(!force)
        .create(force)
        .truncate(force);
    match options.open(&path) {
        Ok(mut file) => file.write_all(text.as_bytes())?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!(
                "'{}' is there already: choose another name, or replace it with --force",
                path.display()
            )
        }
        Err(error) => {
            return Err(error).with_context(|| format!("'{}' can't be written", path.display()));
        }
    }
    say(&format!(
        "wrote {file}\n  check it:   parlor check {file}\n  listen in:  parlor play {file}\n  run it:     parlor up {file}",
        file = path.display()
    ))?;
    Ok(Ended::Well)
}

fn title_of(slug: &str) -> String {
    let words = slug.replace('-', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// Prints a completion script.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Ended> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "parlor", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(Ended::Well)
}
