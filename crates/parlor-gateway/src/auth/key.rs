//! The key that signs access tokens.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parlor_ports::accounts::PublicKey;
use ring::pkcs8::Document;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use uuid::Uuid;

/// The key's file in the data directory.
const FILE: &str = "signing-key.pem";
/// Only its owner reads it.
const MODE: u32 = 0o600;
/// Bits of a mode that let others in.
const OTHERS: u32 = 0o077;
/// What is read of the file, at most.
const FILE_BYTES_MAX: u64 = 4_096;
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// A private key (Ed25519). Never shown.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// The key in this directory; made there where there is none, so that no two servers ever have the
    /// same unless they share the directory.
    ///
    /// # Errors
    /// The file can't be read or written, is not a key, or others than its owner may read it.
    pub fn load_or_make(directory: &Path) -> io::Result<Self> {
        let path = directory.join(FILE);
        match Self::load(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(directory, &path)?;
                Self::load(&path)
            }
            other => other,
        }
    }

    fn load(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let mode = file.metadata()?.mode();
        if mode & OTHERS != 0 {
            return Err(refused(path, "others may read it: chmod 600"));
        }
        let mut pem = String::new();
        file.take(FILE_BYTES_MAX).read_to_string(&mut pem)?;
        let body: Option<String> = pem
            .trim()
            .strip_prefix(BEGIN)
            .and_then(|rest| rest.strip_suffix(END))
            .map(|body| body.split_whitespace().collect());
        let der = body.and_then(|body| STANDARD.decode(body).ok());
        der.and_then(|der| Ed25519KeyPair::from_pkcs8(&der).ok())
            .map(Self)
            .ok_or_else(|| {
                let mend = "it holds no Ed25519 key: remove it, and a new one is made (everybody has \
                            to renew their access token)";
                refused(path, mend)
            })
    }

    /// A new key that is kept nowhere: what it signs is worth nothing once the process has ended.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn passing() -> io::Result<Self> {
        let key = Ed25519KeyPair::from_pkcs8(new_key()?.as_ref());
        key.map(Self)
            .map_err(|error| io::Error::other(error.to_string()))
    }

    /// The key of a seed.
    #[cfg(test)]
    pub(crate) fn of_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed).unwrap())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let bytes = self.0.public_key().as_ref().try_into();
        PublicKey(bytes.expect("a public key of Ed25519 has 32 bytes"))
    }

    pub(crate) fn sign(&self, text: &[u8]) -> [u8; 64] {
        let signature = self.0.sign(text);
        let bytes = signature.as_ref().try_into();
        bytes.expect("a signature of Ed25519 has 64 bytes")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

fn new_key() -> io::Result<Document> {
    Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
        .map_err(|_| io::Error::other("the system gives no random bytes"))
}

/// Writes a new key beside the path and then puts it there, unless somebody else was faster: the file is
/// there whole or not at all.
fn make(directory: &Path, path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let der = new_key()?;
    let mut name = [0; 16];
    getrandom::fill(&mut name).map_err(|_| io::Error::other("the system gives no random bytes"))?;
    let beside = directory.join(format!("{FILE}.{}", Uuid::from_bytes(name).simple()));
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(&beside)?;
    let written = writeln!(file, "{BEGIN}\n{}\n{END}", STANDARD.encode(der.as_ref()))
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::hard_link(&beside, path));
    std::fs::remove_file(&beside)?;
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn refused(path: &Path, why: &str) -> io::Error {
    io::Error::other(format!("'{}' is not used: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("made/on/the/way");
        let first = SigningKey::load_or_make(&place).unwrap();
        let again = SigningKey::load_or_make(&place).unwrap();
        assert_eq!(first.public(), again.public());
        let mode = std::fs::metadata(place.join(FILE)).unwrap().mode();
        assert_eq!(mode & 0o777, MODE);
        let files = std::fs::read_dir(&place).unwrap().count();
        assert_eq!(files, 1);
        let elsewhere = SigningKey::load_or_make(directory.path()).unwrap();
        assert_ne!(first.public(), elsewhere.public());
    }

    #[test]
    fn many_that_start_at_once_have_one_key() {
        let directory = tempfile::tempdir().unwrap();
        let load = || SigningKey::load_or_make(directory.path()).unwrap().public();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn a_key_that_others_read_or_that_is_none_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        SigningKey::load_or_make(directory.path()).unwrap();
        let path = directory.path().join(FILE);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        let error = SigningKey::load_or_make(directory.path()).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n").unwrap();
        let error = SigningKey::load_or_make(directory.path()).unwrap_err();
        assert!(error.to_string().contains("no Ed25519 key"), "{error}");
    }
}
