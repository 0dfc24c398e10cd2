//! Which sort of line each speaker has, so that lines answer each other.

use crate::mechanics::friendship::Friendship;
use crate::mechanics::opinion::Side;
use parlor_model::{Act, Cue, Mood, Roll};

/// How often a quiet participant (extraversion 0) asks back, and how much oftener a lively one.
const ASKS: (f64, f64) = (0.08, 0.2);

/// Somebody who takes part, as far as lines go.
pub(super) struct Voice {
    pub(super) side: Side,
    pub(super) extraversion: f64,
}

/// What a script is made of.
pub(super) struct Script<'a> {
    pub(super) voices: &'a [Voice],
    /// Who says each line.
    pub(super) order: &'a [usize],
    /// The owner is missed.
    pub(super) missing: bool,
    pub(super) conflict: bool,
    pub(super) friendship: Option<&'a Friendship>,
    /// How two participants stand.
    pub(super) affinity: &'a dyn Fn(usize, usize) -> f64,
}

impl Script<'_> {
    pub(super) fn cues(&self, roll: &mut Roll) -> Vec<Cue> {
        let mut cues: Vec<Cue> = Vec::with_capacity(self.order.len());
        let mut spoke = vec![false; self.voices.len()];
        for (at, speaker) in self.order.iter().copied().enumerate() {
            let cue = self.cue(at, speaker, spoke[speaker], cues.last(), roll);
            spoke[speaker] = true;
            cues.push(cue);
        }
        cues
    }

    fn cue(
        &self,
        at: usize,
        speaker: usize,
        spoke: bool,
        before: Option<&Cue>,
        roll: &mut Roll,
    ) -> Cue {
        let next = self.order.get(at + 1).copied();
        let cue = |to, act, tone| Cue {
            speaker,
            to,
            act,
            tone,
        };
        let own = tone(self.voices[speaker].side);
        let Some(before) = before else {
            let act = if self.missing {
                Act::Missing
            } else {
                Act::Opening
            };
            return cue(next.unwrap_or(speaker), act, own);
        };
        let to = before.speaker;
        let Some(next) = next else {
            let tone = if self.conflict {
                Mood::Unhappy
            } else {
                Mood::Happy
            };
            return cue(to, Act::Closing, tone);
        };
        if before.act == Act::Question {
            return cue(to, Act::Answer, own);
        }
        if spoke {
            if let Some(act) = self.of_bond(speaker, to, roll) {
                return cue(to, act, own);
            }
            // Who is asked has to answer, and the last line is an ending.
            if at + 2 < self.order.len() && self.asks(speaker, roll) {
                return cue(next, Act::Question, own);
            }
        }
        cue(to, self.reaction(speaker, to), own)
    }

    /// What somebody says to what another one thinks.
    fn reaction(&self, speaker: usize, to: usize) -> Act {
        let (own, other) = (self.voices[speaker].side, self.voices[to].side);
        match (own, other) {
            (Side::Neutral, _) => Act::Neutral,
            (own, other) if own == other => Act::Agree,
            (own, other) if own.opposes(other) => Act::Disagree,
            _ => Act::Answer,
        }
    }

    fn of_bond(&self, speaker: usize, to: usize, roll: &mut Roll) -> Option<Act> {
        let friendship = self.friendship?;
        let friends = friendship.known((self.affinity)(speaker, to))?;
        let mentions = roll.chance(friendship.mention);
        mentions.then_some(if friends { Act::Friend } else { Act::Rival })
    }

    fn asks(&self, speaker: usize, roll: &mut Roll) -> bool {
        let (quiet, more) = ASKS;
        roll.chance(quiet + more * self.voices[speaker].extraversion)
    }
}

/// The tone of somebody who is on this side.
fn tone(side: Side) -> Mood {
    match side {
        Side::For => Mood::Happy,
        Side::Neutral => Mood::Neutral,
        Side::Against => Mood::Unhappy,
    }
}
