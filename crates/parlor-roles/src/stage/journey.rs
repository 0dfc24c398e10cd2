//! Arrivals at places: look, decide, tell what happens, write. Where somebody else was faster at a place
//! (another process, a person), it is looked at again.

use super::offers::Offer;
use super::{Act, Becomes, OnStage, Performance, Progress, Settled, Stage, Step, Taken, refuse};
use parlor_engine::mechanics::travel::Travel;
use parlor_engine::travel::{self, Choice, Departure, Onward, Stop};
use parlor_model::travel::{Here, PlaceRecord};
use parlor_model::world::{Pace, Place};
use parlor_model::{
    Dice, Effects, Envelope, Incident, Move, MoveState, MovedBy, OutboxRow, Slug, World,
};
use parlor_ports::dialect::Dialect;
use parlor_ports::journeys::PlaceRequest;
use parlor_ports::metric;
use parlor_ports::mind::{Mind, Question};
use parlor_ports::store::Outcome;
use std::sync::Arc;
use std::time::Duration;

/// Times that a place is looked at again because somebody else was faster; then the arrival waits.
const LOOKS_MAX: u32 = 8;
/// How long it waits then.
const BUSY_WAIT: Duration = Duration::from_millis(50);
/// How often a model is asked about an arrival: while it thinks, all whom it chooses may have left.
const ASKED_MAX: u32 = 2;
/// How long a group waits at a place where nobody is, before it looks again.
const NOBODY_WAIT: Duration = Duration::from_secs(1);

/// An arrival on its way through the step.
#[derive(Clone)]
pub(super) struct Arrival {
    /// As it came, perhaps not for the first time.
    pub(super) delivered: Arc<Envelope>,
    event: Arc<Envelope>,
    /// What a model chose.
    choice: Option<Choice>,
    /// How often a model was asked.
    asked: u32,
    /// It gave nothing that can be used.
    undecided: bool,
    /// Whom it chose from, as long as that is not written.
    _offer: Option<Arc<Offer>>,
}

/// What is asked of a model about an arrival.
pub(super) struct Pondering {
    pub(super) arrival: Arrival,
    question: Question,
    mind: Arc<dyn Mind>,
}

impl Arrival {
    pub(super) fn of(delivered: &Arc<Envelope>) -> Option<Self> {
        delivered.arriving().is_some().then(|| Self {
            delivered: delivered.clone(),
            event: delivered.event(),
            choice: None,
            asked: 0,
            undecided: false,
            _offer: None,
        })
    }

    /// The move that arrives.
    fn made(&self) -> Option<&Move> {
        self.event.arriving()
    }
}

/// True for an event that is for a place.
pub(super) fn is_arrival(event: &Arc<Envelope>) -> bool {
    event.arriving().is_some()
}

impl Stage {
    /// Takes arrivals through the step, new ones and those that a model has decided; gives what became
    /// of each, in order.
    pub(super) async fn receive(&self, arrivals: Vec<Arrival>) -> Vec<Taken> {
        let mut taken: Vec<Option<Taken>> = Vec::with_capacity(arrivals.len());
        taken.resize_with(arrivals.len(), || None);
        let mut open: Vec<_> = arrivals.into_iter().enumerate().collect();
        let mut looks = 0;
        while !open.is_empty() {
            looks += 1;
            let is_last = looks > LOOKS_MAX;
            let mut next = Vec::new();
            let ends = self
                .look(open.iter().map(|(_, arrival)| arrival), is_last)
                .await;
            for ((n, arrival), end) in open.into_iter().zip(ends) {
                match end {
                    Some(end) => taken[n] = Some(end),
                    None => next.push((n, arrival)),
                }
            }
            open = next;
        }
        let taken = taken.into_iter();
        taken
            .map(|t| t.unwrap_or(Taken::Over(Step::Nothing)))
            .collect()
    }

