//! From one version to the next: what an earlier schema held is all there after `parlor migrate`, on both
//! stores; and a server goes on while a newer program adds to the schema under it (expand), but does not start
//! on a schema that it does not know.

use crate::ross_to_rachel;
use futures::StreamExt;
use parlor_blackbox::{
    Api, Database, Scratch, Server, Setting, Signed, Socket, TestWorld, command, ended, until,
};
use rusqlite::types::Value as SqlValue;
use serde_json::json;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was in each table: its rows as text, sorted.
type Rows = BTreeMap<String, Vec<String>>;
/// Columns of each table.
type Columns = BTreeMap<String, Vec<String>>;

/// A store that servers have worked with.
struct Full {
    scratch: Scratch,
    store: String,
}

impl Full {
    /// Friends talk, somebody signs up and talks with a character, people travel, companions talk.
    async fn new(store: Option<&Database>) -> Self {
        let scratch = Scratch::bundled(Setting::Embedded, TestWorld::bundled("hogwarts")).await;
        let store = store.map_or_else(|| "sqlite".to_owned(), |database| database.url.clone());
        let full = Self { scratch, store };
        let mut server = full.server(&["friends", "companions", "hogwarts"]);
        server.ready().await;
        let api = server.api().await;
        let talk = api.start("friends", &ross_to_rachel()).await;
        api.closed(&talk).await;
        let ann = Signed::up(&api, "ann").await;
        let path = format!("tony-stark?token={}", ann.token);
        let mut socket = Socket::connect(&api.base, &path).await;
        socket.until("connection").await;
        socket.say("Hello, what are you building?").await.unwrap();
        socket.until("ai_response").await;
        let wish = json!({ "name": "Ada", "system_prompt": "Counts.", "visibility": "public" });
        let request = api.request(reqwest::Method::POST, "/api/characters");
        Api::send(request.bearer_auth(&ann.token).json(&wish))
            .await
            .expect(201);
        api.get("/initiate").await.expect(202);
        until("somebody travels", || async {
            let journey = api.get("/api/characters/harry/journey").await.expect(200);
            journey["items"]
                .as_array()
                .is_some_and(|moves| !moves.is_empty())
        })
        .await;
        // What it had in hand stays where it is.
        server.kill();
        for args in [
            &["key", "create", "--name=a-friend"][..],
            &["seed", "chatlings", "--users", "6", "--companions", "4"],
            &["generate", "chatlings"],
        ] {
            let _ = full.parlor(&full.store, args).await;
        }
        full
    }

    fn server(&self, worlds: &[&str]) -> Server {
        let mut command = command(&self.scratch.dir());
        command.arg("up").args(worlds).args(self.flags(&self.store));
        command.args([
            "--listen=127.0.0.1:0",
            "--pace=0",
            "--quiet",
            "--no-start",
            "--llm=none",
        ]);
        Server::start("parlor up", command)
    }

    fn flags(&self, store: &str) -> [String; 2] {
        [format!("--store={store}"), "--data-dir=data".to_owned()]
    }

    async fn parlor(&self, store: &str, args: &[&str]) -> String {
        let mut command = command(&self.scratch.dir());
        command.args(args).args(self.flags(store));
        ended(command).await.well()
    }
}

fn migrations(store: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../crates/parlor-store-{store}/migrations"))
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort_unstable();
    rows
}

/// The tables in which something is, so that the comparison means something.
fn filled(rows: &Rows) -> usize {
    rows.values().filter(|rows| !rows.is_empty()).count()
}

// --- SQLite ---

/// Names and texts in the order in which they are applied, which the store's source has.
fn sqlite_migrations() -> Vec<(String, String)> {
    let source = include_str!("../../crates/parlor-store-sqlite/src/migrate.rs");
    let files = source.split("include_str!(\"../migrations/").skip(1);
    let names = files.map(|rest| rest.split_once(".sql").unwrap().0.to_owned());
    let text = |name: &String| {
        std::fs::read_to_string(migrations("sqlite").join(format!("{name}.sql"))).unwrap()
    };
    names.map(|name| (name.clone(), text(&name))).collect()
}

