//! Search in what was said.

use super::{cursor, limit};
use crate::extract::{Fields, Query};
use crate::problem::{PROBLEM_JSON, Problem};
use crate::shape::{Conversation, List, Message};
use crate::stage::Stage;
use axum::Json;
use axum::extract::State;
use parlor_model::Slug;
use parlor_model::words;
use parlor_model::world::Access;
use parlor_ports::recall::{self, Question};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest question, in bytes.
const QUESTION_BYTES_MAX: usize = 500;
/// Most different words of a question.
const QUESTION_WORDS_MAX: usize = 16;
/// About so many characters of a message are shown around what was found.
const SNIPPET_CHARS: usize = 160;

pub(crate) fn router() -> OpenApiRouter<Stage> {
    OpenApiRouter::new().routes(routes!(search))
}

/// In which order lines are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sort {
    /// Newest first.
    #[default]
    Newest,
    /// Best first, among the newest few hundred.
    Best,
}

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Words that all stand in the line, whole, in any order; case and accents don't count, and
    /// there are no operators. At most 500 bytes and 16 different words.
    #[param(example = "sandwich")]
    q: String,
    /// Only in this world (slug); else in all that the caller may enter.
    world: Option<String>,
    /// In which order.
    #[param(inline, default = "newest")]
    sort: Option<Sort>,
    /// The `nextCursor` of the part before, asked for with the same `q`, `world` and `sort`.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// How many at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl Fields for SearchQuery {
    const NAMES: &'static [&'static str] = &["q", "world", "sort", "cursor", "after", "limit"];
}

/// A line that was found.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Hit {
    /// The line.
    message: Message,
    /// Where it was said.
    conversation: Conversation,
    /// A piece of its text around what was found.
    snippet: Snippet,
}

/// A piece of a text, on one line; `…` where something is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"text": "Who ate my sandwich?", "marks": [{"start": 11, "end": 19}]}))]
pub(crate) struct Snippet {
    /// The piece, as plain text.
    text: String,
    /// What was found in it, in order.
    marks: Vec<Mark>,
}

/// A part of a text, in UTF-16 code units (what JavaScript's `slice` counts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Mark {
    /// Where it begins.
    start: usize,
    /// Before what it ends.
    end: usize,
}

/// Search in what was said
///
/// By whole words. A line can be found about a second after it was said, later while very much is
/// said. A part may hold fewer lines than `limit`, or none, and still have a `nextCursor`: a search
/// for words that are in very many lines looks at a bounded number of them at a time.
#[utoipa::path(get, path = "/api/search", tag = "messages",
    params(SearchQuery),
    responses(
        (status = 200, body = List<Hit>, description = "A part of what was found."),
        (status = 400, body = Problem, content_type = PROBLEM_JSON,
            description = "`invalid_query` (also a question without a word, or one that is too long: with the limit), `unknown_field`, `invalid_cursor`"),
        (status = 401, body = Problem, content_type = PROBLEM_JSON, description = "`sign_in_required`"),
        (status = 404, body = Problem, content_type = PROBLEM_JSON, description = "`unknown_world`"),
    ))]
async fn search(
    State(stage): State<Stage>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<List<Hit>>, Problem> {
    let words = words_of(&query.q)?;
    let worlds = worlds(&stage, query.world.as_deref())?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let limit = limit(query.limit)?;
    let question = Question {
        worlds,
        words,
        sort: match query.sort.unwrap_or_default() {
            Sort::Newest => recall::Sort::Newest,
            Sort::Best => recall::Sort::Best,
        },
    };
    let page = stage.options.store.search(&question, after, limit).await?;
    let hit = |found| hit(found, &question.words);
    Ok(Json(List {
        items: page.items.into_iter().map(hit).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

fn words_of(question: &str) -> Result<Vec<String>, Problem> {
    let malformed = |detail: String| Problem::malformed("invalid_query", detail).with("field", "q");
    if question.len() > QUESTION_BYTES_MAX {
        return Err(malformed(format!(
            "q has {} bytes: at most {QUESTION_BYTES_MAX} are allowed",
            question.len()
        ))
        .with("limit", QUESTION_BYTES_MAX));
    }
    let words = words::query(question);
    if words.is_empty() {
        return Err(malformed(
            "q holds no word: name one to look for".to_owned(),
        ));
    }
    if words.len() > QUESTION_WORDS_MAX {
        return Err(malformed(format!(
            "q has {} different words: at most {QUESTION_WORDS_MAX} are allowed",
            words.len()
        ))
        .with("limit", QUESTION_WORDS_MAX));
    }
    Ok(words)
}

fn worlds(stage: &Stage, wanted: Option<&str>) -> Result<Vec<Slug>, Problem> {
    if let Some(name) = wanted {
        return Ok(vec![stage.entered(name)?.name.clone()]);
    }
    let worlds = stage.options.worlds.all();
    Ok(worlds
        .iter()
        .filter(|world| world.access == Access::Open)
        .map(|world| world.name.clone())
        .collect())
}

fn hit(found: recall::Found, words: &[String]) -> Hit {
    let snippet = words::snippet(&found.message.text, words, SNIPPET_CHARS);
    let mark = |(start, end)| Mark { start, end };
    Hit {
        snippet: Snippet {
            text: snippet.text,
            marks: snippet.marks.into_iter().map(mark).collect(),
        },
        message: found.message.into(),
        conversation: found.conversation.into(),
    }
}
