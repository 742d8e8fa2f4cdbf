//! Names that the language knows, and the nearest one to a name that it does not know.

use super::ast::{Field, Quantity};

/// What may stand in front of a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Text(Field),
    Institution,
    Source,
    Tier,
    Category,
    Date,
}

impl Prefix {
    pub(super) const ALL: [Prefix; 7] = [
        Prefix::Text(Field::Title),
        Prefix::Text(Field::Body),
        Prefix::Institution,
        Prefix::Source,
        Prefix::Tier,
        Prefix::Category,
        Prefix::Date,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Prefix::Text(field) => field_name(field),
            Prefix::Institution => "机构",
            Prefix::Source => "来源",
            Prefix::Tier => "级别",
            Prefix::Category => "类别",
            Prefix::Date => "日期",
        }
    }

    pub(super) fn named(name: &str) -> Option<Prefix> {
        Prefix::ALL.into_iter().find(|prefix| prefix.name() == name)
    }
}

pub(super) fn field_name(field: Field) -> &'static str {
    match field {
        Field::Title => "标题",
        Field::Body => "正文",
    }
}

pub(super) const QUANTITIES: [(Quantity, &str); 6] = [
    (Quantity::Lessons, "课时"),
    (Quantity::Amount, "金额"),
    (Quantity::Months, "月数"),
    (Quantity::TimeOfDay, "时刻"),
    (Quantity::Age, "年龄"),
    (Quantity::Grade, "年级"),
];

pub(super) fn quantity_name(quantity: Quantity) -> &'static str {
    QUANTITIES.iter().find(|(known, _)| *known == quantity).map_or("", |(_, name)| name)
}

/// “，是否指『来源』？”, or the whole list when nothing is near.
pub(super) fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let nearest = nearest(word, &known);
    match nearest {
        Some(name) => format!("，是否指『{name}』？"),
        None => format!("，可用的有：{}", known.join("、")),
    }
}

/// The known name that a word is nearly like.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (distance(word, name), *name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance * 2 <= name.chars().count().max(word.chars().count()))
        .map(|(_, name)| name)
}

/// Edits between two words (Levenshtein), on at most 20 characters of the first.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(20).collect();
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (b, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let substituted = diagonal + usize::from(a != b);
            diagonal = *cell;
            before = substituted.min(before + 1).min(diagonal + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(left.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (a, b, expected) in [
            ("", "", 0),
            ("来原", "来源", 1),
            ("标", "标题", 1),
            ("kitten", "sitting", 3),
            ("甲乙", "丙丁", 2),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn far_words_get_the_list() {
        assert_eq!(suggestion("来原", ["机构", "来源"]), "，是否指『来源』？");
        assert_eq!(suggestion("天气", ["机构", "来源"]), "，可用的有：机构、来源");
    }
}