fn sqlite_columns(db: &rusqlite::Connection) -> Columns {
    let sql = "SELECT t.name, c.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.sql NOT LIKE 'CREATE VIRTUAL%'
               ORDER BY 1, c.cid";
    let mut found = Columns::new();
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    for row in rows.unwrap() {
        let (table, column): (String, String) = row.unwrap();
        found.entry(table).or_default().push(column);
    }
    found
}

fn sqlite_rows(db: &rusqlite::Connection, columns: &Columns) -> Rows {
    let read = |(table, columns): (&String, &Vec<String>)| {
        let sql = format!("SELECT {} FROM \"{table}\"", quoted(columns));
        let mut statement = db.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| {
            let values = (0..columns.len()).map(|n| row.get::<_, SqlValue>(n));
            Ok(format!("{:?}", values.collect::<Result<Vec<_>, _>>()?))
        });
        let rows = rows.unwrap().map(Result::unwrap).collect();
        (table.clone(), sorted(rows))
    };
    columns.iter().map(read).collect()
}

/// A row for each table in which nothing is, whatever it would mean.
fn sqlite_fill(db: &rusqlite::Connection, rows: &Rows) {
    db.pragma_update(None, "ignore_check_constraints", true)
        .unwrap();
    for table in rows.keys().filter(|table| rows[*table].is_empty()) {
        let sql = "SELECT name, CASE type WHEN 'INTEGER' THEN '1' WHEN 'REAL' THEN '0.5'
                   WHEN 'BLOB' THEN 'zeroblob(16)' ELSE '''x''' END FROM pragma_table_info(?1)";
        let mut statement = db.prepare(sql).unwrap();
        let fields = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)));
        let fields = fields.unwrap().map(Result::unwrap);
        let (names, values): (Vec<String>, Vec<String>) = fields.unzip();
        let (names, values) = (quoted(&names), values.join(", "));
        let insert = format!("INSERT INTO \"{table}\" ({names}) VALUES ({values})");
        db.execute_batch(&insert)
            .unwrap_or_else(|e| panic!("{table}: {e}"));
    }
}

fn quoted(columns: &[String]) -> String {
    let quoted: Vec<_> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    quoted.join(", ")
}

#[tokio::test]
async fn every_earlier_schema_keeps_its_rows_in_sqlite() {
    let full = Full::new(None).await;
    let all = sqlite_migrations();
    assert!(all.len() > 10);
    // That one is served afterwards, so it holds nothing but what a server wrote.
    let serves_from = all.len() - 3;
    let source = full.scratch.dir().join("data/parlor.db");
    for version in 1..all.len() {
        let file = full.scratch.dir().join(format!("at-{version}.db"));
        let (columns, before) = {
            let db = rusqlite::Connection::open(&file).unwrap();
            db.execute_batch("PRAGMA journal_mode = WAL").unwrap();
            for (_, sql) in &all[..version] {
                db.execute_batch(sql).unwrap();
            }
            db.pragma_update(None, "user_version", version.to_string())
                .unwrap();
            db.execute("ATTACH ?1 AS source", [source.display().to_string()])
                .unwrap();
            db.pragma_update(None, "foreign_keys", false).unwrap();
            let columns = sqlite_columns(&db);
            for (table, columns) in &columns {
                let columns = quoted(columns);
                let sql = format!(
                    "DELETE FROM main.\"{table}\";
                     INSERT INTO main.\"{table}\" ({columns}) SELECT {columns} FROM source.\"{table}\""
                );
                db.execute_batch(&sql)
                    .unwrap_or_else(|e| panic!("{table} at {version}: {e}"));
            }
            db.execute_batch("DETACH source").unwrap();
            let mut before = sqlite_rows(&db, &columns);
            assert!(filled(&before) >= columns.len() / 3, "{:?}", before.keys());
            if version != serves_from {
                sqlite_fill(&db, &before);
                before = sqlite_rows(&db, &columns);
                assert_eq!(filled(&before), columns.len());
            }
            (columns, before)
        };
        let store = format!("sqlite:{}", file.display());
        let said = full.parlor(&store, &["migrate"]).await;
        for (name, _) in &all[version..] {
            assert!(said.contains(name.as_str()), "{said}");
        }
        let db = rusqlite::Connection::open(&file).unwrap();
        let after = sqlite_rows(&db, &columns);
        for (table, rows) in &before {
            assert_eq!(&after[table], rows, "{table}, from {version} on");
        }
        if version == serves_from {
            serves(&full, &store).await;
        }
    }
}

