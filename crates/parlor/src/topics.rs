//! Where a world's topics come from besides its file: a feed by URL, a file on the server, or a language
//! model.

use anyhow::{Context, bail};
use async_trait::async_trait;
use parlor_engine::mechanics::pool::Pool;
use parlor_model::world::Topic;
use parlor_ports::mind::{Mind, Question};
use parlor_roles::schedule::TopicSource;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Largest feed or file, in bytes.
const BYTES_MAX: usize = 4 << 20;
/// Topics of one source, at most.
const TOPICS_MAX: usize = 1_000;
/// Longest topic, in characters.
const TOPIC_CHARS_MAX: usize = 200;
const TIMEOUT: Duration = Duration::from_secs(15);

/// The source that asks a language model.
const MODEL: &str = "llm";
/// Topics that a model is asked for.
const ASKED_FOR: usize = 20;

/// A feed or a file.
struct NamedSource {
    /// A URL or a path.
    source: String,
    /// The category of what a feed brings.
    category: Option<String>,
}

/// The source that a world names, if it names one.
pub(crate) fn source(
    pool: &Pool,
    about: &str,
    authors: &BTreeMap<String, Arc<dyn Mind>>,
) -> Option<Arc<dyn TopicSource>> {
    let source = pool.source.clone()?;
    if source == MODEL {
        return Some(Arc::new(ModelSource {
            mind: authors.values().next().cloned(),
            about: about.to_owned(),
            categories: pool.weights.keys().cloned().collect(),
        }));
    }
    Some(Arc::new(NamedSource {
        source,
        category: pool.category.clone(),
    }))
}

/// A language model of the world's.
struct ModelSource {
    mind: Option<Arc<dyn Mind>>,
    /// What the world is about.
    about: String,
    /// Categories that the world weighs.
    categories: Vec<String>,
}

#[async_trait]
impl TopicSource for ModelSource {
    async fn fetch(&self) -> Result<Vec<Topic>, String> {
        let Some(mind) = &self.mind else {
            return Err(
                "there is no language model to ask: set --llm, and a dialect of kind \"llm\""
                    .to_owned(),
            );
        };
        let reply = mind
            .decide(&self.question())
            .await
            .map_err(|undecided| undecided.reason)?;
        let topics = reply["topics"].as_array().into_iter().flatten();
        let topics = topics.filter_map(|topic| {
            Some(Topic {
                text: tidy(topic["text"].as_str()?)?,
                category: topic["category"]
                    .as_str()
                    .and_then(tidy)
                    .map(|name| name.to_lowercase()),
                sentiment: topic["sentiment"].as_f64().unwrap_or(0.0).clamp(-1.0, 1.0),
                season: None,
                until: None,
            })
        });
        let topics: Vec<Topic> = topics.take(TOPICS_MAX).collect();
        if topics.is_empty() {
            return Err("the language model named no topics".to_owned());
        }
        Ok(topics)
    }
}

impl ModelSource {
    fn question(&self) -> Question {
        let known = if self.categories.is_empty() {
            String::new()
        } else {
            format!(
                " Categories that are known: {}.",
                self.categories.join(", ")
            )
        };
        let text = format!(
            "Name {ASKED_FOR} harmless topics of a few words each that everybody could have an opinion about \
             this week, each with a category of one word and how most people feel about it, from -1 to 1.{known}"
        );
        let schema = json!({
            "type": "object",
            "properties": { "topics": {
                "type": "array", "minItems": 1, "maxItems": 100,
                "items": {
                    "type": "object",
                    "properties": {
                        "text": { "type": "string", "minLength": 1 },
                        "category": { "type": "string", "minLength": 1 },
                        "sentiment": { "type": "number", "minimum": -1, "maximum": 1 },
                    },
                    "required": ["text", "category", "sentiment"],
                    "additionalProperties": false,
                },
            }},
            "required": ["topics"],
            "additionalProperties": false,
        });
        let setting = format!("You find what is talked about in a world. {}", self.about);
        Question::new("topics", &setting, &text, schema)
    }
}

#[async_trait]
impl TopicSource for NamedSource {
    async fn fetch(&self) -> Result<Vec<Topic>, String> {
        self.topics().await.map_err(|error| format!("{error:#}"))
    }
}

impl NamedSource {
    async fn topics(&self) -> anyhow::Result<Vec<Topic>> {
        let text = if self.source.starts_with("http://") || self.source.starts_with("https://") {
            download(&self.source).await?
        } else {
            let bytes = tokio::fs::read(&self.source)
                .await
                .with_context(|| format!("'{}' can't be read", self.source))?;
            if bytes.len() > BYTES_MAX {
                bail!("'{}' is larger than 4 MiB", self.source);
            }
            String::from_utf8(bytes).with_context(|| format!("'{}' is not UTF-8", self.source))?
        };
        let topics = topics_of(&text, self.category.as_deref())?;
        if topics.is_empty() {
            bail!("'{}' has no topics", self.source);
        }
        Ok(topics)
    }
}

