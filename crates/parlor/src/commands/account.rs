//! `parlor account`: the people who sign in. Works beside a running server.

use super::say;
use crate::config::Config;
use crate::render::Terminal;
use crate::{Ended, resolve, wiring};
use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use parlor_gateway::auth::{PASSWORD_CHARS_MAX, Passwords, objection};
use parlor_model::account::{Account, AccountRole, Username, is_person_name};
use parlor_model::{AccountId, Clock, SystemClock};
use parlor_ports::accounts::{ACCOUNTS_MAX, Created};
use parlor_ports::store::Store;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use serde_json::{Value, json};
use std::io::{BufRead, IsTerminal, Read, Stdin};
use std::sync::Arc;

/// What is read of a password on standard input, at most, in bytes.
const PASSWORD_READ_MAX: u64 = 4 * PASSWORD_CHARS_MAX as u64 + 2;

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Show the accounts there are, by username
    List {
        /// Print as JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Make an account; the password is the first line of standard input
    #[command(
        after_help = "Examples:\n  parlor account create marla --admin\n  parlor account create marla --name 'Marla Quince' < password.txt"
    )]
    Create {
        /// By what the person signs in
        username: String,
        /// What the person is called [default: the username]
        #[arg(long)]
        name: Option<String>,
        /// Let them do what concerns others
        #[arg(long)]
        admin: bool,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Let somebody do what concerns others, or no more
    Promote {
        /// Whom
        username: String,
        /// Take the right back
        #[arg(long)]
        undo: bool,
    },
    /// Set a new password, the first line of standard input, and sign the person out everywhere
    Password {
        /// Whose
        username: String,
    },
    /// Delete an account and all that belongs to it, for good
    Remove {
        /// Whose
        username: String,
        /// Really
        #[arg(long, required = true)]
        yes: bool,
    },
}

/// Lists, makes or changes.
pub(crate) async fn run(config: &Config, command: AccountCommand) -> anyhow::Result<Ended> {
    let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
    wiring::migrate(&*store, false).await?;
    let done = match command {
        AccountCommand::List { json } => list(&*store, json).await,
        AccountCommand::Create {
            username,
            name,
            admin,
            json,
        } => create(&*store, &username, name, admin, json).await,
        AccountCommand::Promote { username, undo } => promote(&*store, &username, undo).await,
        AccountCommand::Password { username } => password(&*store, &username).await,
        AccountCommand::Remove { username, .. } => remove(&*store, &username).await,
    };
    store.close().await;
    done.map(|()| Ended::Well)
}

async fn create(
    store: &dyn Store,
    username: &str,
    name: Option<String>,
    admin: bool,
    as_json: bool,
) -> anyhow::Result<()> {
    let username = Username::new(username)?;
    let name = name.unwrap_or_else(|| username.to_string());
    if !is_person_name(&name) {
        bail!("--name takes a name of 1 to 100 characters, in one line");
    }
    if store.account_named(&username).await?.is_some() {
        bail!("somebody has the username '{username}': choose another one");
    }
    let password = read_password(&username)?;
    let hash = hash(password).await?;
    let account = Account {
        id: AccountId(wiring::random_id()),
        username,
        name,
        role: if admin {
            AccountRole::Admin
        } else {
            AccountRole::User
        },
        coins: 0,
        created_at: SystemClock.now(),
        last_login_at: None,
    };
    match store.create_account(&account, &hash).await? {
        Created::Created if as_json => say(&shape(&account).to_string()),
        Created::Created => say(&line(&account, Terminal::stdout())),
        Created::Taken => bail!(
            "somebody took the username '{}' just now: choose another one",
            account.username
        ),
    }
}

async fn hash(password: String) -> anyhow::Result<parlor_ports::accounts::PasswordHash> {
    let hash = Passwords::new().hash(password).await;
    hash.map_err(|problem| anyhow::anyhow!(problem.detail().to_owned()))
}

