//! Says how a world uses a dialect's file.

use std::path::Path;

/// The lines of a world file that use a dialect's file.
pub(super) fn usage(kind: &str, path: &Path, who: Option<&str>) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    let name: String = stem
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let name = if name.is_empty() { "mine" } else { &name };
    let file = path
        .file_name()
        .map_or_else(String::new, |file| file.to_string_lossy().into_owned());
    let mut lines = format!(
        "use it in a world file beside it:\n  [dialects.{name}]\n  kind = \"{kind}\"\n  file = {}",
        quoted(&file)
    );
    if let Some(who) = who {
        lines.push_str(&format!("\n  who = {}", quoted(who)));
    }
    lines
}

/// `1,234,567`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{} bytes", grouped(bytes)),
        10_240..10_485_760 => format!("{} KiB", grouped(bytes >> 10)),
        _ => format!("{} MiB", grouped(bytes >> 20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(size(20_480), "20 KiB");
    }
}