async fn download(url: &str) -> anyhow::Result<String> {
    let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
    // The address may hold a secret: no error of ours shows it.
    let mut response = client
        .get(url)
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(reqwest::Error::without_url)
        .context("the feed can't be had")?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(reqwest::Error::without_url)
        .context("the feed broke off")?
    {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > BYTES_MAX {
            bail!("the feed is larger than 4 MiB");
        }
    }
    String::from_utf8(bytes).context("the feed is not UTF-8")
}

/// Reads a feed (RSS or Atom), or TOML with `[[topics]]` as in a world file.
///
/// # Errors
/// It is neither.
fn topics_of(text: &str, category: Option<&str>) -> anyhow::Result<Vec<Topic>> {
    if text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<')
    {
        return feed(text, category);
    }
    #[derive(serde::Deserialize)]
    struct File {
        topics: Vec<Topic>,
    }
    let file: File = toml::from_str(text).context("neither a feed nor TOML with [[topics]]")?;
    let topics = file.topics.into_iter().filter_map(|mut topic| {
        topic.text = tidy(&topic.text)?;
        topic.sentiment = topic.sentiment.clamp(-1.0, 1.0);
        Some(topic)
    });
    Ok(topics.take(TOPICS_MAX).collect())
}

/// The titles of a feed's entries; an entry's first category goes before the one that is given.
fn feed(text: &str, category: Option<&str>) -> anyhow::Result<Vec<Topic>> {
    let mut reader = Reader::from_str(text);
    let (mut topics, mut entry) = (Vec::new(), None::<Entry>);
    let (mut field, mut is_feed) = (None::<Field>, false);
    loop {
        match reader.read_event().context("the feed is no XML")? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "rss" | "feed" | "RDF" => is_feed = true,
                "item" | "entry" => entry = Some(Entry::default()),
                "title" => field = Some(Field::Title),
                "category" => field = Some(Field::Category),
                _ => field = None,
            },
            Event::Text(words) => {
                let plain = unescape(&words).unwrap_or_default();
                add(entry.as_mut(), field, &plain);
            }
            Event::CData(words) => {
                add(entry.as_mut(), field, &words);
            }
            Event::GeneralRef(name) => {
                let name = format!("&{};", &*name);
                add(entry.as_mut(), field, &unescape(&name).unwrap_or_default());
            }
            Event::End(tag) => match tag.local_name().as_ref() {
                "item" | "entry" => {
                    topics.extend(entry.take().and_then(|entry| entry.topic(category)));
                    if topics.len() >= TOPICS_MAX {
                        return Ok(topics);
                    }
                }
                _ => field = None,
            },
            Event::Eof => break,
            _ => {}
        }
    }
    if !is_feed {
        bail!("this is neither RSS nor Atom");
    }
    Ok(topics)
}

#[derive(Clone, Copy)]
enum Field {
    Title,
    Category,
}

#[derive(Default)]
struct Entry {
    title: String,
    category: String,
}

impl Entry {
    fn topic(self, given: Option<&str>) -> Option<Topic> {
        let own = tidy(&self.category).map(|category| category.to_lowercase());
        Some(Topic {
            text: tidy(&self.title)?,
            category: own.or_else(|| given.map(str::to_owned)),
            sentiment: 0.0,
            season: None,
            until: None,
        })
    }
}

fn add(entry: Option<&mut Entry>, field: Option<Field>, words: &str) {
    match (entry, field) {
        (Some(entry), Some(Field::Title)) => entry.title.push_str(words),
        (Some(entry), Some(Field::Category)) if entry.category.is_empty() => {
            entry.category.push_str(words);
        }
        _ => {}
    }
}

/// One line of bounded length without control characters; `None` where nothing is left.
fn tidy(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line: String = words.join(" ").chars().take(TOPIC_CHARS_MAX).collect();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(topics: &[Topic]) -> Vec<(&str, Option<&str>)> {
        topics
            .iter()
            .map(|topic| (topic.text.as_str(), topic.category.as_deref()))
            .collect()
    }

    #[test]
    fn titles_of_rss_and_atom_are_topics_cl2() {
        let rss = "<?xml version='1.0'?><rss><channel><title>News</title>\
            <item><title>Tea &amp; cake</title><category>Food</category></item>\
            <item><title><![CDATA[ A  <b>new</b>\n moon ]]></title></item>\
            <item><title> </title></item></channel></rss>";
        let found = topics_of(rss, Some("news")).unwrap();
        assert_eq!(
            texts(&found),
            [
                ("Tea & cake", Some("food")),
                ("A <b>new</b> moon", Some("news"))
            ]
        );
        let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>All</title>\
            <entry><title type='text'>Snails</title><category term='x'/></entry></feed>";
        assert_eq!(texts(&topics_of(atom, None).unwrap()), [("Snails", None)]);
    }

    #[test]
    fn a_file_has_topics_as_a_world_has() {
        let file = "[[topics]]\ntext = \"mud\"\ncategory = \"nature\"\nsentiment = 0.5";
        let found = topics_of(file, None).unwrap();
        assert_eq!(texts(&found), [("mud", Some("nature"))]);
    }

    #[test]
    fn what_is_no_source_is_refused() {
        for bad in [
            "<html><item><title>x</title></item></html>",
            "<rss><item",
            "words",
            "",
        ] {
            assert!(topics_of(bad, None).is_err(), "{bad}");
        }
    }
}
