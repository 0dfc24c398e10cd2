//! Where the database is and how it is kept.

use std::path::PathBuf;
use std::str::FromStr;

/// Reader connections, unless told otherwise.
const READERS: usize = 4;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a file; it and its directory are made where they are missing.
    File(PathBuf),
    /// In this process, gone with it.
    Memory,
}

/// How to open a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Where.
    pub location: Location,
    /// Every commit waits for the disk (`synchronous=full`).
    pub synchronous_full: bool,
    /// At most this many reads at the same time.
    pub readers: usize,
}

impl SqliteOptions {
    /// A database in a file.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            location: Location::File(path.into()),
            synchronous_full: false,
            readers: READERS,
        }
    }

    /// A database in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self {
            location: Location::Memory,
            ..Self::file("")
        }
    }
}

/// Reads `sqlite:PATH`, `sqlite://PATH` or `sqlite::memory:`, with `?synchronous=normal|full`.
impl FromStr for SqliteOptions {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let rest = url
            .strip_prefix("sqlite:")
            .ok_or_else(|| format!("'{url}' is not a sqlite address: write sqlite:PATH"))?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = place.strip_prefix("//").unwrap_or(place);
        let mut options = match path {
            "" => return Err(format!("'{url}' names no file: write sqlite:PATH")),
            ":memory:" => Self::memory(),
            path => Self::file(path),
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            options.synchronous_full = match pair {
                "synchronous=full" => true,
                "synchronous=normal" => false,
                _ => {
                    return Err(format!(
                        "'{pair}' in '{url}' is unknown: use synchronous=normal or synchronous=full"
                    ));
                }
            };
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<SqliteOptions, String> {
        url.parse()
    }

    #[test]
    fn an_address_names_a_file_and_its_safety() {
        assert_eq!(parse("sqlite:a/b.db"), Ok(SqliteOptions::file("a/b.db")));
        assert_eq!(
            parse("sqlite:///a/b.db"),
            Ok(SqliteOptions::file("/a/b.db"))
        );
        assert_eq!(parse("sqlite::memory:"), Ok(SqliteOptions::memory()));
        assert!(
            parse("sqlite:a.db?synchronous=full")
                .unwrap()
                .synchronous_full
        );
    }

    #[test]
    fn a_bad_address_says_how_to_mend_it() {
        for bad in ["postgres://x", "sqlite:", "sqlite:a.db?sync=1"] {
            let text = parse(bad).unwrap_err();
            assert!(
                text.contains(bad) && (text.contains("write") || text.contains("use")),
                "{text}"
            );
        }
    }
}
