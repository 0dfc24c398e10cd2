//! A few thousand broken exports, grammars and models through what the fuzz targets do with them.

#[path = "../../../../fuzz/fuzz_targets/entries.rs"]
mod entries;

use parlor_dialect::markov::{Order, Trainer};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

/// The seeds of a fuzz target, by name.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let dir: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/seeds")
        .join(target);
    let files =
        std::fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has seeds", dir.display());
    paths
        .into_iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// One thing that goes wrong with bytes.
#[derive(Debug, Clone)]
enum Damage {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (at(), prop::collection::vec(any::<u8>(), 1..8))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (at(), 1usize..40).prop_map(|(at, count)| Damage::Remove(at, count)),
        (at(), 1usize..40).prop_map(|(at, count)| Damage::Repeat(at, count)),
        at().prop_map(Damage::Cut),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let span = |at: usize, count: usize, len: usize| at..len.min(at + count);
        match damage {
            Damage::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Damage::Insert(at, more) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Damage::Remove(at, count) => {
                let at = at.index(bytes.len());
                bytes.drain(span(at, *count, bytes.len()));
            }
            Damage::Repeat(at, count) => {
                let at = at.index(bytes.len());
                let part = bytes[span(at, *count, bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}

fn broken(target: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let seeds = prop::sample::select(seeds(target));
    (seeds, prop::collection::vec(damage(), 0..6))
        .prop_map(|(seed, damages)| damaged(seed, &damages))
}

fn model() -> Vec<u8> {
    let mut trainer = Trainer::new(Order::new(3));
    trainer.add("The cat sat on the mat. Who ate the cat? 我很高兴。");
    trainer.finish().unwrap().0
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_broken_export_is_read_or_refused(bytes in broken("exports")) {
        entries::export(&bytes);
    }

    #[test]
    fn a_broken_grammar_is_spoken_or_refused(bytes in broken("grammars")) {
        entries::grammar(&bytes);
    }

    #[test]
    fn a_broken_model_is_spoken_or_refused(damages in prop::collection::vec(damage(), 0..6)) {
        entries::markov(&damaged(model(), &damages));
    }
}
