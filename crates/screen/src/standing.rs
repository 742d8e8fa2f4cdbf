//! What the register says about an institution on a day: is its licence valid, does its approval cover a subject.

use chrono::NaiveDate;
use guanlan_model::{Institution, InstitutionStatus, InstitutionType};
use guanlan_text::normalise;
use std::collections::BTreeMap;

/// Prefix of the pack's lists that say which words belong to one subject: `"科目·舞蹈" = ["中国舞", "街舞", …]`.
const SUBJECT_LISTS: &str = "科目·";

/// Why a licence does not allow operating on a day, in Chinese; nothing when it does.
pub(crate) fn licence_problem(institution: &Institution, day: NaiveDate) -> Option<String> {
    match institution.status {
        InstitutionStatus::Cancelled => return Some("名录登记为已注销".to_owned()),
        InstitutionStatus::Suspended => return Some("名录登记为停业".to_owned()),
        InstitutionStatus::Normal => {}
    }
    if let Some(last) = institution.licence_to.filter(|last| *last < day) {
        return Some(format!("许可证已于{last}到期"));
    }
    institution.licence_from.filter(|first| day < *first).map(|first| format!("许可证自{first}起方有效"))
}

/// Words of one subject, in normal form.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    families: Vec<Vec<String>>,
}

impl Subjects {
    pub(crate) fn of(lists: &BTreeMap<String, Vec<String>>) -> Subjects {
        let families = lists
            .iter()
            .filter(|(name, _)| name.starts_with(SUBJECT_LISTS))
            .map(|(_, words)| {
                words.iter().map(|w| normalise(w).as_str().to_owned()).filter(|w| !w.is_empty()).collect()
            })
            .collect();
        Subjects { families }
    }

    /// True when the approved scope covers a word: it names it, is part of it, or both belong to one subject; and where
    /// the scope says for which years of school it is approved, the word does not speak of others.
    pub(crate) fn covers(&self, institution: &Institution, word: &str) -> bool {
        let (years, subject) = years_of_school(word);
        let scope: Vec<String> = institution.scope.iter().map(|s| normalise(s).as_str().to_owned()).collect();
        let approved = |s: &String| years_of_school(s).0.is_none_or(|own| years.is_none_or(|y| y == own));
        let limited = scope.iter().any(|s| years_of_school(s).0.is_some());
        if limited && years.is_some() && !scope.iter().any(|s| years_of_school(s).0 == years) {
            return false;
        }
        let name = normalise(&institution.name).as_str().to_owned();
        let own: Vec<&str> = scope
            .iter()
            .filter(|s| approved(s))
            .chain(std::iter::once(&name))
            .map(|s| years_of_school(s).1)
            .collect();
        if subject.is_empty() {
            return true;
        }
        own.iter().any(|s| s.contains(subject) || shares_pair(s, subject) || is_every_subject(s))
            || self.families.iter().any(|family| {
                let holds = |text: &str| family.iter().any(|w| text.contains(w.as_str()));
                holds(subject) && own.iter().any(|s| holds(s))
            })
            || (institution.category == InstitutionType::Custodial && word.contains("托管"))
    }
}

/// Years of school that a word speaks of, and the rest of the word: 初中数学 is 数学 of the middle school.
fn years_of_school(word: &str) -> (Option<&'static str>, &str) {
    const YEARS: &[(&str, &[&str])] = &[
        ("小学", &["小学"]),
        ("初中", &["初中", "初一", "初二", "初三"]),
        ("高中", &["高中", "高一", "高二", "高三"]),
    ];
    // 三年级, 一至五年级: the last year tells.
    if let Some((front, rest)) = word.split_once("年级") {
        return match front.chars().next_back() {
            Some('一' | '二' | '三' | '四' | '五' | '六' | '1'..='6') => (Some("小学"), rest),
            Some('七' | '八' | '九' | '7'..='9') => (Some("初中"), rest),
            _ => (None, word),
        };
    }
    YEARS
        .iter()
        .flat_map(|(years, words)| words.iter().map(move |w| (*years, *w)))
        .find_map(|(years, w)| word.strip_prefix(w).map(|rest| (Some(years), rest)))
        .unwrap_or((None, word))
}

/// A scope that approves whatever is taught in these years.
fn is_every_subject(scope: &str) -> bool {
    ["全科", "学科", "文化课", "各科"].iter().any(|w| scope.contains(w))
}

/// Two characters in a row of `word` stand in `scope` (素描班 and 素描、色彩).
fn shares_pair(scope: &str, word: &str) -> bool {
    let chars: Vec<char> = word.chars().collect();
    chars.windows(2).any(|pair| scope.contains(&pair.iter().collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn institution(scope: &[&str]) -> Institution {
        Institution {
            id: "Y1".into(),
            name: "云溪县青松培训有限公司".into(),
            aliases: Vec::new(),
            category: InstitutionType::Arts,
            approver: String::new(),
            supervisor: String::new(),
            town: String::new(),
            address: String::new(),
            scope: scope.iter().map(|s| (*s).to_owned()).collect(),
            licence_no: String::new(),
            credit_code: String::new(),
            licence_from: NaiveDate::from_ymd_opt(2024, 3, 1),
            licence_to: NaiveDate::from_ymd_opt(2026, 2, 28),
            sites: Vec::new(),
            status: InstitutionStatus::Normal,
        }
    }

    #[test]
    fn a_licence_is_judged_on_its_day() {
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
        let mut row = institution(&[]);
        assert_eq!(licence_problem(&row, day(2, 28)), None);
        assert!(licence_problem(&row, day(3, 1)).unwrap().contains("2026-02-28"));
        row.status = InstitutionStatus::Cancelled;
        assert!(licence_problem(&row, day(1, 1)).unwrap().contains("注销"));
    }

    #[test]
    fn scope_covers_its_own_words_and_their_family() {
        let lists = BTreeMap::from([("科目·舞蹈".to_owned(), vec!["舞".to_owned(), "芭蕾".to_owned()])]);
        let subjects = Subjects::of(&lists);
        let row = institution(&["中国舞", "创意美术"]);
        for (word, covered) in
            [("街舞", true), ("芭蕾", true), ("美术", true), ("编程", false), ("钢琴", false)]
        {
            assert_eq!(subjects.covers(&row, word), covered, "{word}");
        }
    }

    #[test]
    fn years_of_school_are_part_of_the_approval() {
        let row = institution(&["小学语文", "小学英语", "初中物理"]);
        let subjects = Subjects::default();
        for (word, covered) in [
            ("小学语文", true),
            ("小学数学", false),
            ("初中物理", true),
            ("初中英语", false),
            ("高中英语", false),
            ("初一", true),
            ("一至五年级", true),
            ("七年级英语", false),
            ("高一", false),
            ("英语", true),
            ("化学", false),
        ] {
            assert_eq!(subjects.covers(&row, word), covered, "{word}");
        }
        assert!(subjects.covers(&institution(&["初中文化课"]), "初中化学"));
        assert!(subjects.covers(&institution(&["素描"]), "三年级"), "no years in the approval");
    }
}
