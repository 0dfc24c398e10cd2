//! Expands a symbol of a Tracery grammar many times, one line each, to compare with other programs:
//! `cargo run -p parlor-dialect --example expand -- GRAMMAR.json [SYMBOL [COUNT]]`

use parlor_dialect::grammar::Grammar;
use parlor_model::dice::Dice;
use std::io::Write;
use uuid::Uuid;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name a grammar's file")?;
    let symbol = arguments.next().unwrap_or_else(|| "origin".to_owned());
    let count: u128 = arguments.next().map_or(Ok(1_000), |count| count.parse())?;
    let grammar = Grammar::parse(&std::fs::read_to_string(file)?)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for n in 0..count {
        let mut roll = Dice::new(7, Uuid::from_u128(n)).roll("expand");
        writeln!(out, "{}", grammar.expand(&symbol, &mut roll))?;
    }
    Ok(())
}
