//! Modifiers: what `.name` after a symbol does to its words. Tracery's English ones.

/// A modifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Modifier {
    /// First letter upper case.
    Capitalize,
    /// First letter of each word upper case.
    CapitalizeAll,
    /// `a` or `an` before it.
    Article,
    /// The plural.
    Plural,
    /// The past tense.
    Past,
    /// The plural of the first word.
    FirstPlural,
    /// All letters upper case.
    Uppercase,
    /// All letters lower case.
    Lowercase,
    /// In double quotes.
    InQuotes,
    /// A comma after it, unless it ends with punctuation.
    Comma,
    /// Each `.0` becomes `.1`.
    Replace(Box<str>, Box<str>),
    /// None of ours; shown in the text as Tracery does.
    Unknown(Box<str>),
}

/// Their names in a grammar.
pub(super) const NAMES: [&str; 11] = [
    "capitalize",
    "capitalizeAll",
    "a",
    "s",
    "ed",
    "firstS",
    "uppercase",
    "lowercase",
    "inQuotes",
    "comma",
    "replace",
];

impl Modifier {
    /// The modifier that a grammar calls `name`.
    pub(super) fn new(name: &str, parameters: &[String]) -> Result<Self, String> {
        Ok(match name {
            "capitalize" => Self::Capitalize,
            "capitalizeAll" => Self::CapitalizeAll,
            "a" => Self::Article,
            "s" => Self::Plural,
            "ed" => Self::Past,
            "firstS" => Self::FirstPlural,
            "uppercase" => Self::Uppercase,
            "lowercase" => Self::Lowercase,
            "inQuotes" => Self::InQuotes,
            "comma" => Self::Comma,
            "replace" => match parameters {
                [old, new] if !old.is_empty() => {
                    Self::Replace(old.as_str().into(), new.as_str().into())
                }
                _ => return Err("replace takes two texts: write replace(old,new)".to_owned()),
            },
            _ => Self::Unknown(name.into()),
        })
    }

    /// Changes `text`.
    pub(super) fn apply(&self, text: &str) -> String {
        match self {
            Self::Capitalize => capitalize(text),
            Self::CapitalizeAll => capitalize_all(text),
            Self::Article => with_article(text),
            Self::Plural => plural(text),
            Self::Past => past(text),
            Self::FirstPlural => first_plural(text),
            Self::Uppercase => text.to_uppercase(),
            Self::Lowercase => text.to_lowercase(),
            Self::InQuotes => format!("\"{text}\""),
            Self::Comma if text.ends_with([',', '.', '?', '!']) => text.to_owned(),
            Self::Comma => format!("{text},"),
            Self::Replace(old, new) => text.replace(&**old, new),
            Self::Unknown(name) => format!("{text}((.{name}))"),
        }
    }
}

fn is_vowel(c: char) -> bool {
    matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u')
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// An apostrophe belongs to its word: `don't` becomes `Don't`.
fn capitalize_all(text: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if inside {
            out.push(c)
        } else {
            out.extend(c.to_uppercase())
        }
        inside = c.is_alphanumeric() || (inside && matches!(c, '\'' | '’'));
    }
    out
}

/// By the first letter; `u` followed by `ni` or another `?i` sounds like "you" (a unicorn).
fn with_article(text: &str) -> String {
    let mut chars = text.chars().filter(|c| c.is_alphanumeric());
    let first = chars.next().unwrap_or('x');
    let third = chars.nth(1).unwrap_or('x');
    let sounds_like_you = first.eq_ignore_ascii_case(&'u') && third.eq_ignore_ascii_case(&'i');
    if is_vowel(first) && !sounds_like_you {
        format!("an {text}")
    } else {
        format!("a {text}")
    }
}

/// A word that ends in `y` after a consonant loses it.
fn without_y(text: &str) -> Option<&str> {
    let stem = text.strip_suffix('y')?;
    stem.chars()
        .next_back()
        .is_some_and(|c| !is_vowel(c))
        .then_some(stem)
}

fn plural(text: &str) -> String {
    match without_y(text) {
        Some(stem) => format!("{stem}ies"),
        None if text.ends_with(['s', 'h', 'x']) => format!("{text}es"),
        None => format!("{text}s"),
    }
}

/// "ode to joy" becomes "odes to joy".
fn first_plural(text: &str) -> String {
    match text.split_once(' ') {
        Some((first, rest)) => format!("{} {rest}", plural(first)),
        None => plural(text),
    }
}

fn past(text: &str) -> String {
    match without_y(text) {
        Some(stem) => format!("{stem}ied"),
        None if text.ends_with('e') => format!("{text}d"),
        None => format!("{text}ed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(name: &str, text: &str) -> String {
        Modifier::new(name, &[]).unwrap().apply(text)
    }

    #[test]
    fn capitalize_raises_the_first_letter() {
        assert_eq!(apply("capitalize", "coffee house"), "Coffee house");
        assert_eq!(apply("capitalize", "éclair"), "Éclair");
        assert_eq!(apply("capitalize", ""), "");
    }

    #[test]
    fn capitalize_all_raises_each_word() {
        assert_eq!(
            apply("capitalizeAll", "the coffee-house don't"),
            "The Coffee-House Don't"
        );
    }

    #[test]
    fn a_chooses_the_article_by_sound() {
        for (word, right) in [
            ("apple", "an apple"),
            ("sandwich", "a sandwich"),
            ("Oyster", "an Oyster"),
            ("unicorn", "a unicorn"),
            ("umbrella", "an umbrella"),
            ("uncle", "an uncle"),
            ("", "a "),
        ] {
            assert_eq!(apply("a", word), right);
        }
    }

    #[test]
    fn s_makes_plurals() {
        for (word, right) in [
            ("dinosaur", "dinosaurs"),
            ("bus", "buses"),
            ("wish", "wishes"),
            ("fox", "foxes"),
            ("city", "cities"),
            ("day", "days"),
        ] {
            assert_eq!(apply("s", word), right);
        }
    }

    #[test]
    fn ed_makes_past_tenses() {
        for (word, right) in [
            ("walk", "walked"),
            ("bake", "baked"),
            ("wish", "wished"),
            ("kiss", "kissed"),
            ("box", "boxed"),
            ("cry", "cried"),
            ("play", "played"),
        ] {
            assert_eq!(apply("ed", word), right);
        }
    }

    #[test]
    fn the_case_and_the_first_word_can_be_changed() {
        assert_eq!(apply("firstS", "city of light"), "cities of light");
        assert_eq!(apply("firstS", "fox"), "foxes");
        assert_eq!(apply("uppercase", "straße"), "STRASSE");
        assert_eq!(apply("lowercase", "ÉCLAIR"), "éclair");
    }

    #[test]
    fn quotes_and_commas_go_around_the_words() {
        assert_eq!(apply("inQuotes", "oh"), "\"oh\"");
        assert_eq!(apply("comma", "oh"), "oh,");
        assert_eq!(apply("comma", "oh!"), "oh!");
    }

    #[test]
    fn replace_changes_every_occurrence_literally() {
        let replace = Modifier::new("replace", &["a.".into(), "-".into()]).unwrap();
        assert_eq!(replace.apply("a.ba.ab"), "-b-ab");
    }

    #[test]
    fn an_unknown_modifier_shows_itself() {
        assert_eq!(apply("shout", "x"), "x((.shout))");
    }
}
