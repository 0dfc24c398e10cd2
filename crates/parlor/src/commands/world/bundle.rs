//! The form of a packed world: a zip with `world.toml`, what that names under `files/`, and the
//! characters of the catalogue under `catalogue/`, each as `SLUG.json` and perhaps `SLUG.picture`.
//!
//! A bundle may come from a stranger: every name is checked before it becomes a path, every file is
//! unpacked under a limit, and nothing but what is listed here is looked at.

use anyhow::{Context, bail};
use parlor_model::Slug;
use parlor_model::card::limits::{JSON_BYTES_MAX, PICTURE_BYTES_MAX};
use parlor_ports::catalogue::CATALOGUE_MAX;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, Write};
use std::path::{Component, Path};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Largest bundle, packed.
pub(super) const BUNDLE_BYTES_MAX: u64 = 1 << 30;
/// Most that a bundle may have in it, unpacked.
const UNPACKED_BYTES_MAX: usize = 1 << 30;
/// Largest world file or file that it names, unpacked.
const FILE_BYTES_MAX: usize = 64 << 20;
/// How many times larger than packed a file may be.
const RATIO_MAX: u64 = 1_000;
/// Most files that a world names.
const FILES_MAX: usize = 10_000;
/// The world file.
const WORLD: &str = "world.toml";
const FILES: &str = "files/";
const CATALOGUE: &str = "catalogue/";
const CARD: &str = ".json";
const PICTURE: &str = ".picture";

/// A world with all that belongs to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Bundle {
    /// The world file.
    pub(super) text: String,
    /// What it names, by the paths that it names them by.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// The catalogue.
    pub(super) catalogue: BTreeMap<Slug, Kept>,
}

/// A character of the catalogue.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// The card, as JSON.
    pub(super) card: Vec<u8>,
    /// The picture's file.
    pub(super) picture: Option<Vec<u8>>,
}

impl Bundle {
    /// Packs it. The same world gives the same bytes.
    ///
    /// # Errors
    /// It can't be written.
    pub(super) fn write(&self, to: impl Write + Seek) -> anyhow::Result<()> {
        let mut zip = ZipWriter::new(to);
        let mut put = |name: &str, bytes: &[u8]| -> anyhow::Result<()> {
            let options =
                SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
            zip.start_file(name, options)?;
            zip.write_all(bytes)?;
            Ok(())
        };
        put(WORLD, self.text.as_bytes())?;
        for (path, bytes) in &self.files {
            put(&format!("{FILES}{path}"), bytes)?;
        }
        for (slug, kept) in &self.catalogue {
            put(&format!("{CATALOGUE}{slug}{CARD}"), &kept.card)?;
            if let Some(picture) = &kept.picture {
                put(&format!("{CATALOGUE}{slug}{PICTURE}"), picture)?;
            }
        }
        zip.finish()?;
        Ok(())
    }

    /// Unpacks one.
    ///
    /// # Errors
    /// It is none, or asks for what no world needs.
    pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).context("it is no packed world")?;
        let most = 1 + FILES_MAX + 2 * usize::try_from(CATALOGUE_MAX).unwrap_or(usize::MAX);
        if zip.len() > most {
            bail!("it has more than {most} files");
        }
        if zip.has_duplicate_names() {
            bail!("it has two files of the same name");
        }
        let mut bundle = Self::default();
        let mut text = None;
        let mut left = UNPACKED_BYTES_MAX;
        for n in 0..zip.len() {
            let mut file = zip.by_index(n)?;
            if file.is_dir() {
                continue;
            }
            let name = file.name().context("a name in it is no text")?.into_owned();
            let shown: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
            let place = Place::of(&name)
                .filter(|_| file.is_file())
                .with_context(|| format!("'{shown}' does not belong into a packed world"))?;
            if file.size() / RATIO_MAX > file.compressed_size() {
                bail!("'{shown}' is packed more than {RATIO_MAX} times smaller than it is");
            }
            let max = place.bytes_max().min(left);
            let mut unpacked = Vec::new();
            file.by_ref()
                .take(max as u64 + 1)
                .read_to_end(&mut unpacked)
                .with_context(|| format!("'{shown}' is damaged"))?;
            if unpacked.len() > max {
                bail!("'{shown}' is larger than {} MiB", max >> 20);
            }
            left -= unpacked.len();
            match place {
                Place::World => text = Some(unpacked),
                Place::File(path) => {
                    bundle.files.insert(path, unpacked);
                }
                Place::Card(slug) => bundle.catalogue.entry(slug).or_default().card = unpacked,
                Place::Picture(slug) => {
                    bundle.catalogue.entry(slug).or_default().picture = Some(unpacked);
                }
            }
        }
        let text = text.with_context(|| format!("it is no packed world: it has no '{WORLD}'"))?;
        bundle.text =
            String::from_utf8(text).with_context(|| format!("'{WORLD}' is not UTF-8 text"))?;
        if let Some((slug, _)) = bundle
            .catalogue
            .iter()
            .find(|(_, kept)| kept.card.is_empty())
        {
            bail!("'{CATALOGUE}{slug}{PICTURE}' is the picture of nobody: there is no card");
        }
        Ok(bundle)
    }
}

