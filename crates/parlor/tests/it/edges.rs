//! Which crate may know which. The walls of the house: an edge that is not listed here is a mistake
//! in the code, or a decision that belongs in `docs/decisions/`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const MODEL: &[&str] = &[];
const ENGINE: &[&str] = &["parlor-model"];
const ADAPTER: &[&str] = &["parlor-model", "parlor-ports"];
const SERVICE: &[&str] = &["parlor-model", "parlor-engine", "parlor-ports"];
const BINARY: &[&str] = &[
    "parlor-model",
    "parlor-engine",
    "parlor-ports",
    "parlor-bus",
    "parlor-cache",
    "parlor-store-sqlite",
    "parlor-store-postgres",
    "parlor-dialect",
    "parlor-roles",
    "parlor-gateway",
];

/// What each crate may depend on, for building and for its tests alike; on itself too, where its
/// tests want one of its features.
const ALLOWED: &[(&str, &[&str])] = &[
    ("parlor-model", MODEL),
    ("parlor-engine", ENGINE),
    ("parlor-ports", ENGINE),
    ("parlor-bus", ADAPTER),
    ("parlor-cache", ADAPTER),
    ("parlor-store-sqlite", ADAPTER),
    ("parlor-store-postgres", ADAPTER),
    ("parlor-dialect", ADAPTER),
    ("parlor-roles", SERVICE),
    ("parlor-gateway", SERVICE),
    ("parlor", BINARY),
];

/// Crates for development, which may know everything and which nobody may know.
const DEVELOPMENT: &[&str] = &["parlor-sandbox", "parlor-blackbox", "parlor-bench"];

#[test]
fn no_crate_knows_more_than_the_house_allows() {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, dependencies) in workspace() {
        if DEVELOPMENT.contains(&name.as_str()) {
            continue;
        }
        let Some(allowed) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} is not in the list of crates"));
            continue;
        };
        wrong.extend(
            dependencies
                .iter()
                .filter(|d| **d != name && !allowed.contains(&d.as_str()))
                .map(|d| format!("{name} must not depend on {d}")),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Each workspace crate with the workspace crates that it depends on in any way.
fn workspace() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let ours: BTreeSet<_> = packages.iter().map(name).collect();
    assert!(
        ours.len() >= ALLOWED.len(),
        "cargo metadata shows only {ours:?}"
    );
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            (
                name(package),
                dependencies
                    .iter()
                    .map(name)
                    .filter(|d| ours.contains(d))
                    .collect(),
            )
        })
        .collect()
}