    /// One look at the places, decisions, one commit. `None` for an arrival that somebody else was
    /// faster at: it must be looked at again.
    async fn look<'a>(
        &self,
        arrivals: impl Iterator<Item = &'a Arrival>,
        is_last: bool,
    ) -> Vec<Option<Taken>> {
        let arrivals: Vec<_> = arrivals.collect();
        let requests: Vec<_> = arrivals.iter().map(|a| self.place_request(a)).collect();
        let mut records = self
            .until_it_works("places", || self.store.places(&requests))
            .await;
        let mut taken: Vec<Option<Taken>> = Vec::with_capacity(arrivals.len());
        let mut settled = Vec::new();
        let mut at = Vec::new();
        for (n, arrival) in arrivals.iter().enumerate() {
            let record = records.get(n).cloned().unwrap_or_default();
            let progress = self.arrive(arrival, &record).await;
            taken.push(match progress {
                Progress::Over(step) => Some(Taken::Over(step)),
                Progress::Slow(performance) => Some(Taken::Slow(performance)),
                Progress::Commit(step) => {
                    // The next of the batch sees the place as this one leaves it.
                    let stay = staying(&record, &step.effects);
                    let here = requests.get(n).map(|request| &request.place);
                    for (other, record) in requests.iter().zip(&mut records).skip(n + 1) {
                        foresee(record, other, &step.effects);
                        if here == Some(&other.place) && record.run.is_some() {
                            record.here.extend(stay.iter().cloned());
                        }
                    }
                    settled.push(step);
                    at.push(n);
                    None
                }
            });
        }
        let written = self.write_moves(settled, is_last).await;
        for (n, step) in at.into_iter().zip(written) {
            if let Some(slot) = taken.get_mut(n) {
                *slot = step.map(Taken::Over);
            }
        }
        taken
    }

    fn place_request(&self, arrival: &Arrival) -> PlaceRequest {
        let event = &arrival.event;
        let world = self.worlds.get(&event.world);
        let capacities = world.iter().flat_map(|world| &world.places);
        PlaceRequest {
            world: event.world.clone(),
            place: event.recipient.clone(),
            arrival: Some(event.id),
            crowds: if world
                .iter()
                .any(|w| w.places.iter().any(|p| p.capacity.is_some()))
            {
                capacities.map(|place| place.slug.clone()).collect()
            } else {
                Vec::new()
            },
        }
    }

    /// Decides one arrival.
    async fn arrive(&self, arrival: &Arrival, record: &PlaceRecord) -> Progress {
        let event = &arrival.event;
        let Some(on_stage) = self.on_stage(&event.world) else {
            return refuse(format!(
                "there is no world '{}' on this server",
                event.world
            ));
        };
        let engine = &on_stage.production.engine;
        let world = engine.world();
        let (Some(travel), Some(place), Some(made)) = (
            engine.travel(),
            world.place(&event.recipient),
            arrival.made(),
        ) else {
            return refuse(format!(
                "nobody travels to '{}' in '{}'",
                event.recipient, world.name
            ));
        };
        if record.paused {
            return Progress::Commit(self.park(&arrival.delivered, world.inbox_of_place(place)));
        }
        let stop = Stop {
            world,
            place,
            arrival: made,
            record,
            dice: Dice::new(engine.seed(), event.id.0),
        };
        let departure = match stop.decide(travel) {
            Onward::Refuse(reason) => return refuse(reason),
            Onward::Nothing if self.clears_own_row => {
                return Progress::Commit(self.done_with(&arrival.delivered));
            }
            Onward::Nothing => return Progress::Over(Step::Nothing),
            Onward::Stay => None,
            Onward::Wait => {
                let row = self.later(world, place, &arrival.delivered, NOBODY_WAIT);
                return Progress::Commit(self.put_back(
                    &arrival.delivered,
                    row.clone(),
                    Becomes::Waits(row),
                ));
            }
            Onward::Send(departure) => Some(departure),
        };
        let choice = arrival.choice.as_ref();
        let chosen = choice.and_then(|choice| choice.at(&stop, travel));
        if let (Some(_), Some(mind)) = (&departure, self.mind(&world.name))
            && chosen.is_none()
            && !arrival.undecided
            && arrival.asked < ASKED_MAX
        {
            let (free, offer) = self.offers.of(&world.name, &place.slug, record);
            let stop = Stop {
                record: &free,
                ..stop
            };
            return Progress::Slow(Box::new(Performance(Act::Arrival(Pondering {
                arrival: Arrival {
                    _offer: Some(Arc::new(offer)),
                    ..arrival.clone()
                },
                question: question(&stop, travel),
                mind: mind.clone(),
            }))));
        }
        let onward = match departure {
            None => None,
            Some(departure) => Some(onward(&on_stage, &stop, travel, chosen, departure).await),
        };
        let pace = record.pace.map_or(engine.pace(), Pace::duration);
        let onward = onward
            .as_ref()
            .map(|(d, incident, by)| (d, incident.clone(), *by));
        let mut effects = stop.settle(onward, self.clock.now(), pace);
        if self.clears_own_row {
            effects.clears.push(arrival.delivered.id);
        }
        Progress::Commit(Settled {
            effects,
            becomes: Becomes::Arrived(arrival.clone()),
            world: Some(world.clone()),
            track: None,
        })
    }

    /// Asks a model.
    pub(super) async fn ponder(&self, pondering: Pondering) -> Arrival {
        let Pondering {
            mut arrival,
            question,
            mind,
        } = pondering;
        let decided = mind.decide(&question).await;
        arrival.asked += 1;
        match decided.map(|answer| Choice::read(&answer)) {
            Ok(Ok(choice)) => arrival.choice = Some(choice),
            Ok(Err(_)) => arrival.undecided = true,
            Err(undecided) => {
                tracing::debug!(reason = %undecided.reason, "a place decides by its rules");
                arrival.undecided = true;
            }
        }
        arrival
    }

    /// Writes moves; `None` for those whose guard did not hold, which must be looked at again. At the
    /// last look such an arrival is put back.
    async fn write_moves(&self, settled: Vec<Settled>, is_last: bool) -> Vec<Option<Step>> {
        if settled.is_empty() {
            return Vec::new();
        }
        let arrivals: Vec<Option<Arrival>> = settled
            .iter()
            .map(|step| match &step.becomes {
                Becomes::Arrived(arrival) => Some(arrival.clone()),
                _ => None,
            })
            .collect();
        let steps = self.write_guarded(settled).await;
        let mut written = Vec::with_capacity(steps.len());
        for ((step, outcome), arrival) in steps.into_iter().zip(arrivals) {
            written.push(match (outcome, arrival) {
                (Outcome::Applied, _) | (Outcome::Stale, None) => Some(step),
                (Outcome::Stale, Some(_)) if !is_last => None,
                (Outcome::Stale, Some(arrival)) => Some(self.come_again(&arrival).await),
            });
        }
        written
    }

    /// Puts an arrival back into the outbox for a moment.
    async fn come_again(&self, arrival: &Arrival) -> Step {
        let delivered = &arrival.delivered;
        let world = self.worlds.get(&delivered.world);
        let place = world
            .as_ref()
            .and_then(|w| w.place(&delivered.recipient).cloned());
        let (Some(world), Some(place)) = (world, place) else {
            return Step::Nothing;
        };
        let row = self.later(&world, &place, delivered, BUSY_WAIT);
        let settled = self.put_back(delivered, row.clone(), Becomes::Waits(row));
        let steps = self.write_guarded(vec![settled]).await;
        steps
            .into_iter()
            .next()
            .map_or(Step::Nothing, |(step, _)| step)
    }

    /// The row by which an arrival comes again.
    fn later(
        &self,
        world: &World,
        place: &Place,
        delivered: &Envelope,
        wait: Duration,
    ) -> OutboxRow {
        OutboxRow {
            inbox: world.inbox_of_place(place),
            envelope: Arc::new(delivered.again(delivered.tries())),
            due_at: self.clock.now() + wait,
            parked: true,
        }
    }
}