/// A server takes the migrated store: what was said is there, and people go on talking.
async fn serves(full: &Full, store: &str) {
    let export = ["export", "--world", "friends"];
    let there = full.parlor(store, &export).await;
    assert_eq!(there, full.parlor(&full.store, &export).await);
    let mut command = command(&full.scratch.dir());
    command.args([
        "up",
        "friends",
        "--listen=127.0.0.1:0",
        "--pace=0",
        "--quiet",
        "--no-start",
    ]);
    command.args(full.flags(store)).arg("--no-migrate");
    let mut server = Server::start("parlor up", command);
    server.ready().await;
    let api = server.api().await;
    let talk = api.start("friends", &ross_to_rachel()).await;
    api.closed(&talk).await;
    let list = api
        .get("/api/conversations?world=friends&limit=200")
        .await
        .expect(200);
    assert!(list["items"].as_array().unwrap().len() >= 2);
    server.terminate().await;
}

// --- PostgreSQL ---

async fn postgres_columns(db: &mut PgConnection) -> Columns {
    let sql = "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> '_sqlx_migrations'
               AND c.relnamespace = current_schema()::regnamespace
               AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' GROUP BY 1";
    let rows = sqlx::query(sql).fetch_all(db).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The log's transaction ids are put right by a migration, as after a restore; all else must stay.
fn kept(table: &str, column: &str) -> bool {
    column != "xact" && !(table == "words_done" && column == "seq")
}

async fn postgres_rows(db: &mut PgConnection, columns: &Columns) -> Rows {
    let mut found = Rows::new();
    for (table, columns) in columns {
        let kept: Vec<_> = columns.iter().filter(|c| kept(table, c)).cloned().collect();
        let sql = format!("SELECT ROW({})::text FROM \"{table}\"", quoted(&kept));
        let rows = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_all(&mut *db)
            .await;
        found.insert(table.clone(), sorted(rows.unwrap()));
    }
    found
}

/// A condition: what this table could hold then.
async fn possible(db: &mut PgConnection, table: &str) -> String {
    let sql = "SELECT '(' || pg_get_expr(conbin, conrelid) || ') IS NOT FALSE' FROM pg_constraint
               WHERE conrelid = $1::regclass AND contype = 'c'
               UNION ALL SELECT quote_ident(attname) || ' IS NOT NULL' FROM pg_attribute
               WHERE attrelid = $1::regclass AND attnum > 0 AND attnotnull AND NOT attisdropped";
    let rules = sqlx::query_scalar::<_, String>(sql).bind(table);
    let rules = rules.fetch_all(db).await.unwrap();
    [&["true".to_owned()], &rules[..]].concat().join(" AND ")
}

/// A row for each table in which nothing is, whatever it would mean.
async fn postgres_fill(db: &mut PgConnection, rows: &Rows) {
    for table in rows.keys().filter(|table| rows[*table].is_empty()) {
        let sql = "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute
                   WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''";
        let fields = sqlx::query(sql).bind(table).fetch_all(&mut *db).await;
        let fields = fields.unwrap();
        let value = |kind: &str| match kind {
            "uuid" => "gen_random_uuid()",
            "bigint" | "integer" | "smallint" => "1",
            "real" | "double precision" => "0.5",
            "timestamp with time zone" => "now()",
            "date" => "current_date",
            "boolean" => "true",
            "json" | "jsonb" => "'{}'",
            "bytea" => "decode(repeat('00', 32), 'hex')",
            "xid8" => "pg_current_xact_id()",
            kind if kind.ends_with("[]") => "'{}'",
            _ => "'x'",
        };
        let values = fields.iter().map(|field| value(field.get(1)));
        let values = values.collect::<Vec<_>>().join(", ");
        let names = quoted(&fields.iter().map(|field| field.get(0)).collect::<Vec<_>>());
        // Its values need not make sense: checks are put back without looking at them.
        let sql = "SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint
                   WHERE conrelid = $1::regclass AND contype = 'c'";
        let checks = sqlx::query_as::<_, (String, String)>(sql).bind(table);
        let checks = checks.fetch_all(&mut *db).await.unwrap();
        let mut script = String::new();
        for (name, _) in &checks {
            script += &format!("ALTER TABLE \"{table}\" DROP CONSTRAINT \"{name}\";");
        }
        script += &format!(
            "INSERT INTO \"{table}\" ({names}) OVERRIDING SYSTEM VALUE VALUES ({values});"
        );
        for (name, check) in &checks {
            script +=
                &format!("ALTER TABLE \"{table}\" ADD CONSTRAINT \"{name}\" {check} NOT VALID;");
        }
        let inserted = sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *db).await;
        inserted.unwrap_or_else(|e| panic!("{table}: {e}"));
    }
}

