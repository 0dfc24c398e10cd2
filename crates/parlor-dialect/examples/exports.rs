//! Writes a large made-up export of each format, to measure how they are imported:
//! `cargo run --release -p parlor-dialect --example exports -- DIRECTORY [MESSAGES]`, then
//! `/usr/bin/time -v parlor dialect import DIRECTORY/sms.xml --as replay --out x.replay`.

use chrono::{DateTime, TimeDelta};
use parlor_model::dice::{Dice, Roll};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use uuid::Uuid;

const MESSAGES: u32 = 1_000_000;
const PEOPLE: [&str; 8] = [
    "Ann Lee",
    "Ben Okri",
    "Cid Vale",
    "Dora Poe",
    "Emil Roth",
    "Fay Wu",
    "Gus Hill",
    "Ida Marsh",
];
const WORDS: usize = 30_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("name a directory to write into")?;
    let count = arguments
        .next()
        .map_or(Ok(MESSAGES), |count| count.parse())?;
    let dir = Path::new(&dir);
    for (file, head, write, tail) in FORMATS {
        let mut out = BufWriter::new(File::create(dir.join(file))?);
        out.write_all(head.as_bytes())?;
        let mut chat = Chat::new();
        for n in 0..count {
            if file.ends_with("json") && n > 0 {
                out.write_all(b",\n")?;
            }
            write(&mut out, &chat.next(n))?;
        }
        out.write_all(tail.as_bytes())?;
        out.flush()?;
        println!("{}", dir.join(file).display());
    }
    Ok(())
}

type Write1 = fn(&mut BufWriter<File>, &Said) -> io::Result<()>;

const FORMATS: [(&str, &str, Write1, &str); 5] = [
    (
        "sms.xml",
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"1000000\">\n",
        sms,
        "</smses>\n",
    ),
    ("android.txt", "", android, ""),
    ("ios.txt", "", ios, ""),
    (
        "telegram.json",
        "{\n \"name\": \"chat\",\n \"type\": \"private_group\",\n \"id\": 1,\n \"messages\": [\n",
        telegram,
        "\n ]\n}\n",
    ),
    ("plain.txt", "", plain, ""),
];

struct Said {
    number: u32,
    who: usize,
    text: String,
    at: DateTime<chrono::Utc>,
}

/// Words come as often as in a language: the n-th commonest about 1/n as often as the first.
struct Chat {
    roll: Roll,
    words: Vec<String>,
    at: DateTime<chrono::Utc>,
}

impl Chat {
    fn new() -> Self {
        let mut roll = Dice::new(7, Uuid::nil()).roll("exports");
        let letters = [
            "a", "e", "i", "o", "u", "n", "r", "s", "t", "l", "d", "m", "ch", "k",
        ];
        let mut word = || -> String {
            let length = 2 + roll.below(5);
            (0..length)
                .filter_map(|_| roll.pick(&letters).copied())
                .collect()
        };
        let words = (0..WORDS).map(|_| word()).collect();
        Self {
            roll,
            words,
            at: DateTime::UNIX_EPOCH + TimeDelta::days(365 * 45),
        }
    }

    fn next(&mut self, number: u32) -> Said {
        let length = 3 + self.roll.below(15);
        let mut text = String::new();
        for n in 0..length {
            if n > 0 {
                text.push(' ');
            }
            let rank = (WORDS as f64).powf(self.roll.unit()) as usize - 1;
            text.push_str(&self.words[rank.min(WORDS - 1)]);
        }
        text.push_str(["", ".", "!", "?"][self.roll.below(4)]);
        self.at += TimeDelta::seconds(5 + self.roll.below(400) as i64);
        Said {
            number,
            who: self.roll.below(PEOPLE.len()),
            text,
            at: self.at,
        }
    }
}

fn sms(out: &mut BufWriter<File>, said: &Said) -> io::Result<()> {
    let (kind, who) = (1 + said.number % 2, PEOPLE[said.who]);
    writeln!(
        out,
        "  <sms protocol=\"0\" address=\"+1555010{}\" date=\"{}\" type=\"{kind}\" subject=\"null\" body=\"{}\" toa=\"null\" sc_toa=\"null\" service_center=\"null\" read=\"1\" status=\"-1\" locked=\"0\" date_sent=\"0\" readable_date=\"{}\" contact_name=\"{who}\" />",
        said.who,
        said.at.timestamp_millis(),
        said.text,
        said.at.format("%b %e, %Y %l:%M:%S %p"),
    )
}

fn android(out: &mut BufWriter<File>, said: &Said) -> io::Result<()> {
    let at = said.at.format("%-m/%-d/%y, %-I:%M\u{202f}%p");
    writeln!(out, "{at} - {}: {}", PEOPLE[said.who], said.text)
}

fn ios(out: &mut BufWriter<File>, said: &Said) -> io::Result<()> {
    let at = said.at.format("[%d.%m.%y, %H:%M:%S]");
    writeln!(out, "{at} {}: {}", PEOPLE[said.who], said.text)
}

fn telegram(out: &mut BufWriter<File>, said: &Said) -> io::Result<()> {
    write!(
        out,
        "  {{\n   \"id\": {},\n   \"type\": \"message\",\n   \"date\": \"{}\",\n   \"date_unixtime\": \"{}\",\n   \"from\": \"{}\",\n   \"from_id\": \"user{}\",\n   \"text\": \"{}\",\n   \"text_entities\": [\n    {{\n     \"type\": \"plain\",\n     \"text\": \"{}\"\n    }}\n   ]\n  }}",
        said.number,
        said.at.format("%Y-%m-%dT%H:%M:%S"),
        said.at.timestamp(),
        PEOPLE[said.who],
        said.who,
        said.text,
        said.text,
    )
}

fn plain(out: &mut BufWriter<File>, said: &Said) -> io::Result<()> {
    writeln!(out, "{}: {}", PEOPLE[said.who], said.text)
}