/// What a file of a bundle is.
enum Place {
    World,
    File(String),
    Card(Slug),
    Picture(Slug),
}

impl Place {
    fn of(name: &str) -> Option<Self> {
        if name == WORLD {
            return Some(Self::World);
        }
        if let Some(path) = name.strip_prefix(FILES) {
            return is_inside(path).then(|| Self::File(path.to_owned()));
        }
        let name = name.strip_prefix(CATALOGUE)?;
        if let Some(slug) = name.strip_suffix(CARD) {
            return Slug::new(slug).ok().map(Self::Card);
        }
        Slug::new(name.strip_suffix(PICTURE)?)
            .ok()
            .map(Self::Picture)
    }

    fn bytes_max(&self) -> usize {
        match self {
            Self::World | Self::File(_) => FILE_BYTES_MAX,
            Self::Card(_) => JSON_BYTES_MAX,
            Self::Picture(_) => PICTURE_BYTES_MAX,
        }
    }
}

/// A path that leads to a file below the directory that it is taken from, on every system.
fn is_inside(path: &str) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    !path.is_empty()
        && path.len() <= 1_000
        && !path.contains(|c: char| c == '\\' || c == ':' || c.is_control())
        && !path.ends_with('/')
        && Path::new(path).components().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle() -> Bundle {
        Bundle {
            text: "[world]\nname = \"coast\"\n".to_owned(),
            files: BTreeMap::from([("dialects/banter.json".to_owned(), b"{}".to_vec())]),
            catalogue: BTreeMap::from([(
                Slug::new("marla-quince").unwrap(),
                Kept {
                    card: b"{\"name\":\"Marla Quince\"}".to_vec(),
                    picture: Some(vec![1, 2, 3]),
                },
            )]),
        }
    }

    fn packed(bundle: &Bundle) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        bundle.write(&mut bytes).unwrap();
        bytes.into_inner()
    }

    /// A zip with these files.
    fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn a_bundle_survives_and_is_the_same_each_time() {
        let bundle = bundle();
        let bytes = packed(&bundle);
        assert_eq!(bytes, packed(&bundle));
        assert_eq!(Bundle::read(&bytes).unwrap(), bundle);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "files/../../evil",
            "files//etc/passwd",
            "files/a/../../b",
            "files/C:evil",
            "files/a\\..\\b",
            "files/",
            "catalogue/../x.json",
            "catalogue/UPPER.json",
            "elsewhere.txt",
            "/etc/passwd",
        ] {
            let bytes = zip_of(&[("world.toml", b""), (name, b"x")]);
            let refused = Bundle::read(&bytes).map(|bundle| bundle.files);
            // A trailing slash makes a directory, which is passed over.
            let harmless = name.ends_with('/') && refused.as_ref().is_ok_and(BTreeMap::is_empty);
            assert!(refused.is_err() || harmless, "{name}: {refused:?}");
        }
    }

    #[test]
    fn what_unpacks_to_far_more_than_it_is_is_refused() {
        let zeros = vec![0; FILE_BYTES_MAX + 1];
        let bomb = zip_of(&[("world.toml", b""), ("files/zeros", &zeros)]);
        let error = Bundle::read(&bomb).unwrap_err().to_string();
        assert!(
            error.contains("packed more than") || error.contains("larger"),
            "{error}"
        );
    }

    #[test]
    fn damaged_bundles_are_refused_without_a_panic() {
        let whole = packed(&bundle());
        for cut in 0..whole.len() {
            let _ = Bundle::read(&whole[..cut]);
            let mut other = whole.clone();
            other[cut] ^= 0xff;
            let _ = Bundle::read(&other);
        }
        assert!(Bundle::read(b"no zip").is_err());
        let orphan = zip_of(&[("world.toml", b""), ("catalogue/a.picture", b"x")]);
        assert!(Bundle::read(&orphan).is_err());
    }
}
