//! Hostile files: large, deep, random.

use crate::vocabulary::{SMALL, problems, read};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Far more than any of these takes, far less than anything that grows with the square.
const PATIENCE: Duration = Duration::from_secs(20);

const DEEP: usize = 100_000;

fn only_message(source: &str) -> String {
    let begun = Instant::now();
    let problems = problems(source);
    assert!(begun.elapsed() < PATIENCE, "took {:?}", begun.elapsed());
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].message.clone()
}

#[test]
fn a_file_of_ten_megabytes_is_refused_unread() {
    let message = only_message(&"#".repeat(10 << 20));
    assert_eq!(
        message,
        "the file has 10485760 bytes, a world file has at most 4 MiB"
    );
}

#[test]
fn deep_nesting_neither_overflows_nor_takes_long() {
    let deep = [
        format!("a = {}", "[".repeat(DEEP)),
        format!("a = {}{}", "[".repeat(DEEP), "]".repeat(DEEP)),
        format!("a = {}", "{a=".repeat(DEEP)),
        format!("a = {}1{}", "{a=".repeat(DEEP), "}".repeat(DEEP)),
        format!("a = {}", "[{a=".repeat(DEEP)),
        format!("{}a = 1", "a.".repeat(DEEP)),
        format!("[{}a]", "a.".repeat(DEEP)),
        format!("[[{}a]]", "a.".repeat(DEEP)),
        format!(
            "a = {}1",
            "{a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = ".repeat(79)
        ),
        format!("[a.b.c.d.e]\na = {}", "[".repeat(62)),
    ];
    for source in deep {
        let start: String = source.chars().take(30).collect();
        let message = only_message(&source);
        assert_eq!(
            message, "tables and lists are nested more than 64 deep here",
            "{start}"
        );
    }
}

#[test]
fn brackets_of_all_sorts_in_disorder_take_no_time() {
    for pattern in [
        "[[", "]", "}", "{]", "[}", "a=[{", "=", "\"", "a\n", "[a]\n", "'''", "{a=[}", "a.=",
        "a={\n",
    ] {
        let begun = Instant::now();
        let found = problems(&pattern.repeat(DEEP)).len();
        assert!(found > 0, "{pattern}");
        assert!(
            begun.elapsed() < PATIENCE,
            "{pattern} took {:?}",
            begun.elapsed()
        );
    }
}

#[test]
fn a_world_of_100_000_characters_loads_without_a_quadratic_scan() {
    let cast: String = (0..100_000)
        .map(|n| format!("[[characters]]\nname = \"N{n}\"\n"))
        .collect();
    let begun = Instant::now();
    let world = read(&format!("[world]\nname = \"crowd\"\n{cast}")).unwrap();
    let taken = begun.elapsed();
    println!("100,000 characters loaded in {taken:?}");
    assert_eq!(world.cast.len(), 100_000);
    assert!(taken < PATIENCE, "took {taken:?}");
}

#[test]
fn one_character_too_many_is_refused() {
    let cast: String = (0..100_001)
        .map(|n| format!("[[characters]]\nname=\"N{n}\"\n"))
        .collect();
    assert_eq!(
        only_message(&format!("[world]\nname = \"crowd\"\n{cast}")),
        "there are 100001 [[characters]], but at most 100000 fit"
    );
}

#[test]
fn a_file_full_of_mistakes_lists_the_first_thousand_and_counts_the_rest() {
    let cast: String = (0..50_000)
        .map(|n| format!("[[characters]]\nname=\"N{n}\"\ndialect=\"hu\"\nx=1\n"))
        .collect();
    let hum: String = (0..900)
        .map(|n| format!("[dialects.hum{n}]\nkind=\"gibberish\"\n"))
        .collect();
    let begun = Instant::now();
    let problems = problems(&format!("[world]\nname = \"crowd\"\n{hum}{cast}"));
    assert!(begun.elapsed() < PATIENCE, "took {:?}", begun.elapsed());
    assert_eq!(problems.len(), 1001);
    assert_eq!(problems[1000].message, "99000 more problems are not listed");
}

#[test]
fn numbers_beyond_64_bits_and_not_a_number_are_refused() {
    for number in ["99999999999999999999", "nan", "-inf", "1e999"] {
        let source = format!("{SMALL}[memory]\nwindow = {number}");
        assert_eq!(
            problems(&source).len(),
            1,
            "{number}: {:?}",
            problems(&source)
        );
    }
}

fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "[world]",
            "[[characters]]",
            "name = ",
            "\"Ada\"",
            "\n",
            "=",
            "[",
            "]",
            "{",
            "}",
            ".",
            "[mechanics.gossip]",
            "probability = 1",
            "[dialects.a]",
            "kind = \"llm\"",
            "nan",
            "1979-05-27",
            "\"\"\"",
            "'",
            "\\",
            "#",
            ",",
            "traits = {",
            "\u{feff}",
            "é",
            "\r",
            "/",
            "~",
            "[routing]",
            "queue = \"{",
            "aliases = [\"/",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(parts in prop::collection::vec(fragment(), 0..40)) {
        check(&parts.concat())?;
    }

    #[test]
    fn no_mutation_of_a_good_file_makes_it_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6usize, fragment()), 1..6),
    ) {
        let mut source: Vec<char> = GOOD.chars().collect();
        for (at, cut, insert) in edits {
            let at = at.index(source.len() + 1);
            let end = (at + cut).min(source.len());
            source.splice(at..end, insert.chars());
        }
        check(&source.into_iter().collect::<String>())?;
    }
}

/// Either a world or located problems in the file's order.
fn check(source: &str) -> Result<(), TestCaseError> {
    let Err(problems) = read(source) else {
        return Ok(());
    };
    prop_assert!(!problems.0.is_empty());
    let places: Vec<_> = problems.0.iter().map(|p| (p.line, p.column)).collect();
    prop_assert!(places.is_sorted());
    let lines = source.split('\n').count();
    prop_assert!(
        places
            .iter()
            .all(|(line, column)| (1..=lines).contains(line) && *column >= 1)
    );
    prop_assert!(
        problems.0.iter().all(|p| !p.message.contains('\n')),
        "{problems}"
    );
    Ok(())
}

const GOOD: &str = r#"
[world]
name = "tea-room"
pace = "1s"
[trigger]
aliases = ["/go"]
[routing]
exchange = { name = "tea", type = "direct" }
queue = "q-{Name}"
[mechanics.gossip]
probability = 0.5
by = "ada"
[dialects.banter]
kind = "grammar"
rules = { origin = ["a", "b"] }
[[characters]]
name = "Ada"
traits = { openness = 0.5 }
[[characters]]
name = "Bea"
likes = ["tea"]
[[topics]]
text = "rain"
until = 2026-12-31
[schedule]
cron = ["0 6 * * *"]
"#;

#[test]
fn the_file_that_is_mutated_is_good() {
    assert!(problems(GOOD).is_empty(), "{:?}", problems(GOOD));
}
