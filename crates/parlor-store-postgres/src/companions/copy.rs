//! Rows in the binary form of COPY (PostgreSQL's manual, "COPY", "Binary Format").

use chrono::{DateTime, Utc};
use sqlx::Error;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

/// Sign, flags and length of the extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: &[u8] = &[0xff, 0xff];
/// Object id of the type `text`, for arrays of it.
const TEXT_OID: i32 = 25;
/// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Rows to be copied into a table.
pub(super) struct Copy {
    bytes: Vec<u8>,
    rows: usize,
}

impl Copy {
    pub(super) fn new() -> Self {
        Self {
            bytes: HEADER.to_vec(),
            rows: 0,
        }
    }

    /// Begins a row of so many fields.
    pub(super) fn row(&mut self, fields: i16) {
        self.rows += 1;
        self.bytes.extend_from_slice(&fields.to_be_bytes());
    }

    fn field(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    fn length(&mut self, bytes: usize) {
        // A row is written from texts far below 2 GiB.
        let length = i32::try_from(bytes).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
    }

    pub(super) fn null(&mut self) {
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    pub(super) fn uuid(&mut self, id: Uuid) {
        self.field(id.as_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.field(text.as_bytes());
    }

    pub(super) fn int2(&mut self, number: i16) {
        self.field(&number.to_be_bytes());
    }

    pub(super) fn int8(&mut self, number: i64) {
        self.field(&number.to_be_bytes());
    }

    pub(super) fn float4(&mut self, number: f32) {
        self.field(&number.to_be_bytes());
    }

    pub(super) fn float8(&mut self, number: f64) {
        self.field(&number.to_be_bytes());
    }

    pub(super) fn boolean(&mut self, yes: bool) {
        self.field(&[u8::from(yes)]);
    }

    pub(super) fn time(&mut self, time: DateTime<Utc>) {
        self.int8(time.timestamp_micros() - EPOCH_MICROS);
    }

    /// A `text[]`.
    pub(super) fn texts<'a>(&mut self, texts: impl Iterator<Item = &'a str> + Clone) {
        let count = i32::try_from(texts.clone().count()).unwrap_or(i32::MAX);
        let bytes: usize = texts.clone().map(|text| 4 + text.len()).sum();
        if count == 0 {
            self.length(12);
            for number in [0, 0, TEXT_OID] {
                self.bytes.extend_from_slice(&number.to_be_bytes());
            }
            return;
        }
        self.length(20 + bytes);
        for number in [1, 0, TEXT_OID, count, 1] {
            self.bytes.extend_from_slice(&number.to_be_bytes());
        }
        texts.for_each(|text| self.text(text));
    }

    /// Copies the rows; `into` is "table (columns)".
    pub(super) async fn send(
        mut self,
        connection: &mut PgConnection,
        into: &'static str,
    ) -> Result<(), Error> {
        if self.rows == 0 {
            return Ok(());
        }
        self.bytes.extend_from_slice(TRAILER);
        let statement = format!("COPY {into} FROM STDIN (FORMAT binary)");
        let mut copy = connection.copy_in_raw(&statement).await?;
        match copy.send(self.bytes).await {
            Ok(_) => copy.finish().await.map(|_| ()),
            Err(error) => {
                copy.abort("the rows could not be sent").await?;
                Err(error)
            }
        }
    }
}
