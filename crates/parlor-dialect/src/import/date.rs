//! Dates as a chat writes them: by the habits of a country, and without saying which.

use chrono::{NaiveDate, NaiveDateTime};

/// Longest date and time, in bytes.
const STAMP_BYTES_MAX: usize = 48;

/// A date and time before it is known which number is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    numbers: [u32; 3],
    time: (u32, u32, u32),
    /// The time has AM or PM.
    halves: bool,
}

/// Which number is which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

impl Stamp {
    /// Reads `31/12/23, 11:59 PM`, `31.12.2023 klo 23.59.58`, `2023-12-31 23:59` and their like:
    /// three numbers with `/`, `.` or `-` between them, then two or three with `:` or `.`.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > STAMP_BYTES_MAX || !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let mut numbers = [0u32; 6];
        let mut between: [&str; 6] = [""; 6];
        let mut rest = text;
        let mut count = 0;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let gap = &rest[..start];
            let digits = &rest[start..];
            let end = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            if count == 6 || end > 4 {
                return None;
            }
            between[count] = gap;
            numbers[count] = digits[..end].parse().ok()?;
            rest = &digits[end..];
            count += 1;
        }
        let is_gap = |at: usize, marks: &[&str]| marks.contains(&between[at].trim());
        let has_date = count >= 5 && is_gap(1, &["/", ".", "-"]) && is_gap(2, &["/", ".", "-"]);
        let has_time = is_gap(4, &[":", "."]) && (count == 5 || is_gap(5, &[":", "."]));
        if !has_date || !has_time {
            return None;
        }
        let words = format!("{}{rest}", between[3]);
        let seconds = if count == 6 { numbers[5] } else { 0 };
        let (hour, halves) = hour_of(numbers[3], &words)?;
        Some(Self {
            numbers: [numbers[0], numbers[1], numbers[2]],
            time: (hour, numbers[4], seconds),
            halves,
        })
    }

    /// The moment, where the numbers can be one.
    pub(super) fn at(&self, order: Order) -> Option<NaiveDateTime> {
        let [a, b, c] = self.numbers;
        let (year, month, day) = match order {
            _ if a > 31 => (a, b, c),
            Order::DayFirst => (c, b, a),
            Order::MonthFirst => (c, a, b),
        };
        let year = if year < 100 { year + 2_000 } else { year };
        let (hour, minute, second) = self.time;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?
            .and_hms_opt(hour, minute, second)
    }
}

/// The hour of the day, and whether the words around it name a half of it.
fn hour_of(hour: u32, words: &str) -> Option<(u32, bool)> {
    let bare: String = words
        .chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect();
    if bare.chars().count() > 12 {
        return None;
    }
    let names = |marks: &[&str]| marks.iter().any(|mark| bare.contains(mark));
    Some(if names(&["pm", "下午", "午後", "오후"]) {
        (if hour < 12 { hour + 12 } else { hour }, true)
    } else if names(&["am", "上午", "午前", "오전"]) {
        (if hour == 12 { 0 } else { hour }, true)
    } else {
        (hour, false)
    })
}

/// Finds out the order from dates as they come.
#[derive(Debug, Default)]
pub(super) struct Guess {
    certain: Option<Order>,
    last: Option<[u32; 3]>,
    /// How often the first number changed alone, and the second. The day changes more often.
    changes: (u32, u32),
    halves: bool,
}

impl Guess {
    pub(super) fn see(&mut self, stamp: &Stamp) {
        let [a, b, _] = stamp.numbers;
        self.halves |= stamp.halves;
        if a > 31 || self.certain.is_some() {
            self.certain.get_or_insert(Order::DayFirst);
            return;
        }
        if a > 12 {
            self.certain = Some(Order::DayFirst);
        } else if b > 12 {
            self.certain = Some(Order::MonthFirst);
        }
        if let Some([before_a, before_b, _]) = self.last {
            self.changes.0 += u32::from(before_a != a && before_b == b);
            self.changes.1 += u32::from(before_b != b && before_a == a);
        }
        self.last = Some(stamp.numbers);
    }

    /// The order, once a date has left no doubt.
    pub(super) fn certain(&self) -> Option<Order> {
        self.certain
    }

    /// The order that is likeliest.
    pub(super) fn likeliest(&self) -> Order {
        let (first, second) = self.changes;
        match self.certain {
            Some(order) => order,
            None if first > second => Order::DayFirst,
            None if second > first || self.halves => Order::MonthFirst,
            None => Order::DayFirst,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, order: Order) -> String {
        let stamp = Stamp::read(text).unwrap_or_else(|| panic!("{text}"));
        stamp.at(order).unwrap().to_string()
    }

    #[test]
    fn dates_of_many_countries_are_read() {
        for (text, order, right) in [
            (
                "12/31/23, 11:59 PM",
                Order::MonthFirst,
                "2023-12-31 23:59:00",
            ),
            (
                "12/31/23, 12:05\u{202f}AM",
                Order::MonthFirst,
                "2023-12-31 00:05:00",
            ),
            ("31.12.23, 23:59", Order::DayFirst, "2023-12-31 23:59:00"),
            (
                "31/12/2023, 23:59:58",
                Order::DayFirst,
                "2023-12-31 23:59:58",
            ),
            (
                "31/12/2023, 11:59 p. m.",
                Order::DayFirst,
                "2023-12-31 23:59:00",
            ),
            (
                "12.3.2022 klo 14.08.18",
                Order::DayFirst,
                "2022-03-12 14:08:18",
            ),
            (
                "2023-12-31, 9:05:01 PM",
                Order::DayFirst,
                "2023-12-31 21:05:01",
            ),
            (
                "2023. 12. 31. 오후 1:02",
                Order::DayFirst,
                "2023-12-31 13:02:00",
            ),
            (
                "2023/12/31 下午11:59",
                Order::DayFirst,
                "2023-12-31 23:59:00",
            ),
        ] {
            assert_eq!(at(text, order), right, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in [
            "",
            "12/5",
            "1.2.3",
            "on 31/12/23, 23:59",
            "1/2/3 say 4:5 o'clock whenever you like",
        ] {
            assert_eq!(Stamp::read(text), None, "{text}");
        }
        assert_eq!(
            Stamp::read("31/31/23, 1:00").unwrap().at(Order::DayFirst),
            None
        );
    }

    fn guess(texts: &[&str]) -> Order {
        let mut guess = Guess::default();
        for text in texts {
            guess.see(&Stamp::read(text).unwrap());
        }
        guess.likeliest()
    }

    #[test]
    fn the_order_is_found_in_the_data() {
        assert_eq!(guess(&["1/2/23, 1:00", "13/2/23, 1:00"]), Order::DayFirst);
        assert_eq!(guess(&["1/2/23, 1:00", "2/13/23, 1:00"]), Order::MonthFirst);
        // No number is above 12: the one that changes faster is the day.
        assert_eq!(
            guess(&["1/2/23, 1:00", "2/2/23, 1:00", "3/2/23, 1:00"]),
            Order::DayFirst
        );
        assert_eq!(
            guess(&["1/2/23, 1:00", "1/3/23, 1:00", "1/4/23, 1:00"]),
            Order::MonthFirst
        );
        assert_eq!(guess(&["1/2/23, 1:00 AM"]), Order::MonthFirst);
        assert_eq!(guess(&["1/2/23, 1:00"]), Order::DayFirst);
    }
}
