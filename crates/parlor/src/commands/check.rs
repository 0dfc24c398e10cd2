//! `parlor check`: everything that is wrong with world files.

use super::say;
use crate::{Ended, worlds};

/// Checks each world and reports every problem of each.
pub(crate) fn run(names: &[String], json: bool) -> anyhow::Result<Ended> {
    let mut all = Vec::new();
    for name in names {
        let problems = worlds::problems(name)?;
        if problems.is_empty() && !json {
            say(&format!("{name}: good"))?;
        }
        all.extend(problems);
    }
    if json {
        say(&serde_json::to_string_pretty(&all)?)?;
    } else {
        for problem in &all {
            eprintln!("{problem}");
        }
        if !all.is_empty() {
            eprintln!(
                "{} problem{}",
                all.len(),
                if all.len() == 1 { "" } else { "s" }
            );
        }
    }
    Ok(if all.is_empty() {
        Ended::Well
    } else {
        Ended::FoundProblems
    })
}
