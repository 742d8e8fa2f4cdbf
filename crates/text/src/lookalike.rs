//! Characters that look like others, as data (`index/lookalikes.toml`).

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

const SOURCE: &str = include_str!("../../../index/lookalikes.toml");

/// The character that a look-alike stands for.
pub(crate) fn lookalike(c: char) -> Option<char> {
    static TABLE: OnceLock<HashMap<char, char>> = OnceLock::new();
    TABLE.get_or_init(|| read().unwrap_or_default()).get(&c).copied()
}

fn read() -> Result<HashMap<char, char>, toml::de::Error> {
    let meant: BTreeMap<char, String> = toml::from_str(SOURCE)?;
    Ok(meant
        .into_iter()
        .flat_map(|(c, looks)| looks.chars().map(move |look| (look, c)).collect::<Vec<_>>())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_readable_and_leads_to_plain_characters() {
        let table = read().unwrap();
        assert!(table.len() > 100);
        for (look, meant) in &table {
            assert!(!table.contains_key(meant), "{look} stands for {meant}, which stands for something else");
            assert!(!look.is_ascii(), "{look} is what people write every day");
        }
        assert_eq!(lookalike('с'), Some('c'));
        assert_eq!(lookalike('学'), None);
    }
}
