//! Recordings on disk: what of a world goes into one, and how a world comes out of one.

use crate::worlds::{self, WithFiles};
use anyhow::{Context, bail};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use parlor_model::World;
use parlor_roles::Production;
use parlor_roles::record::file::VERSION;
use parlor_roles::record::{Header, Listener, Recorder, Recording};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Reads a recording.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(path: &Path) -> anyhow::Result<Recording> {
    let context = || format!("'{}' can't be replayed", path.display());
    let file = File::open(path).with_context(context)?;
    Recording::read(BufReader::new(file)).with_context(context)
}

/// The seed of the recording in `path`, if there is one: a run that goes on keeps its dice.
///
/// # Errors
/// The file is no recording.
pub(crate) fn seed_in(path: &Path) -> anyhow::Result<Option<u64>> {
    let is_empty = std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    if is_empty {
        return Ok(None);
    }
    Ok(Some(read(path)?.header.seed))
}

/// The header of a recording of `world`.
pub(crate) fn header(command: &str, world: &WithFiles, seed: u64, pace: Duration) -> Header {
    let encoded = world
        .files
        .iter()
        .map(|(name, bytes)| (name.clone(), BASE64_STANDARD.encode(bytes)));
    Header {
        recording: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        command: command.to_owned(),
        world: world.world.name.to_string(),
        seed,
        pace_micros: u64::try_from(pace.as_micros()).unwrap_or(u64::MAX),
        file: world.file.clone(),
        source: world.text.clone(),
        files: encoded.collect(),
    }
}

/// Begins or goes on with a recording, and listens to the world's voices.
///
/// # Errors
/// The file can't be written, or holds another run.
pub(crate) fn begin(
    path: &Path,
    header: &Header,
    production: Production,
) -> anyhow::Result<(Recorder, Production)> {
    let listener = Listener::default();
    let recorder = Recorder::open(path, header, listener.clone())
        .with_context(|| format!("can't record into '{}'", path.display()))?;
    let voices = listener.listen_to(production.voices);
    Ok((
        recorder,
        Production {
            voices,
            ..production
        },
    ))
}

/// The world of a recording, from the files in it.
///
/// # Errors
/// It is not a world of this version.
pub(crate) fn world(header: &Header) -> anyhow::Result<Arc<World>> {
    let files = header.files.iter().map(|(name, encoded)| {
        let bytes = BASE64_STANDARD
            .decode(encoded)
            .with_context(|| format!("the file '{name}' in the recording is damaged"))?;
        Ok((name.clone(), bytes))
    });
    let files = files.collect::<anyhow::Result<_>>()?;
    let world = worlds::load_from(&header.file, &header.source, &files)?;
    if world.name.as_str() != header.world {
        bail!(
            "the recording says it is of '{}', but the world in it is '{}'",
            header.world,
            world.name
        );
    }
    Ok(world)
}
