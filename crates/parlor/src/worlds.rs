//! Finds world files: those that come with the program, and people's own.

use anyhow::{Context, bail};
use include_dir::{Dir, include_dir};
use parlor_model::World;
use parlor_model::world::check::{self, Problems, Vocabulary};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

static BUNDLED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../worlds");

/// Largest world file that is read at all; the check refuses smaller ones, with a better message.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// What the world file may name: the mechanics of the engine and the dialects of this program.
pub(crate) fn vocabulary() -> Vocabulary {
    Vocabulary {
        mechanics: parlor_engine::mechanics::vocabulary(),
        dialects: parlor_dialect::registry::vocabulary(),
    }
}

/// A world file, read but not yet checked.
struct Source {
    /// For messages.
    name: String,
    text: String,
    /// Where the files that it names are; `None` for a bundled one.
    dir: Option<PathBuf>,
}

/// Reads and checks a world: a path, or the name of a bundled one.
///
/// # Errors
/// There is no such world, or everything that is wrong with it ([`Problems`]).
pub(crate) fn load(name: &str) -> anyhow::Result<Arc<World>> {
    let source = find(name)?;
    Ok(Arc::new(parse(&source)?))
}

/// A world with the files that it is made of.
pub(crate) struct WithFiles {
    pub(crate) world: Arc<World>,
    /// The world file's name, for messages.
    pub(crate) file: String,
    /// Its text.
    pub(crate) text: String,
    /// The files that it names.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// Reads and checks a world, and keeps what it was made of.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_with_files(name: &str) -> anyhow::Result<WithFiles> {
    let source = find(name)?;
    let files = RefCell::new(BTreeMap::new());
    let read = |file: &str| {
        let bytes = read_file(&source, file)?;
        files.borrow_mut().insert(file.to_owned(), bytes.clone());
        Ok(bytes)
    };
    let world = check::load(&source.text, &source.name, &vocabulary(), &read)?;
    Ok(WithFiles {
        world: Arc::new(world),
        file: source.name,
        text: source.text,
        files: files.into_inner(),
    })
}

/// Checks a world whose files are in memory.
///
/// # Errors
/// Everything that is wrong with it ([`Problems`]).
pub(crate) fn load_from(
    name: &str,
    text: &str,
    files: &BTreeMap<String, Vec<u8>>,
) -> anyhow::Result<Arc<World>> {
    let read = |file: &str| {
        files
            .get(file)
            .cloned()
            .ok_or_else(|| "there is no such file".to_owned())
    };
    Ok(Arc::new(check::load(text, name, &vocabulary(), &read)?))
}

/// Everything that is wrong with a world; empty when nothing is.
///
/// # Errors
/// There is no such file.
pub(crate) fn problems(name: &str) -> anyhow::Result<Vec<check::Problem>> {
    let source = find(name)?;
    Ok(parse(&source).map_or_else(|Problems(problems)| problems, |_| Vec::new()))
}

/// Loads several worlds.
///
/// # Errors
/// As [`load`]; two worlds of the same name.
pub(crate) fn load_all(names: &[String]) -> anyhow::Result<Vec<Arc<World>>> {
    let mut worlds: Vec<Arc<World>> = Vec::with_capacity(names.len());
    for name in names {
        let world = load(name)?;
        if worlds.iter().any(|w| w.name == world.name) {
            bail!(
                "two worlds are called '{}': give one of them another [world] name",
                world.name
            );
        }
        worlds.push(world);
    }
    Ok(worlds)
}

/// The text of a bundled file.
pub(crate) fn bundled(file: &str) -> Option<&'static str> {
    BUNDLED
        .get_file(file)
        .and_then(include_dir::File::contents_utf8)
}

/// Names of the bundled worlds.
pub(crate) fn bundled_names() -> Vec<&'static str> {
    BUNDLED
        .files()
        .filter_map(|file| file.path().to_str()?.strip_suffix(".toml"))
        .collect()
}

fn find(name: &str) -> anyhow::Result<Source> {
    let path = Path::new(name);
    if path.is_file() {
        let text = read_text(path)?;
        let dir = path
            .parent()
            .filter(|dir| !dir.as_os_str().is_empty())
            .map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        return Ok(Source {
            name: name.to_owned(),
            text,
            dir: Some(dir),
        });
    }
    if let Some(text) = bundled(&format!("{name}.toml")) {
        return Ok(Source {
            name: format!("{name}.toml"),
            text: text.to_owned(),
            dir: None,
        });
    }
    bail!(
        "there is no world '{name}': give the path of a world file, or one of: {}",
        bundled_names().join(", ")
    )
}

fn parse(source: &Source) -> Result<World, Problems> {
    let read = |file: &str| read_file(source, file);
    check::load(&source.text, &source.name, &vocabulary(), &read)
}

/// A file that a world names.
fn read_file(source: &Source, file: &str) -> Result<Vec<u8>, String> {
    match &source.dir {
        Some(dir) => read_inside(dir, file),
        None => BUNDLED
            .get_file(file)
            .map(|file| file.contents().to_vec())
            .ok_or_else(|| "there is no such file".to_owned()),
    }
}

/// A file below `dir`; links that lead out of it are refused.
fn read_inside(dir: &Path, file: &str) -> Result<Vec<u8>, String> {
    let real = |path: &Path| path.canonicalize().map_err(|e| e.to_string());
    let path = real(&dir.join(file))?;
    if !path.starts_with(real(dir)?) {
        return Err("it leads out of the world's directory".to_owned());
    }
    read_bytes(&path).map_err(|e| format!("{e:#}"))
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read_bytes(path)?).map_err(|e| {
        let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()]
            .iter()
            .filter(|b| **b == b'\n')
            .count();
        anyhow::anyhow!("'{}' is not UTF-8 text (line {line})", path.display())
    })
}

fn read_bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let context = || format!("'{}' can't be read", path.display());
    let file = std::fs::File::open(path).with_context(context)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(context)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        bail!(
            "'{}' is larger than {} MiB",
            path.display(),
            FILE_BYTES_MAX >> 20
        );
    }
    Ok(bytes)
}
