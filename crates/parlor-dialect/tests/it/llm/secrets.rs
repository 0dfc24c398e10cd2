//! A key is in a header on the wire and nowhere else; neither is what people say.

use std::io::{self, Write};
use std::sync::Arc;

use parking_lot::Mutex;
use parlor_dialect::llm::Provider;
use parlor_dialect::testkit::{FAKE_KEY, FakeProvider, Fault};
use tracing_subscriber::fmt::MakeWriter;

use super::support::{ask, client, options, watch};

/// A log that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// One thread, so that the log of every task is the one that is kept.
#[tokio::test]
async fn neither_key_nor_words_reach_the_log_or_an_error() {
    let log = Kept::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let provider = FakeProvider::start().await;
    provider.reply_with(|_| "words_of_the_reply".to_owned());
    let mut said = String::new();
    for of in Provider::ALL {
        let model = client(&provider, of, &options());
        for fault in [
            None,
            Some(Fault::Status(401)),
            Some(Fault::Status(500)),
            Some(Fault::Reset),
            Some(Fault::Truncated),
            Some(Fault::Html),
            Some(Fault::Refused),
            Some(Fault::Empty),
        ] {
            provider.fail_next([fault.clone(), fault]);
            for result in [ask(&*model).await, watch(&*model).await.0] {
                if let Err(error) = result {
                    said.push_str(&format!("{error} {error:?}\n"));
                }
            }
        }
    }
    tracing::info!("the log is kept");
    drop(guard);

    let log = String::from_utf8(log.0.lock().clone()).unwrap();
    assert!(log.contains("the log is kept"));
    assert!(
        provider
            .requests()
            .iter()
            .any(|asked| { asked.headers.iter().any(|(_, value)| value == FAKE_KEY) })
    );
    for secret in [FAKE_KEY, "words_of_the_reply", "Hello there"] {
        assert!(!said.contains(secret), "{secret} in an error: {said}");
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} in the log");
    }
}
