//! The archive port: what was said in a month that is long over leaves the store as lines of JSON, and
//! comes back from them.
//!
//! A line is a message as the store keeps it, so an archive goes back into the kind of store that it came
//! from. Conversations stay; without their messages they tell how many there were.

use crate::error::PortResult;
use async_trait::async_trait;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use std::fmt;
use std::str::FromStr;

/// A month of the calendar, by UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    /// The month of a time.
    #[must_use]
    pub fn of(time: DateTime<Utc>) -> Self {
        let day = time.date_naive();
        Self(
            day.checked_sub_days(Days::new(u64::from(day.day0())))
                .unwrap_or(day),
        )
    }

    /// Its first moment.
    #[must_use]
    pub fn begins(self) -> DateTime<Utc> {
        self.0.and_time(chrono::NaiveTime::MIN).and_utc()
    }

    /// The first moment after it.
    #[must_use]
    pub fn ends(self) -> DateTime<Utc> {
        let next = self
            .0
            .checked_add_months(Months::new(1))
            .unwrap_or(NaiveDate::MAX);
        next.and_time(chrono::NaiveTime::MIN).and_utc()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

/// Not `YYYY-MM`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a month such as 2026-01")]
pub struct NoMonth;

impl FromStr for Month {
    type Err = NoMonth;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
        day.map(Self).map_err(|_| NoMonth)
    }
}

/// A message as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedRow {
    /// Where to go on after it.
    pub place: String,
    /// A JSON object in one line.
    pub json: String,
}

/// Lets months leave the store, and come back.
#[async_trait]
pub trait Archive: Send + Sync {
    /// The months that are over by then and of which messages of ended conversations are kept, with how
    /// many; oldest first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn months_before(&self, before: DateTime<Utc>) -> PortResult<Vec<(Month, u64)>>;

    /// Messages of a month whose conversations have ended, in an order that stays, after one of them.
    ///
    /// # Errors
    /// Retryable when the store is away; terminal when `after` is no place of this store.
    async fn month_rows(
        &self,
        month: Month,
        after: Option<&str>,
        limit: u32,
    ) -> PortResult<Vec<ArchivedRow>>;

    /// Removes what [`Self::month_rows`] gives of a month, in one transaction; false, and nothing is
    /// removed, where it is not exactly so many messages by now.
    ///
    /// # Errors
    /// Retryable when the store is away, or somebody reads the month for long.
    async fn drop_month(&self, month: Month, rows: u64) -> PortResult<bool>;

    /// Puts messages of a month back; those that are there stay as they are. Gives how many were put.
    /// They are not in the log of changes.
    ///
    /// # Errors
    /// Retryable when the store is away; terminal when they are not of this kind of store, or of
    /// conversations that are not there.
    async fn put_rows(&self, month: Month, rows: &[String]) -> PortResult<u64>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_a_name_and_two_ends() {
        let month: Month = "2025-12".parse().unwrap();
        assert_eq!(month.to_string(), "2025-12");
        assert_eq!(month.begins().to_rfc3339(), "2025-12-01T00:00:00+00:00");
        assert_eq!(month.ends().to_rfc3339(), "2026-01-01T00:00:00+00:00");
        assert_eq!(
            Month::of(month.ends() - chrono::TimeDelta::seconds(1)),
            month
        );
        assert!("2025-13".parse::<Month>().is_err() && "12-2025".parse::<Month>().is_err());
    }
}
