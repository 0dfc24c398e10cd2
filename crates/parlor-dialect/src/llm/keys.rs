//! The providers' keys: from the environment or from files, and never printed.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use super::spec::Provider;

/// Bytes that a key has at most.
const KEY_BYTES_MAX: usize = 4_096;

/// A provider's key. It prints as `***` wherever it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// A key, if `text` can be sent in a header.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            return Err("it is empty");
        }
        if text.len() > KEY_BYTES_MAX {
            return Err("it is longer than 4,096 bytes");
        }
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err("it has blanks, line breaks or characters that no header can hold");
        }
        Ok(Self(text.to_owned()))
    }

    /// The key itself, for the header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// True when `text` gives the key away.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        text.contains(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The keys of this process.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    held: BTreeMap<Provider, Held>,
}

#[derive(Debug, Clone)]
struct Held {
    key: Key,
    from: String,
}

/// Why the keys can't be read. Never repeats a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A key that can't be one.
    #[error("{from} holds no usable key: {why}")]
    Unusable {
        /// The variable or file.
        from: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A file that can't be read.
    #[error("{variable} names a file that can't be read ('{file}'): {why}")]
    File {
        /// The variable.
        variable: String,
        /// The file it names.
        file: String,
        /// What the system said.
        why: String,
    },
    /// A key given twice.
    #[error("{0} and {0}_FILE are both set; set one of them")]
    Twice(&'static str),
}

impl Keys {
    /// The keys that `lookup` knows (the process's environment, asked by name): each provider's
    /// [`Provider::key_variable`], or the file that the same variable with `_FILE` names. What is
    /// empty counts as not set; line breaks at the end of a file are cut off.
    ///
    /// # Errors
    /// A file can't be read, or what is there can't be a key.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, KeyError> {
        let mut keys = Self::default();
        for provider in Provider::ALL {
            let variable = provider.key_variable();
            let file_variable = format!("{variable}_FILE");
            let set = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
            match (set(variable), set(&file_variable)) {
                (None, None) => {}
                (Some(_), Some(_)) => return Err(KeyError::Twice(variable)),
                (Some(text), None) => keys.put(provider, &text, variable.to_owned())?,
                (None, Some(file)) => {
                    let text = read_short(&file).map_err(|why| KeyError::File {
                        variable: file_variable.clone(),
                        file,
                        why,
                    })?;
                    keys.put(provider, &text, file_variable)?;
                }
            }
        }
        Ok(keys)
    }

    /// The same, with one more key.
    #[must_use]
    pub fn with(mut self, provider: Provider, key: Key, from: &str) -> Self {
        let from = from.to_owned();
        self.held.insert(provider, Held { key, from });
        self
    }

    /// The key of `provider`, if there is one.
    #[must_use]
    pub fn get(&self, provider: Provider) -> Option<&Key> {
        self.held.get(&provider).map(|held| &held.key)
    }

    /// Which variable the key of `provider` came from, to tell people.
    #[must_use]
    pub fn origin(&self, provider: Provider) -> Option<&str> {
        self.held.get(&provider).map(|held| held.from.as_str())
    }

    fn put(&mut self, provider: Provider, text: &str, from: String) -> Result<(), KeyError> {
        let key = match Key::new(text) {
            Ok(key) => key,
            Err(why) => return Err(KeyError::Unusable { from, why }),
        };
        self.held.insert(provider, Held { key, from });
        Ok(())
    }
}

/// The text of a file, as far as a key can be long.
fn read_short(path: &str) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    file.take(KEY_BYTES_MAX as u64 + 3)
        .read_to_string(&mut text)
        .map_err(|error| error.to_string())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Keys, KeyError> {
        Keys::from_lookup(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn keys_come_from_variables_and_from_files() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "sk-from-file\n").unwrap();

        let keys = read(&[
            ("GEMINI_API_KEY", "from-variable"),
            ("OPENAI_API_KEY_FILE", file.path().to_str().unwrap()),
            ("OLLAMA_API_KEY", ""),
        ])
        .unwrap();

        assert_eq!(
            keys.get(Provider::Gemini).unwrap().expose(),
            "from-variable"
        );
        assert_eq!(keys.get(Provider::OpenAi).unwrap().expose(), "sk-from-file");
        assert_eq!(keys.origin(Provider::OpenAi), Some("OPENAI_API_KEY_FILE"));
        assert_eq!(keys.get(Provider::Ollama), None);
    }

    #[test]
    fn a_key_never_prints() {
        let keys = read(&[("GEMINI_API_KEY", "very-secret")]).unwrap();
        let key = keys.get(Provider::Gemini).unwrap();

        assert_eq!(format!("{key} {key:?}"), "*** ***");
        assert!(!format!("{keys:?}").contains("very-secret"));
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for pairs in [
            &[("OPENAI_API_KEY", "sk secret")][..],
            &[
                ("OPENAI_API_KEY", "sk-secret"),
                ("OPENAI_API_KEY_FILE", "/secret"),
            ],
            &[("OPENAI_API_KEY_FILE", "/nowhere/at/all")],
        ] {
            let error = read(pairs).unwrap_err().to_string();

            assert!(error.contains("OPENAI_API_KEY"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