/// The first line of standard input; asked for where somebody sits there.
fn read_password(username: &Username) -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    let is_asked = stdin.is_terminal();
    if is_asked {
        eprint!("password of {username}: ");
    }
    let echo = is_asked.then(|| Echo::off(&stdin)).transpose()?;
    let mut line = String::new();
    let mut input = stdin.lock().take(PASSWORD_READ_MAX);
    let read = input.read_line(&mut line);
    drop(echo);
    read.context("the password can't be read from standard input")?;
    let password = line.trim_end_matches(['\n', '\r']);
    match objection(password, username.as_str()) {
        Some(why) => bail!("{why} (it is read from standard input)"),
        None => Ok(password.to_owned()),
    }
}

/// A terminal that does not show what is typed, until this is dropped.
struct Echo(Termios);

impl Echo {
    fn off(stdin: &Stdin) -> anyhow::Result<Self> {
        let shown = tcgetattr(stdin).context("the terminal can't be asked")?;
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin, OptionalActions::Flush, &hidden)
            .context("the terminal shows what is typed: give the password by a pipe")?;
        Ok(Self(shown))
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // There is nobody to tell.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
        eprintln!();
    }
}

async fn list(store: &dyn Store, as_json: bool) -> anyhow::Result<()> {
    let terminal = Terminal::stdout();
    let mut after: Option<Username> = None;
    loop {
        let some = store.accounts(after.as_ref(), ACCOUNTS_MAX).await?;
        if some.is_empty() {
            break;
        }
        for account in &some {
            let shown = if as_json {
                shape(account).to_string()
            } else {
                line(account, terminal)
            };
            say(&shown)?;
        }
        after = some.last().map(|account| account.username.clone());
    }
    if after.is_none() && !as_json {
        say("there are no accounts: 'parlor account create' makes one")?;
    }
    Ok(())
}

async fn promote(store: &dyn Store, username: &str, undo: bool) -> anyhow::Result<()> {
    let account = find(store, username).await?;
    let role = if undo {
        AccountRole::User
    } else {
        AccountRole::Admin
    };
    store.set_role(account.id, role).await?;
    say(&line(&Account { role, ..account }, Terminal::stdout()))
}

async fn password(store: &dyn Store, username: &str) -> anyhow::Result<()> {
    let account = find(store, username).await?;
    let hash = hash(read_password(&account.username)?).await?;
    store.set_password(account.id, &hash).await?;
    say(&format!(
        "{} has a new password and is signed out everywhere",
        account.username
    ))
}

async fn remove(store: &dyn Store, username: &str) -> anyhow::Result<()> {
    let account = find(store, username).await?;
    store.delete_account(account.id).await?;
    say(&format!("removed: {}", account.username))
}

/// What was typed is not repeated where it can't be a username: it may be a password.
async fn find(store: &dyn Store, username: &str) -> anyhow::Result<Account> {
    let username = Username::new(username)?;
    match store.account_named(&username).await? {
        Some((account, _)) => Ok(account),
        None => {
            bail!("there is no account '{username}': 'parlor account list' shows those there are")
        }
    }
}

fn line(account: &Account, terminal: Terminal) -> String {
    let came = account
        .last_login_at
        .map_or_else(|| "never came".to_owned(), |at| format!("came {}", day(at)));
    format!(
        "{}  {}  {} coins  made {}  {came}  {}",
        terminal.bold(account.username.as_str()),
        account.role.as_str(),
        account.coins,
        day(account.created_at),
        account.name
    )
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

fn shape(account: &Account) -> Value {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    json!({
        "id": account.id.0,
        "username": account.username.as_str(),
        "name": account.name,
        "role": account.role.as_str(),
        "coins": account.coins,
        "createdAt": time(account.created_at),
        "lastLoginAt": account.last_login_at.map(time),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_one_line_without_anything_secret() {
        let account = Account {
            id: AccountId(uuid::Uuid::nil()),
            username: Username::new("marla").unwrap(),
            name: "Marla Quince".to_owned(),
            role: AccountRole::Admin,
            coins: 3,
            created_at: DateTime::UNIX_EPOCH,
            last_login_at: None,
        };
        let shown = line(&account, Terminal { colours: false });
        let facts = "marla  admin  3 coins  made 1970-01-01 00:00  never came  Marla Quince";
        assert_eq!(shown, facts);
        assert_eq!(shape(&account)["lastLoginAt"], Value::Null);
    }
}
