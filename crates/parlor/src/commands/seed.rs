//! `parlor seed`: makes people with companions, for trials. Nobody can sign in as one of them.

use super::generate;
use super::say;
use crate::config::Config;
use crate::{Ended, resolve, wiring, worlds};
use anyhow::Context;
use clap::Args;
use parlor_model::account::Username;
use parlor_model::companion::COMPANIONS_MAX;
use parlor_model::{AccountId, Clock, Dice, SystemClock, World};
use parlor_ports::companions::NewCompanion;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// People that are written at a time.
const WRITTEN_AT_ONCE: u64 = 1_000;
/// Places in somebody's team: their first companions have them.
const TEAM: u8 = 3;
const SEED_DEFAULT: u64 = 7;

/// Whom to make.
#[derive(Debug, Args)]
pub(crate) struct SeedArgs {
    /// A world file, or the name of a bundled world
    #[arg(default_value = "chatlings")]
    world: String,
    /// So many people, each time the same ones (those who are there stay as they are)
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    users: u64,
    /// So many companions for each
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=COMPANIONS_MAX as u64))]
    companions: u64,
    /// Instead: give so many companions to the person with this username
    #[arg(long, value_name = "USERNAME", conflicts_with = "users")]
    account: Option<String>,
    /// Coins to give along to the person
    #[arg(long, value_name = "N", default_value_t = 0, requires = "account", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    coins: u32,
}

/// Makes them.
pub(crate) async fn run(config: &Config, args: SeedArgs) -> anyhow::Result<Ended> {
    let world = worlds::load(&args.world)?;
    // A world whose companions could never talk is refused before anything is written.
    generate::producer(&world)?;
    let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
    wiring::migrate(&*store, false).await?;
    let seed = config.settings.seed.unwrap_or(SEED_DEFAULT);
    if let Some(username) = &args.account {
        let username: Username = username.parse().context("--account takes a username")?;
        let found = store.account_named(&username).await?;
        let (account, _) = found.with_context(|| format!("there is no account '{username}'"))?;
        let companions = companions_of(&world, seed, account.id.0, args.companions);
        let household = store
            .give_companions(&world.name, account.id, &companions, SystemClock.now())
            .await?;
        if args.coins > 0 {
            let key = format!("seed {}", wiring::random_id());
            let coins = i64::from(args.coins);
            store
                .pay(account.id, coins, &key, SystemClock.now())
                .await?;
        }
        store.close().await;
        say(&format!(
            "{username} has {} companions in world '{}'",
            household.companions.len(),
            world.name
        ))?;
        return Ok(Ended::Well);
    }
    let mut made = 0;
    while made < args.users {
        let next = args.users.min(made + WRITTEN_AT_ONCE);
        let people: Vec<_> = (made..next)
            .map(|number| person(&world, seed, number, args.companions))
            .collect();
        store
            .seed_households(&world.name, &people, SystemClock.now())
            .await?;
        made = next;
    }
    store.close().await;
    say(&format!(
        "{} people with {} companions each are in world '{}'",
        args.users, args.companions, world.name
    ))?;
    Ok(Ended::Well)
}

/// The so-manieth person.
fn person(
    world: &World,
    seed: u64,
    number: u64,
    companions: u64,
) -> (AccountId, Vec<NewCompanion>) {
    let name = format!("parlor seed {seed} {number}");
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
    (AccountId(id), companions_of(world, seed, id, companions))
}

/// So many companions for somebody, drawn from the cast.
fn companions_of(world: &World, seed: u64, id: Uuid, companions: u64) -> Vec<NewCompanion> {
    let mut roll = Dice::new(seed, id).roll("seed");
    let mut met: BTreeMap<&str, u32> = BTreeMap::new();
    let companion = |place: u64| {
        let character = roll.pick(&world.cast)?;
        let copies = met.entry(&character.name).or_default();
        *copies += 1;
        let name = match copies {
            1 => character.name.clone(),
            copies => format!("{} {copies}", character.name),
        };
        let slot = u8::try_from(place + 1).ok().filter(|slot| *slot <= TEAM);
        Some(NewCompanion {
            character: character.slug.clone(),
            name,
            team_slot: slot,
        })
    };
    (0..companions).filter_map(companion).collect()
}