/// Who goes and what happens: as the model chose, if there is anything left of its choice, else by the
/// rules.
async fn onward(
    on_stage: &OnStage,
    stop: &Stop<'_>,
    travel: &Travel,
    chosen: Option<(Departure, Incident)>,
    departure: Departure,
) -> (Departure, Incident, MovedBy) {
    if let Some((departure, incident)) = chosen {
        return (departure, incident, MovedBy::Model);
    }
    let incident = tell(on_stage, stop, travel, &departure).await;
    (departure, incident, MovedBy::Script)
}

/// What happens, in the words of the place's dialect.
async fn tell(
    on_stage: &OnStage,
    stop: &Stop<'_>,
    travel: &Travel,
    departure: &Departure,
) -> Incident {
    let place: &Place = stop.place;
    let name = place.dialect.as_ref().or(travel.scenes.as_ref());
    let voice = name.and_then(|name| Some((name, on_stage.production.voices.get(name)?)));
    let words = match voice {
        None => None,
        Some((name, voice)) => speak(stop.world, place, departure, name, &**voice, stop.dice).await,
    };
    travel::incident_of(place, departure, words)
}

async fn speak(
    world: &World,
    place: &Place,
    departure: &Departure,
    name: &str,
    voice: &dyn Dialect,
    dice: Dice,
) -> Option<String> {
    let prompt = travel::prompt_of(world, place, departure, name, dice);
    match voice.speak(&prompt).await {
        Ok(said) => Some(said.text),
        Err(error) => {
            tracing::warn!(place = %place.slug, %error, "no words for what happens here");
            None
        }
    }
}

fn question(stop: &Stop<'_>, travel: &Travel) -> Question {
    let asked = travel::question_of(stop, travel);
    Question::new("next_move", &asked.setting, &asked.text, asked.schema)
        .only("/go", asked.people)
        .only("/to", asked.places)
        .checked(|answer| Choice::read(answer).map(|_| ()))
}

/// Those who arrive and don't go on at once.
fn staying(record: &PlaceRecord, effects: &Effects) -> Vec<Here> {
    let goes = |here: &Here| {
        let mut travellers = effects.moves.iter().flat_map(|new| &new.travellers);
        travellers.any(|traveller| traveller.slug == here.slug)
    };
    let arriving = record
        .here
        .iter()
        .filter(|here| here.arriving && !goes(here));
    let mut stay: Vec<Here> = arriving.cloned().collect();
    for here in &mut stay {
        here.arriving = false;
    }
    stay
}

/// Changes the record of a later arrival of the batch as an earlier one will.
fn foresee(record: &mut PlaceRecord, request: &PlaceRequest, effects: &Effects) {
    for new in &effects.moves {
        let leaves = |slug: &Slug| new.travellers.iter().any(|t| t.slug == *slug);
        let from = new.made.from.as_ref().map(|from| &from.slug);
        if new.made.world == request.world && from == Some(&request.place) {
            record.here.retain(|here| !leaves(&here.slug));
        }
    }
    if request.arrival == Some(effects.event) {
        record.arrival = Some(MoveState::Arrived);
    }
}

/// Counts what was written.
pub(super) fn count(effects: &Effects) {
    for new in &effects.moves {
        metrics::counter!(metric::MOVES, "by" => new.made.by.as_str()).increment(1);
    }
}