#[tokio::test]
async fn every_earlier_schema_keeps_its_rows_in_postgres() {
    let database = Database::fresh().await;
    let full = Full::new(Some(&database)).await;
    let mut source = PgConnection::connect(&database.url).await.unwrap();
    let mut files: Vec<_> = std::fs::read_dir(migrations("postgres"))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    files.sort_by_key(std::fs::DirEntry::file_name);
    assert!(files.len() > 10);
    let serves_from = files.len() - 3;
    for version in 1..files.len() {
        let earlier = full.scratch.dir().join(format!("migrations-{version}"));
        std::fs::create_dir(&earlier).unwrap();
        for file in &files[..version] {
            std::fs::copy(file.path(), earlier.join(file.file_name())).unwrap();
        }
        let old = Database::fresh().await;
        let mut db = PgConnection::connect(&old.url).await.unwrap();
        Migrator::new(earlier)
            .await
            .unwrap()
            .run(&mut db)
            .await
            .unwrap();
        let columns = postgres_columns(&mut db).await;
        sqlx::raw_sql("SET session_replication_role = replica")
            .execute(&mut db)
            .await
            .unwrap();
        for (table, columns) in &columns {
            let clear = format!("TRUNCATE \"{table}\" CASCADE");
            sqlx::raw_sql(AssertSqlSafe(clear))
                .execute(&mut db)
                .await
                .unwrap();
            let _ = columns;
        }
        for (table, columns) in &columns {
            let columns = quoted(columns);
            let possible = possible(&mut db, table).await;
            let out =
                format!("COPY (SELECT {columns} FROM \"{table}\" WHERE {possible}) TO STDOUT");
            let mut rows = source.copy_out_raw(&out).await.unwrap();
            let into = format!("COPY \"{table}\" ({columns}) FROM STDIN");
            let mut copy = db.copy_in_raw(&into).await.unwrap();
            while let Some(some) = rows.next().await {
                copy.send(some.unwrap()).await.unwrap();
            }
            copy.finish()
                .await
                .unwrap_or_else(|e| panic!("{table} at {version}: {e}"));
        }
        let mut before = postgres_rows(&mut db, &columns).await;
        assert!(filled(&before) >= columns.len() / 3, "{:?}", before.keys());
        if version != serves_from {
            postgres_fill(&mut db, &before).await;
            before = postgres_rows(&mut db, &columns).await;
            assert_eq!(filled(&before), columns.len());
        }
        let said = full.parlor(&old.url, &["migrate"]).await;
        assert!(
            said.starts_with("applied: ")
                && said.matches(", ").count() + 1 >= files.len() - version,
            "{said}"
        );
        let after = postgres_rows(&mut db, &columns).await;
        for (table, rows) in &before {
            assert_eq!(&after[table], rows, "{table}, from {version} on");
        }
        if version == serves_from {
            serves(&full, &old.url).await;
        }
    }
}

