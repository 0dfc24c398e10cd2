//! Lines a second of each scripted dialect on one core, dice and all:
//! `cargo run --release -p parlor-dialect --example speed`

mod run;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for dialect in run::dialects()? {
        let speed = dialect.measure();
        println!(
            "{:<16} {:>9.0} lines/s ({:.0} bytes a line)",
            dialect.name, speed.lines_per_second, speed.bytes_per_line
        );
    }
    Ok(())
}
