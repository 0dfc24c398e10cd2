//! Takes out what tells where somebody lives or can be reached: numbers, links, e-mail addresses,
//! names of accounts (`@somebody`), and streets.

/// Words that are a street, before or behind its number.
const STREETS: [&str; 38] = [
    "street",
    "st",
    "road",
    "rd",
    "avenue",
    "ave",
    "lane",
    "ln",
    "drive",
    "dr",
    "boulevard",
    "blvd",
    "court",
    "ct",
    "square",
    "sq",
    "place",
    "pl",
    "terrace",
    "crescent",
    "highway",
    "hwy",
    "way",
    "rue",
    "chemin",
    "calle",
    "avenida",
    "via",
    "viale",
    "piazza",
    "rua",
    "straße",
    "strasse",
    "str",
    "weg",
    "platz",
    "allee",
    "gasse",
];
/// Ends of words that are the name of a street in German.
const STREET_ENDS: [&str; 8] = [
    "straße", "strasse", "str", "weg", "platz", "allee", "gasse", "damm",
];
/// Words of a street's name at most.
const STREET_WORDS_MAX: usize = 4;
/// Endings that make a word with a dot a link.
const DOMAINS: [&str; 28] = [
    "com", "org", "net", "de", "uk", "io", "edu", "gov", "info", "me", "tv", "co", "fr", "es",
    "it", "nl", "ch", "at", "eu", "us", "in", "cn", "jp", "ru", "br", "be", "app", "dev",
];

/// `text` without numbers, links and addresses; empty when nothing else was in it.
#[must_use]
pub fn redact(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut drops: Vec<bool> = words.iter().map(|word| is_address(word)).collect();
    for at in 0..words.len() {
        if has_digit(words[at]) {
            drop_street(&words, at, &mut drops);
        }
    }
    let kept = words
        .iter()
        .zip(&drops)
        .filter(|(_, drop)| !**drop)
        .map(|(word, _)| without_numbers(word))
        .filter(|word| !word.is_empty());
    kept.collect::<Vec<_>>().join(" ")
}

/// A link, an e-mail address, or the name of an account.
fn is_address(word: &str) -> bool {
    let bare = word
        .trim_matches(|c: char| !c.is_alphanumeric() && c != '@' && c != '/')
        .to_lowercase();
    bare.contains("://")
        || bare.contains('@')
        || bare.starts_with("www.")
        || bare.starts_with("mailto:")
        || is_domain(bare.split(['/', '?', ':']).next().unwrap_or_default())
}

/// `example.com`, with at least one letter before the dot.
fn is_domain(bare: &str) -> bool {
    bare.rsplit_once('.').is_some_and(|(name, ending)| {
        name.len() > 1 && name.contains(char::is_alphabetic) && DOMAINS.contains(&ending)
    })
}

fn has_digit(word: &str) -> bool {
    word.contains(char::is_numeric)
}

/// Drops the words of a street around its number: `12 Old Mill Road`, `Lange Gasse 7`, `12 rue X`.
fn drop_street(words: &[&str], number: usize, drops: &mut [bool]) {
    let behind = words.len().min(number + 1 + STREET_WORDS_MAX);
    if let Some(end) = (number + 1..behind).find(|at| is_street(words[*at])) {
        // "12 Old Mill Road", or "12 rue Mozart": the name is between, or behind in capitals.
        let is_first = end == number + 1;
        let is_name = |at: &usize| words[*at].starts_with(char::is_uppercase);
        let last = if is_first {
            (end + 1..behind).take_while(is_name).last().unwrap_or(end)
        } else {
            end
        };
        if is_first || (number + 1..end).all(|at| is_name(&at)) {
            drops[number..=last].fill(true);
        }
    }
    let before = number.saturating_sub(2);
    if let Some(start) = (before..number).rev().find(|at| is_street(words[*at])) {
        let is_word = STREETS.contains(&bare(words[start]).as_str());
        let with_name = start > 0 && is_word && words[start - 1].starts_with(char::is_uppercase);
        let first = start - usize::from(with_name);
        drops[first..=number].fill(true);
    }
    // "10115 Berlin": the town behind a code of five digits.
    let digits = words[number].chars().filter(|c| c.is_ascii_digit()).count();
    if (4..=6).contains(&digits) && bare(words[number]).len() == digits {
        let is_town = |word: &&str| word.starts_with(char::is_uppercase);
        if words.get(number + 1).is_some_and(is_town) {
            drops[number + 1] = true;
        }
    }
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase()
}

fn is_street(word: &str) -> bool {
    let bare = bare(word);
    STREETS.contains(&bare.as_str())
        || STREET_ENDS
            .iter()
            .any(|end| bare.len() > end.len() + 2 && bare.ends_with(end))
}

/// A word without its digits, and without the marks and letters that belong to them: `+49-170`,
/// `3rd` and `23:59` are gone whole, of `我有3只猫` the number.
fn without_numbers(word: &str) -> String {
    if !has_digit(word) {
        return word.to_owned();
    }
    if !word.contains(is_wide) {
        return String::new();
    }
    word.chars().filter(|c| !c.is_numeric()).collect()
}

/// Characters of scripts that write words without spaces: a "word" may be a whole sentence.
fn is_wide(c: char) -> bool {
    ('\u{0e00}'..='\u{0eff}').contains(&c)
        || ('\u{1000}'..='\u{109f}').contains(&c)
        || c >= '\u{2e80}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_links_and_addresses_are_gone() {
        for (text, right) in [
            ("call me at +49 170 1234567 tonight", "call me at tonight"),
            ("my card is 4111 1111 1111 1111, ok?", "my card is ok?"),
            (
                "see https://example.com/x?y=1 and www.example.org",
                "see and",
            ),
            ("look at example.com/path, nice", "look at nice"),
            ("write to ann.lee@example.com or @annlee", "write to or"),
            (
                "I live at 12 Old Mill Road, come over",
                "I live at come over",
            ),
            ("Hauptstraße 12a, 10115 Berlin bitte", "bitte"),
            ("wir sind Lange Gasse 7 oben", "wir sind oben"),
            ("au 12 rue Mozart demain", "au demain"),
            ("我有3只猫", "我有只猫"),
            ("+1 555 0100", ""),
            (
                "no numbers here, e.g. none at all.",
                "no numbers here, e.g. none at all.",
            ),
        ] {
            assert_eq!(redact(text), right, "{text}");
        }
    }
}
