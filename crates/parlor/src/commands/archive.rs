//! `parlor archive`: months of messages that are long over, as compressed JSON Lines and back.
//!
//! A month leaves the store once its file is whole, on the disk, and was read back.

use super::say;
use crate::config::Config;
use crate::{Ended, resolve, wiring};
use anyhow::{Context, bail, ensure};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use parlor_model::{Clock, SystemClock};
use parlor_ports::archive::Month;
use parlor_ports::store::Store;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Lines, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Messages that are read and put at a time.
const PAGE: u32 = 5_000;
/// Archives of one month in one directory.
const PARTS_MAX: u32 = 1_000;
const FORM: u32 = 1;

/// What to archive, or to put back.
#[derive(Debug, Args)]
pub(crate) struct ArchiveArgs {
    /// Months that were over by this day (UTC)
    #[arg(
        long,
        value_name = "YYYY-MM-DD",
        required_unless_present = "restore",
        conflicts_with = "restore"
    )]
    before: Option<NaiveDate>,
    /// Where the files go
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Put the messages of such a file back; what is there stays as it is
    #[arg(long, value_name = "FILE")]
    restore: Option<PathBuf>,
}

/// The first line of an archive.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    parlor_archive: u32,
    store: String,
    month: String,
    messages: u64,
}

/// Archives, or puts back.
pub(crate) async fn run(config: &Config, args: ArchiveArgs) -> anyhow::Result<Ended> {
    let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
    wiring::migrate(&*store, false).await?;
    match (&args.restore, args.before) {
        (Some(file), _) => restore(&*store, file).await?,
        (None, Some(before)) => archive(&*store, before, &args.dir).await?,
        (None, None) => bail!("say --before DATE, or --restore FILE"),
    }
    store.close().await;
    Ok(Ended::Well)
}

async fn archive(store: &dyn Store, before: NaiveDate, dir: &Path) -> anyhow::Result<()> {
    let before: DateTime<Utc> = before.and_time(NaiveTime::MIN).and_utc();
    if before > SystemClock.now() {
        bail!(
            "--before {} is not over: name a day of the past",
            before.date_naive()
        );
    }
    fs::create_dir_all(dir).with_context(|| format!("'{}' can't be made", dir.display()))?;
    let months = store.months_before(before).await?;
    if months.is_empty() {
        say(&format!(
            "nothing that ended before {} is kept",
            before.date_naive()
        ))?;
    }
    for (month, messages) in months {
        let file = write(store, month, messages, dir).await?;
        ensure!(
            store.drop_month(month, messages).await?,
            "{month} changed while it was archived, so it stays in the store: delete {} and try again",
            file.display()
        );
        say(&format!(
            "{}: {messages} messages of {month}, {} bytes",
            file.display(),
            fs::metadata(&file)?.len()
        ))?;
    }
    Ok(())
}

/// Writes a month, whole or not at all, and reads it back.
async fn write(
    store: &dyn Store,
    month: Month,
    messages: u64,
    dir: &Path,
) -> anyhow::Result<PathBuf> {
    let path = free_name(dir, month)?;
    let part = path.with_extension("gz.part");
    let file =
        File::create(&part).with_context(|| format!("'{}' can't be written", part.display()))?;
    let mut out = BufWriter::new(GzEncoder::new(file, Compression::default()));
    let head = Head {
        parlor_archive: FORM,
        store: store.name().to_owned(),
        month: month.to_string(),
        messages,
    };
    writeln!(out, "{}", serde_json::to_string(&head)?)?;
    let mut after: Option<String> = None;
    loop {
        let rows = store.month_rows(month, after.as_deref(), PAGE).await?;
        for row in &rows {
            writeln!(out, "{}", row.json)?;
        }
        let Some(last) = rows.last() else { break };
        after = Some(last.place.clone());
    }
    let gzip = out.into_inner().map_err(|error| error.into_error())?;
    gzip.finish()?.sync_all()?;
    let (_, mut lines) = open(&part)?;
    let written = lines.try_fold(0_u64, |count, line| line.map(|_| count + 1))?;
    ensure!(
        written == messages,
        "{month} changed while it was archived ({written} messages instead of {messages}), so it stays in \
         the store: try again"
    );
    fs::rename(&part, &path)?;
    File::open(dir)?.sync_all()?;
    Ok(path)
}

/// A month may be archived again, for conversations that ended later.
fn free_name(dir: &Path, month: Month) -> anyhow::Result<PathBuf> {
    let name = |part: u32| match part {
        1 => format!("messages-{month}.jsonl.gz"),
        _ => format!("messages-{month}.{part}.jsonl.gz"),
    };
    let mut paths = (1..=PARTS_MAX).map(|part| dir.join(name(part)));
    let free = paths.find(|path| !path.exists());
    free.with_context(|| format!("'{}' has too many archives of {month}", dir.display()))
}

type ArchiveLines = Lines<BufReader<MultiGzDecoder<BufReader<File>>>>;

fn open(path: &Path) -> anyhow::Result<(Head, ArchiveLines)> {
    let file = File::open(path).with_context(|| format!("'{}' can't be read", path.display()))?;
    let mut lines = BufReader::new(MultiGzDecoder::new(BufReader::new(file))).lines();
    let none = || format!("'{}' is no archive of Parlor's", path.display());
    let first = lines.next().with_context(none)?.with_context(none)?;
    let head: Head = serde_json::from_str(&first).with_context(none)?;
    ensure!(
        head.parlor_archive == FORM,
        "'{}' was written by a newer Parlor (form {})",
        path.display(),
        head.parlor_archive
    );
    Ok((head, lines))
}

async fn restore(store: &dyn Store, path: &Path) -> anyhow::Result<()> {
    let (head, lines) = open(path)?;
    ensure!(
        head.store == store.name(),
        "'{}' is of a store of the kind {}, and this one is {}",
        path.display(),
        head.store,
        store.name()
    );
    let month: Month = head.month.parse()?;
    let (mut rows, mut put, mut all) = (Vec::new(), 0, 0);
    for line in lines {
        rows.push(line?);
        all += 1;
        if rows.len() >= PAGE as usize {
            put += store.put_rows(month, &rows).await?;
            rows.clear();
        }
    }
    put += store.put_rows(month, &rows).await?;
    ensure!(
        all == head.messages,
        "'{}' has {all} messages instead of {}: it is damaged",
        path.display(),
        head.messages
    );
    say(&format!("{put} of {all} messages of {month} were put back"))?;
    Ok(())
}
