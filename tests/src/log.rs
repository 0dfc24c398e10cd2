//! What a server prints, kept for the report of a failed test, and read for addresses and processes.

use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Instant;

/// Lines that are kept.
const LINES_MAX: usize = 20_000;

/// A role that `--split` started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Role {
    /// Its process, while it is not known to have ended.
    pub pid: Option<u32>,
    /// Where it listens, once it is ready.
    pub address: Option<String>,
}

/// A growing log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    lines: VecDeque<String>,
    address: Option<String>,
    roles: BTreeMap<String, Role>,
    first_line_said: Option<Instant>,
}

impl Log {
    /// Reads `stream` to its end, in a thread of its own.
    pub(crate) fn follow(&self, stream: impl Read + Send + 'static) {
        let log = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                log.0.lock().take(line);
            }
        });
    }

    pub(crate) fn address(&self) -> Option<String> {
        self.0.lock().address.clone()
    }

    pub(crate) fn roles(&self) -> BTreeMap<String, Role> {
        self.0.lock().roles.clone()
    }

    /// When the first line of a character appeared.
    pub(crate) fn first_line_said(&self) -> Option<Instant> {
        self.0.lock().first_line_said
    }

    pub(crate) fn text(&self) -> String {
        self.0
            .lock()
            .lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect()
    }

    pub(crate) fn has(&self, part: &str) -> bool {
        self.0.lock().lines.iter().any(|line| line.contains(part))
    }
}

impl Content {
    fn take(&mut self, line: String) {
        if let Some((role, said)) = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("] "))
        {
            self.of_role(role, said);
        } else if let Some(address) = address_in(&line) {
            self.address = Some(address);
        } else if line.contains('→') && self.first_line_said.is_none() {
            self.first_line_said = Some(Instant::now());
        }
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    fn of_role(&mut self, role: &str, said: &str) {
        let role = self.roles.entry(role.to_owned()).or_default();
        if let Some(pid) = said.strip_prefix("started as process ") {
            *role = Role {
                pid: pid.trim().parse().ok(),
                address: None,
            };
        } else if said.starts_with("ended (") {
            *role = Role::default();
        } else if said.contains(" ready on ") {
            role.address = address_in(said);
        }
    }
}

/// The address in a banner, or in the line of a role that is ready.
fn address_in(line: &str) -> Option<String> {
    let announced = line.trim_start().starts_with("address ") || line.contains(" ready on ");
    let at = line.find("http://").filter(|_| announced)?;
    let address = line[at..].split_whitespace().next()?;
    (!address.ends_with(":0")).then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_and_addresses_are_read_from_what_a_supervisor_prints() {
        let mut content = Content::default();
        for line in [
            "  address    http://127.0.0.1:0   (API: /docs)",
            "[ross] started as process 42",
            "[ross] character ready on http://127.0.0.1:4711",
        ] {
            content.take(line.to_owned());
        }
        assert_eq!(content.address, None);
        let ross = Role {
            pid: Some(42),
            address: Some("http://127.0.0.1:4711".into()),
        };
        assert_eq!(content.roles["ross"], ross);
        content.take("[ross] ended (signal: 9 (SIGKILL)); starting it again in 500ms".to_owned());
        assert_eq!(content.roles["ross"], Role::default());
    }
}
