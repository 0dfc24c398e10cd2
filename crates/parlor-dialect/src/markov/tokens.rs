//! Text as tokens: sentences and words by the rules of Unicode (UAX #29), and back to text.
//!
//! A token keeps whether white space stood before it, so that a sentence is put together as its
//! language is written: Chinese without spaces, German with its punctuation where it belongs.

use unicode_segmentation::UnicodeSegmentation;

/// Longest token that is learnt, in bytes. What is longer is a link or noise.
pub(super) const TOKEN_BYTES_MAX: usize = 64;

/// A word, a character of a script that has no spaces, or a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// White space stands before it.
    pub(super) spaced: bool,
    /// The characters, never white space.
    pub(super) text: &'a str,
}

/// The sentences of a text, trimmed, none empty. A line break ends one, too.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .flat_map(UnicodeSegmentation::split_sentence_bounds)
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
}

/// The tokens of a sentence. A mark that is repeated ("!!!") is one token.
pub(super) fn tokens(sentence: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<(usize, Token<'_>)> = Vec::new();
    let mut spaced = false;
    for (at, piece) in sentence.split_word_bound_indices() {
        if piece.chars().all(|c| c.is_whitespace() || c.is_control()) {
            spaced = true;
            continue;
        }
        match tokens.last_mut() {
            Some((start, last)) if !spaced && is_repeated(last.text, piece) => {
                last.text = &sentence[*start..at + piece.len()];
            }
            _ => tokens.push((
                at,
                Token {
                    spaced,
                    text: piece,
                },
            )),
        }
        spaced = false;
    }
    tokens.into_iter().map(|(_, token)| token).collect()
}

fn is_repeated(last: &str, piece: &str) -> bool {
    !piece.contains(char::is_alphanumeric)
        && last.ends_with(piece)
        && last.len() + piece.len() <= TOKEN_BYTES_MAX
}

/// True for characters of scripts that are written without spaces between words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Myanmar
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3040}'..='\u{30ff}' // Hiragana, Katakana
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' // Han
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Takes out quotation marks and brackets that have lost their partner: a chain of words forgets
/// what it has opened. The bracket of a `:)` stays.
pub(super) fn balance(line: &str) -> String {
    const PAIRS: [(char, char); 8] = [
        ('"', '"'),
        ('“', '”'),
        ('„', '“'),
        ('«', '»'),
        ('(', ')'),
        ('[', ']'),
        ('「', '」'),
        ('《', '》'),
    ];
    let lonely: Vec<char> = PAIRS
        .iter()
        .filter(|(open, close)| is_lonely(line, *open, *close))
        .flat_map(|(open, close)| [*open, *close])
        .collect();
    if lonely.is_empty() {
        return line.to_owned();
    }
    let mut last = ' ';
    let kept = line.chars().filter(|c| {
        let is_face = matches!(last, ':' | ';' | '=' | '-' | '(' | ')');
        last = *c;
        is_face || !lonely.contains(c)
    });
    let kept: String = kept.collect();
    kept.split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn is_lonely(line: &str, open: char, close: char) -> bool {
    if open == close {
        return !line.matches(open).count().is_multiple_of(2);
    }
    let mut depth = 0i32;
    for c in line.chars() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
        }
        if depth < 0 {
            return true;
        }
    }
    depth != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(sentence: &str) -> Vec<String> {
        tokens(sentence)
            .iter()
            .map(|token| format!("{}{}", if token.spaced { " " } else { "" }, token.text))
            .collect()
    }

    #[test]
    fn tokens_put_together_give_the_sentence_again() {
        for sentence in [
            "Who ate my sandwich, Joey?",
            "Das Donaudampfschiff fährt um acht – „pünktlich“, sagt er.",
            "我今天很高兴，你呢？",
            "मैं घर जा रहा हूँ।",
            "ฉันชอบกาแฟ",
            "Well... no!!! 👩‍👩‍👧 :)",
        ] {
            assert_eq!(split(sentence).concat(), sentence);
        }
    }

    #[test]
    fn words_are_found_by_the_rules_of_unicode() {
        assert_eq!(split("Don't stop!!!"), ["Don't", " stop", "!!!"]);
        assert_eq!(split("我很好。"), ["我", "很", "好", "。"]);
        assert_eq!(
            split("Straßenbahn, U-Bahn"),
            ["Straßenbahn", ",", " U", "-", "Bahn"]
        );
        assert_eq!(split("रहा हूँ।"), ["रहा", " हूँ", "।"]);
    }

    #[test]
    fn sentences_end_where_their_language_ends_them() {
        let found = |text| sentences(text).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(found("Hm. Why? No!\nNext"), ["Hm.", "Why?", "No!", "Next"]);
        assert_eq!(found("你好。你呢？"), ["你好。", "你呢？"]);
        assert_eq!(found("वह आया। मैं गया।"), ["वह आया।", "मैं गया।"]);
        assert_eq!(found("Es kostet 3.50 Euro."), ["Es kostet 3.50 Euro."]);
    }

    #[test]
    fn a_lonely_bracket_goes_and_a_face_stays() {
        assert_eq!(balance("he said (no"), "he said no");
        assert_eq!(balance("he said \"no"), "he said no");
        assert_eq!(balance("well :)"), "well :)");
        assert_eq!(balance("a (b) c"), "a (b) c");
    }
}
