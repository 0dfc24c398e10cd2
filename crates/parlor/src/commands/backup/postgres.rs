//! PostgreSQL's own programs do it: they know every version of the server and of their own format.

use crate::config::redact;
use anyhow::{Context, bail};
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// Writes a dump of the database, as it is at one moment, into `file`.
pub(super) async fn dump(store: &str, file: &Path) -> anyhow::Result<()> {
    let mut command = command("pg_dump", store);
    command
        .args(["--format=custom", "--no-owner", "--no-privileges"])
        .arg("--file")
        .arg(file);
    run("pg_dump", command).await
}

/// Loads a dump in one transaction: all of it or nothing. With `replace` it takes the place of what is
/// there.
pub(super) async fn load(store: &str, file: &Path, replace: bool) -> anyhow::Result<()> {
    if replace {
        return take_the_place(store, file).await;
    }
    let mut command = command("pg_restore", store);
    command.args(["--single-transaction", "--exit-on-error", "--no-owner"]);
    command.arg("--no-privileges").arg(file);
    run("pg_restore", command).await.with_context(|| {
        format!(
            "nothing was changed. Where {} is not empty, stop the servers and say --replace, which \
             forgets what is in it",
            redact(store)
        )
    })
}

/// `pg_restore --clean` can't drop partitions one by one. So the dump becomes a script first, whole or
/// not at all, and `psql` runs it in the transaction that drops what is there.
async fn take_the_place(store: &str, file: &Path) -> anyhow::Result<()> {
    let script = super::beside(file, ".sql");
    let mut unpack = Command::new("pg_restore");
    unpack.args(["--no-owner", "--no-privileges", "--file"]);
    unpack.arg(&script).arg(file).stdin(Stdio::null());
    let unpacked = run("pg_restore", unpack).await;
    let loaded = match unpacked {
        Ok(()) => {
            let mut load = command("psql", store);
            load.args(["--no-psqlrc", "--quiet", "--single-transaction"]);
            load.args(["--set=ON_ERROR_STOP=1", "--output=/dev/null"]);
            load.args([
                "--command",
                "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
            ]);
            load.arg("--file").arg(&script);
            run("psql", load).await
        }
        Err(error) => Err(error),
    };
    // It holds everything that was said.
    if script.exists() {
        std::fs::remove_file(&script)
            .with_context(|| format!("remove '{}' by hand", script.display()))?;
    }
    loaded.context("nothing was changed")
}

/// The program, told which database; the password is in its environment, which others can't see.
fn command(program: &str, store: &str) -> Command {
    let (address, password) = without_password(store);
    let mut command = Command::new(program);
    command.arg("--dbname").arg(address).stdin(Stdio::null());
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command
}

async fn run(program: &str, mut command: Command) -> anyhow::Result<()> {
    let ended = command.output().await.with_context(|| {
        format!(
            "{program} can't be started: install PostgreSQL's client programs, as new as the server"
        )
    })?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        bail!("{program}: {}", said.trim());
    }
    Ok(())
}

/// An address without its password, and the password.
fn without_password(store: &str) -> (String, Option<String>) {
    let nothing = || (store.to_owned(), None);
    let Some((scheme, rest)) = store.split_once("://") else {
        return nothing();
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let Some((user, host)) = authority.rsplit_once('@') else {
        return nothing();
    };
    let Some((name, password)) = user.split_once(':') else {
        return nothing();
    };
    (
        format!("{scheme}://{name}@{host}{path}"),
        Some(unescape(password)),
    )
}

/// Undoes the escapes of a URL.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [a, b, ..]) => std::str::from_utf8(&[*a, *b])
                .ok()
                .and_then(|hex| u8::from_str_radix(hex, 16).ok()),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_gets_into_the_list_of_processes() {
        let (address, password) = without_password("postgres://a:p%40ss%@h:1/d?sslmode=require");
        assert_eq!(address, "postgres://a@h:1/d?sslmode=require");
        assert_eq!(password.as_deref(), Some("p@ss%"));
        assert_eq!(without_password("postgres://h/d").1, None);
    }
}
