//! Templates for conversations that are decided whole: many lines, fast.

use super::line::{Line, Words};
use super::stance::{Mood, STANCES, Stance};
use super::{SILENCE, Templates};
use parlor_model::{Mood as Tone, Roll};
use parlor_ports::dialect::{Phrase, Phrasing};

/// The tones, in the order of the groups.
const TONES: [Tone; 3] = Tone::ALL;

/// Templates, laid out so that a line is found without looking.
#[derive(Debug, Clone)]
pub struct Phrasebook {
    lines: Vec<Line>,
    /// For each stance and tone the lines that suit; never empty.
    groups: Vec<Vec<u32>>,
}

impl Phrasebook {
    /// Lays templates out.
    #[must_use]
    pub fn new(templates: &Templates) -> Self {
        let all = templates.sheet.all();
        let number = |line: &Line| {
            let place = all.iter().position(|other| std::ptr::eq(*other, line));
            u32::try_from(place.unwrap_or(0)).unwrap_or(0)
        };
        let mut groups = Vec::with_capacity(STANCES.len() * TONES.len());
        for (_, stance) in STANCES {
            for tone in TONES {
                let lines = templates.lines(instead(templates, stance), Mood::from(tone));
                groups.push(lines.into_iter().map(number).collect());
            }
        }
        Self {
            groups,
            lines: all.into_iter().cloned().collect(),
        }
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// True when there are none; templates that were read always have some.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl Phrasing for Phrasebook {
    fn samples(&self) -> Vec<String> {
        let words = Words::given("this", "you", "me", None);
        self.lines.iter().map(|line| line.fill(&words)).collect()
    }

    /// Beginning at any of the lines that suit: the first that has all its words and is not among
    /// `used`, else the first.
    fn say(&self, phrase: &Phrase<'_>, used: &[u32], roll: &mut Roll) -> (u32, String) {
        let stance = STANCES
            .iter()
            .position(|(_, s)| *s == Stance::of_act(phrase.act));
        let tone = TONES.iter().position(|tone| *tone == phrase.tone);
        let group = stance.unwrap_or(0) * TONES.len() + tone.unwrap_or(0);
        let lines: &[u32] = self.groups.get(group).map_or(&[], Vec::as_slice);
        let words = Words::given(phrase.topic, phrase.other, phrase.me, phrase.like);
        let start = roll.below(lines.len());
        let mut order = lines[start..].iter().chain(&lines[..start]).copied();
        let fits = |number: &u32| {
            !used.contains(number)
                && self
                    .lines
                    .get(*number as usize)
                    .is_some_and(|line| line.is_whole(&words))
        };
        let number = order
            .clone()
            .find(fits)
            .or_else(|| order.next())
            .unwrap_or(0);
        let line = self.lines.get(number as usize);
        (
            number,
            line.map_or_else(|| SILENCE.to_owned(), |line| line.fill(&words)),
        )
    }
}

/// The stance to take where a file has none of its own for what was decided.
fn instead(templates: &Templates, stance: Stance) -> Stance {
    let has = |stance| !templates.sheet.all_of(stance).is_empty();
    let others: &[Stance] = match stance {
        Stance::Answer | Stance::Friend => &[Stance::Agree],
        Stance::Rival => &[Stance::Disagree],
        Stance::Missing => &[Stance::Opening],
        _ => &[],
    };
    let mut all = std::iter::once(stance).chain(others.iter().copied());
    all.find(|stance| has(*stance)).unwrap_or(stance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use parlor_model::{Act, Dice};
    use uuid::Uuid;

    fn book() -> Phrasebook {
        let text = "[agree]\nhappy = [\"[topic], yes!\", \"With you, [other].\", \"Like [like].\"]\n\
                    [neutral]\nany = [\"Hm.\"]";
        Phrasebook::new(&Templates::parse(text).unwrap())
    }

    fn phrase(act: Act) -> Phrase<'static> {
        Phrase {
            act,
            tone: Tone::Happy,
            topic: "tea at four",
            me: "Pip",
            other: "Tock",
            like: None,
        }
    }

    #[test]
    fn a_line_is_not_said_again_while_there_are_others() {
        let (book, mut roll) = (book(), Dice::new(1, Uuid::nil()).roll("x"));
        let (one, first) = book.say(&phrase(Act::Agree), &[], &mut roll);
        let (_, second) = book.say(&phrase(Act::Agree), &[one], &mut roll);
        let mut said = [first, second];
        said.sort();
        // There is nothing that Pip likes, so the third line has not all its words.
        assert_eq!(said, ["Tea at four, yes!", "With you, Tock."]);
    }

    #[test]
    fn what_a_file_does_not_have_is_taken_from_what_is_near() {
        let (book, mut roll) = (book(), Dice::new(1, Uuid::nil()).roll("x"));
        let (number, _) = book.say(&phrase(Act::Answer), &[], &mut roll);
        assert!(number < 3, "agreeing answers, too");
        assert_eq!(book.say(&phrase(Act::Question), &[], &mut roll).1, "Hm.");
        assert_eq!(book.samples().len(), book.len());
    }
}
