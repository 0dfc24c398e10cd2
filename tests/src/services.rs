//! The servers that the tests need.

use crate::fresh_name;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The broker's address.
///
/// # Panics
/// The environment names none.
#[must_use]
pub fn amqp_url() -> String {
    named("PARLOR_TEST_AMQP_URL")
}

fn named(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: start the servers with  tests/services up  and then \
             eval \"$(tests/services env)\", or use make test"
        )
    })
}

/// A database of its own, removed when dropped.
#[derive(Debug)]
pub struct Database {
    name: String,
    admin: String,
    /// Its address.
    pub url: String,
}

impl Database {
    /// A new one on the server of the tests.
    pub async fn fresh() -> Self {
        Self::fresh_on(&named("PARLOR_TEST_POSTGRES_URL")).await
    }

    /// A new one on this server.
    ///
    /// # Panics
    /// The server is away or refuses.
    pub async fn fresh_on(admin: &str) -> Self {
        let name = format!("parlor_test_{}", fresh_name());
        execute(admin, format!("CREATE DATABASE {name}"))
            .await
            .unwrap_or_else(|e| panic!("no database can be made at {admin}: {e}"));
        Self {
            url: with_database(admin, &name),
            admin: admin.to_owned(),
            name,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let (name, admin) = (self.name.clone(), self.admin.clone());
        if let Err(error) = apart(async move { execute(&admin, sql).await }) {
            eprintln!("the database {name} stays behind: {error}");
        }
    }
}

async fn execute(url: &str, sql: String) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    Ok(())
}

/// Runs something to its end from where one can't wait, such as a drop.
pub(crate) fn apart(
    work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
) -> anyhow::Result<()> {
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(async { tokio::time::timeout(crate::wait::SOON, work).await? })
    });
    thread.join().map_err(|_| anyhow::anyhow!("it panicked"))?
}

/// The same server, another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = url.split_once('?').unwrap_or((url, ""));
    let authority_at = address.find("://").map_or(0, |at| at + 3);
    let authority_end = address[authority_at..]
        .find('/')
        .map_or(address.len(), |at| authority_at + at);
    let question = if options.is_empty() { "" } else { "?" };
    format!("{}/{name}{question}{options}", &address[..authority_end])
}

/// Servers of its own, for tests that break them; gone when dropped.
#[derive(Debug)]
pub struct Instance {
    name: String,
    servers: Vec<String>,
    urls: BTreeMap<String, String>,
}

impl Instance {
    /// Brings up these servers (`postgres`, `rabbitmq`).
    ///
    /// # Panics
    /// They don't come up.
    pub async fn up(servers: &[&str]) -> Self {
        let mut instance = Self {
            name: format!("chaos-{}", fresh_name()),
            servers: servers.iter().map(|s| (*s).to_owned()).collect(),
            urls: BTreeMap::new(),
        };
        instance.tell(&["up"]).await;
        for server in servers {
            let url = instance.services(&["url"], &[(*server).to_owned()]);
            instance
                .urls
                .insert((*server).to_owned(), url.trim().to_owned());
        }
        instance
    }

    /// A server's address; it stays the same over a restart.
    ///
    /// # Panics
    /// It was not asked for.
    #[must_use]
    pub fn url(&self, server: &str) -> &str {
        &self.urls[server]
    }

    /// Stops and starts all its servers; `kill` stops them as a crash would.
    pub async fn restart(&self, kill: bool) {
        let words: &[&str] = if kill {
            &["restart", "--kill"]
        } else {
            &["restart"]
        };
        self.tell(words).await;
    }

    async fn tell(&self, words: &[&str]) {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        let (mut command, shown) = self.command(&words, &self.servers);
        let status = tokio::task::spawn_blocking(move || command.status());
        let status = status
            .await
            .expect("nothing in there panics")
            .expect("bash is there");
        assert!(status.success(), "{shown} failed: {status}");
    }

    fn services(&self, words: &[&str], servers: &[String]) -> String {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        let (mut command, shown) = self.command(&words, servers);
        let output = command
            .stdout(Stdio::piped())
            .output()
            .expect("bash is there");
        assert!(output.status.success(), "{shown} failed: {}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self, words: &[String], servers: &[String]) -> (Command, String) {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("services");
        let mut command = Command::new(&script);
        command
            .args(words)
            .args(servers)
            .env("PARLOR_SERVICES_INSTANCE", &self.name)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let shown = format!(
            "{} {} {}",
            script.display(),
            words.join(" "),
            servers.join(" ")
        );
        (command, shown)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let (mut command, shown) = self.command(&["down".to_owned()], &self.servers);
        match command.status() {
            Ok(status) if status.success() => {}
            other => eprintln!("{shown} left something behind in {}: {other:?}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server() {
        let url = |url| with_database(url, "x");
        assert_eq!(
            url("postgres://a:b@h:1/postgres?ssl=no"),
            "postgres://a:b@h:1/x?ssl=no"
        );
        assert_eq!(url("postgres://h"), "postgres://h/x");
    }
}
