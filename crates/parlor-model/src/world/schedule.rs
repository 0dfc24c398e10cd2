//! The times at which a world starts by itself.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// Conversations that are started, or people that are written, in one go where a world doesn't say.
pub const DEFAULT_BATCH: u32 = 100;

/// Fields of a time.
const FIELDS: usize = 5;
/// Longest time.
const TIME_BYTES_MAX: usize = 500;

/// The times of a world, in a time zone.
///
/// Where clocks are put forward over a fixed time ("0 2 * * *"), it comes at the first moment after the
/// gap; where they are put back, it comes once.
#[derive(Debug, Clone)]
pub struct Schedule {
    times: Vec<Cron>,
    zone: Tz,
    /// How much is done in one go.
    pub batch: u32,
}

impl Schedule {
    /// Is this a time: five fields, as minute, hour, day of month, month, day of week?
    #[must_use]
    pub fn is_time(time: &str) -> bool {
        time.len() <= TIME_BYTES_MAX
            && time.split_ascii_whitespace().count() == FIELDS
            && parser().parse(time).is_ok()
    }

    /// Reads times and zone.
    ///
    /// # Errors
    /// The place of the time that is wrong; `None` for the zone.
    pub fn new(times: &[String], zone: &str, batch: u32) -> Result<Self, Option<usize>> {
        let parser = parser();
        let mut parsed = Vec::with_capacity(times.len());
        for (place, time) in times.iter().enumerate() {
            if !Self::is_time(time) {
                return Err(Some(place));
            }
            parsed.push(parser.parse(time).map_err(|_| Some(place))?);
        }
        Ok(Self {
            times: parsed,
            zone: zone.parse().map_err(|_| None)?,
            batch,
        })
    }

    /// The first time after `now`; `None` when there is none any more.
    #[must_use]
    pub fn next_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let now = now.with_timezone(&self.zone);
        let next = self
            .times
            .iter()
            .filter_map(|time| time.find_next_occurrence(&now, false).ok());
        next.min().map(|next| next.to_utc())
    }

    /// The name of the zone.
    #[must_use]
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }
}

fn parser() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(times: &[&str], zone: &str) -> Schedule {
        let times: Vec<String> = times.iter().map(|time| (*time).to_owned()).collect();
        Schedule::new(&times, zone, 100).unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn six_and_eighteen_come_twice_a_day_cl9() {
        let schedule = schedule(&["0 6 * * *", "0 18 * * *"], "UTC");
        let mut now = utc("2026-03-01T05:59:59Z");
        let mut seen = Vec::new();
        for _ in 0..3 {
            now = schedule.next_after(now).unwrap();
            seen.push(now);
        }
        let expected = [
            "2026-03-01T06:00:00Z",
            "2026-03-01T18:00:00Z",
            "2026-03-02T06:00:00Z",
        ];
        assert_eq!(seen, expected.map(utc));
    }

    #[test]
    fn six_in_the_morning_is_that_in_summer_and_in_winter() {
        let schedule = schedule(&["0 6 * * *"], "Europe/Berlin");
        let next = |now| schedule.next_after(utc(now)).unwrap();
        assert_eq!(next("2026-03-28T12:00:00Z"), utc("2026-03-29T04:00:00Z"));
        assert_eq!(next("2026-03-27T12:00:00Z"), utc("2026-03-28T05:00:00Z"));
        assert_eq!(next("2026-10-24T12:00:00Z"), utc("2026-10-25T05:00:00Z"));
    }

    #[test]
    fn a_time_in_the_gap_comes_after_it_and_one_in_the_overlap_once() {
        let schedule = schedule(&["30 2 * * *"], "Europe/Berlin");
        let next = |now| schedule.next_after(now).unwrap();
        // Clocks go from 2:00 to 3:00 at 1:00 UTC.
        let spring = next(utc("2026-03-28T12:00:00Z"));
        assert_eq!(spring, utc("2026-03-29T01:00:00Z"));
        assert_eq!(next(spring), utc("2026-03-30T00:30:00Z"));
        // And from 3:00 to 2:00 at 1:00 UTC.
        let autumn = next(utc("2026-10-24T12:00:00Z"));
        assert_eq!(autumn, utc("2026-10-25T00:30:00Z"));
        assert_eq!(next(autumn), utc("2026-10-26T01:30:00Z"));
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let wrong = |times: &[&str], zone: &str| {
            let times: Vec<String> = times.iter().map(|time| (*time).to_owned()).collect();
            Schedule::new(&times, zone, 100).unwrap_err()
        };
        assert_eq!(wrong(&["0 6 * * *", "0 25 * * *"], "UTC"), Some(1));
        assert_eq!(wrong(&["0 0 6 * * *"], "UTC"), Some(0));
        assert_eq!(wrong(&["0 6 * * *"], "Mars/Olympus"), None);
    }
}
