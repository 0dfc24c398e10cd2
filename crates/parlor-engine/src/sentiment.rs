//! How a line feels: the compound score of VADER (Hutto & Gilbert, "VADER: A Parsimonious
//! Rule-based Model for Sentiment Analysis of Social Media Text", ICWSM 2014).

use std::sync::OnceLock;
use vader_sentimental::SentimentIntensityAnalyzer;

/// At most this many bytes of a line are scored: VADER's cost grows with the text, and a mood shows
/// early.
const SCORED_BYTES_MAX: usize = 2_000;

/// -1.0 (furious) to 1.0 (delighted), to four decimals as the paper's tool gives it. 0 for words
/// that VADER's lexicon (English) doesn't know.
#[must_use]
pub fn score(text: &str) -> f64 {
    static ANALYZER: OnceLock<SentimentIntensityAnalyzer<'static>> = OnceLock::new();
    let analyzer = ANALYZER.get_or_init(SentimentIntensityAnalyzer::new);
    let end = text.floor_char_boundary(SCORED_BYTES_MAX);
    let compound = analyzer.polarity_scores(&text[..end]).compound;
    if compound.is_finite() {
        (compound.clamp(-1.0, 1.0) * 10_000.0).round() / 10_000.0
    } else {
        0.0
    }
}

/// How angry a line with this score is: 0.0 (not at all) to 1.0.
#[must_use]
pub fn anger(sentiment: f64) -> f64 {
    (-sentiment).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angry_kind_and_plain_lines_are_told_apart_fr29() {
        assert!(score("I hate you, you are a horrible, disgusting liar!") < -0.5);
        assert!(score("I love this, you are wonderful!") > 0.5);
        assert!(score("The table has four legs.").abs() < 0.1);
        assert_eq!(score(""), 0.0);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_score_in_range(text in "\\PC{0,3000}") {
            let score = score(&text);
            proptest::prop_assert!((-1.0..=1.0).contains(&score));
        }
    }
}
