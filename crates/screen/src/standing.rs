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

    /// True when the approved scope covers a word: it names it, is part of it, or both belong to one subject.
    pub(crate) fn covers(&self, institution: &Institution, word: &str) -> bool {
        let own: Vec<String> = institution
            .scope
            .iter()
            .chain(std::iter::once(&institution.name))
            .map(|s| normalise(s).as_str().to_owned())
            .collect();
        own.iter().any(|s| s.contains(word) || shares_pair(s, word))
            || self.families.iter().any(|family| {
                let holds = |text: &str| family.iter().any(|w| text.contains(w.as_str()));
                holds(word) && own.iter().any(|s| holds(s))
            })
            || (institution.category == InstitutionType::Custodial && word.contains("托管"))
    }
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
}
