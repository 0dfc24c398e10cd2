//! **Synergy** (`[mechanics.synergy]`): companions of the owner's team get on better. In a
//! conversation each member's opinion is drawn towards what the members think on average.

use super::{Mechanic, Settings};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Team members who agree more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Synergy {
    /// How far an opinion is drawn to the team's: 0 not at all, 1 all the way.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub pull: f64,
}

impl Default for Synergy {
    fn default() -> Self {
        Self { pull: 0.5 }
    }
}

impl Settings for Synergy {
    const NAME: &'static str = "synergy";
}

impl Mechanic for Synergy {}

impl Synergy {
    /// Moves the opinions of the members, whose places `in_team` tells.
    pub fn settle(&self, opinions: &mut [f64], in_team: impl Fn(usize) -> bool) {
        let members: Vec<usize> = (0..opinions.len())
            .filter(|place| in_team(*place))
            .collect();
        if members.len() < 2 {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a handful of participants")]
        let mean = members.iter().map(|place| opinions[*place]).sum::<f64>() / members.len() as f64;
        for place in members {
            opinions[place] += self.pull * (mean - opinions[place]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_team_moves_together_and_the_others_stay_cl92() {
        let mut opinions = [0.8, -0.4, -0.9];
        Synergy::default().settle(&mut opinions, |place| place < 2);
        assert!((opinions[0] - 0.5).abs() < 1e-9 && (opinions[1] + 0.1).abs() < 1e-9);
        assert_eq!(opinions[2], -0.9);
    }

    #[test]
    fn one_alone_is_no_team() {
        let mut opinions = [0.8, -0.4];
        Synergy::default().settle(&mut opinions, |place| place == 0);
        assert_eq!(opinions, [0.8, -0.4]);
    }
}