// --- a server that is the older one ---

/// What the next version might add: a column, a table and an index for everything there is.
fn expansion(columns: &Columns, number: &str) -> String {
    let mut sql = String::new();
    for table in columns
        .keys()
        .filter(|name| !name.starts_with("line_words"))
    {
        sql += &format!("ALTER TABLE \"{table}\" ADD COLUMN of_tomorrow {number};\n");
        sql += &format!("CREATE INDEX \"{table}_of_tomorrow\" ON \"{table}\" (of_tomorrow);\n");
    }
    sql + "CREATE TABLE of_tomorrow (id integer PRIMARY KEY);\n"
}

/// It goes on with what it has begun, and begins something new.
async fn goes_on(server: &Server, before: &str) {
    let api = server.api().await;
    api.closed(before).await;
    let talk = api.start("friends", &ross_to_rachel()).await;
    api.closed(&talk).await;
    let ann = Signed::up(&api, "after").await;
    ann.get(&api, "/me").await.expect(200);
}

#[tokio::test]
async fn a_running_server_goes_on_while_the_schema_grows_and_an_older_one_does_not_start() {
    for on_postgres in [false, true] {
        let database = Database::fresh().await;
        let scratch = Scratch::bundled(Setting::Embedded, TestWorld::bundled("friends")).await;
        let store = if on_postgres {
            database.url.clone()
        } else {
            "sqlite".to_owned()
        };
        let up = |pace: &str| {
            let mut command = command(&scratch.dir());
            command.args([
                "up",
                "friends",
                "--listen=127.0.0.1:0",
                "--quiet",
                "--no-start",
            ]);
            command.args([
                format!("--pace={pace}"),
                format!("--store={store}"),
                "--data-dir=data".to_owned(),
            ]);
            command
        };
        let mut server = Server::start("parlor up", up("50ms"));
        server.ready().await;
        let api = server.api().await;
        let talk = api.start("friends", &ross_to_rachel()).await;
        if on_postgres {
            let mut db = PgConnection::connect(&database.url).await.unwrap();
            let sql = expansion(&postgres_columns(&mut db).await, "bigint");
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut db)
                .await
                .unwrap();
            sqlx::query(
                "INSERT INTO _sqlx_migrations VALUES (9999, 'tomorrow', now(), true, '', 0)",
            )
            .execute(&mut db)
            .await
            .unwrap();
        } else {
            let db = rusqlite::Connection::open(scratch.dir().join("data/parlor.db")).unwrap();
            db.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
            let sql = expansion(&sqlite_columns(&db), "INTEGER");
            let version = sqlite_migrations().len() + 1;
            db.execute_batch(&format!(
                "BEGIN IMMEDIATE; {sql} PRAGMA user_version = {version}; COMMIT"
            ))
            .unwrap();
        }
        goes_on(&server, &talk).await;
        server.terminate().await;

        let refused = ended(up("0")).await;
        assert_eq!(refused.code, Some(2), "{}{}", refused.out, refused.err);
        let why = if on_postgres {
            "newer than this program"
        } else {
            "use a newer parlor"
        };
        assert!(refused.err.contains(why), "{}", refused.err);
    }
}
