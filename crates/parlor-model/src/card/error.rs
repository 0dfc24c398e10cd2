//! Why a file is not a card.

/// Why a file can't be read as a card, or a card not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Neither JSON nor PNG nor a zip archive.
    #[error(
        "this is no character card: it is neither JSON, nor a PNG picture, nor a CHARX archive"
    )]
    Unknown,
    /// Over a limit of [`super::limits`].
    #[error("{what} is too large: at most {} are read", size(*max))]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes.
        max: usize,
    },
    /// A picture that can't be read.
    #[error("the PNG picture is damaged: {0}")]
    Png(String),
    /// A picture without a card in it.
    #[error("the PNG picture holds no character card: it has no text 'chara' or 'ccv3'")]
    PngWithoutCard,
    /// What a picture holds under a card's name is none.
    #[error("the card in the PNG picture can't be read: {0}")]
    PngCard(String),
    /// An archive that can't be read.
    #[error("the CHARX archive can't be read: {0}")]
    Charx(String),
    /// JSON that is wrong, or not a card's.
    #[error("the card's JSON can't be read: {0}")]
    Json(String),
    /// There is no name.
    #[error("the card has no name: it needs a text 'name' that is not empty")]
    NoName,
}

/// `bytes` for people.
fn size(bytes: usize) -> String {
    if bytes >= 1 << 20 {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{} KiB", bytes >> 10)
    }
}
