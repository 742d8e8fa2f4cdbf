//! What an import would change.

use guanlan_model::Institution;
use std::collections::HashMap;

/// One field that differs. Values are shown as the register shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// Name of the column, in Chinese.
    pub field: &'static str,
    /// What it was.
    pub old: String,
    /// What it becomes.
    pub new: String,
}

/// An institution that is in both versions and differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Register id.
    pub id: String,
    /// Full name in the new version.
    pub name: String,
    /// At least one.
    pub fields: Vec<FieldChange>,
}

/// The difference between two versions of the register. Institutions are matched by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisterDiff {
    /// New ones, in the order of the new version.
    pub added: Vec<Institution>,
    /// Changed ones, in the order of the new version.
    pub changed: Vec<Changed>,
    /// Missing ones, in the order of the old version.
    pub removed: Vec<Institution>,
}

impl RegisterDiff {
    /// True when both versions say the same.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// Compares two versions of the register.
pub fn diff(old: &[Institution], new: &[Institution]) -> RegisterDiff {
    let before: HashMap<&str, &Institution> = old.iter().map(|i| (i.id.as_str(), i)).collect();
    let after: HashMap<&str, &Institution> = new.iter().map(|i| (i.id.as_str(), i)).collect();
    let mut diff = RegisterDiff::default();
    for institution in new {
        match before.get(institution.id.as_str()) {
            None => diff.added.push(institution.clone()),
            Some(was) => {
                let fields = changes(was, institution);
                if !fields.is_empty() {
                    diff.changed.push(Changed {
                        id: institution.id.clone(),
                        name: institution.name.clone(),
                        fields,
                    });
                }
            }
        }
    }
    diff.removed = old.iter().filter(|i| !after.contains_key(i.id.as_str())).cloned().collect();
    diff
}

fn changes(old: &Institution, new: &Institution) -> Vec<FieldChange> {
    shown(old)
        .into_iter()
        .zip(shown(new))
        .filter(|((_, old), (_, new))| old != new)
        .map(|((field, old), (_, new))| FieldChange { field, old, new })
        .collect()
}

fn shown(row: &Institution) -> [(&'static str, String); 14] {
    let day = |d: Option<chrono::NaiveDate>| d.map(|d| d.to_string()).unwrap_or_default();
    [
        ("机构名称", row.name.clone()),
        ("简称/别名", row.aliases.join("、")),
        ("类别", row.category.zh().to_owned()),
        ("审批机关", row.approver.clone()),
        ("主管部门", row.supervisor.clone()),
        ("乡镇街道", row.town.clone()),
        ("办学地址", row.address.clone()),
        ("办学内容", row.scope.join("、")),
        ("办学许可证号", row.licence_no.clone()),
        ("统一社会信用代码", row.credit_code.clone()),
        ("有效期起", day(row.licence_from)),
        ("有效期止", day(row.licence_to)),
        ("网址", row.sites.join("、")),
        ("状态", row.status.zh().to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::institution;
    use proptest::prelude::*;

    #[test]
    fn added_changed_and_removed() {
        let old = [institution("Y1", "甲"), institution("Y2", "乙"), institution("Y3", "丙")];
        let mut moved = institution("Y2", "乙");
        moved.address = "云溪县城关镇人民路18号".into();
        moved.aliases = vec!["乙乙".into()];
        let new = [institution("Y4", "丁"), moved, institution("Y1", "甲")];
        let diff = diff(&old, &new);
        assert_eq!(diff.added.iter().map(|i| i.id.as_str()).collect::<Vec<_>>(), ["Y4"]);
        assert_eq!(diff.removed.iter().map(|i| i.id.as_str()).collect::<Vec<_>>(), ["Y3"]);
        assert_eq!(diff.changed.len(), 1);
        let fields: Vec<&str> = diff.changed[0].fields.iter().map(|f| f.field).collect();
        assert_eq!(fields, ["简称/别名", "办学地址"]);
        assert_eq!(diff.changed[0].fields[1].new, "云溪县城关镇人民路18号");
    }

    proptest! {
        #[test]
        fn a_version_does_not_differ_from_itself(ids in proptest::collection::hash_set("[A-Z][0-9]{3}", 0..20)) {
            let rows: Vec<Institution> = ids.iter().map(|id| institution(id, &format!("{id}培训学校"))).collect();
            prop_assert!(diff(&rows, &rows).is_empty());
            prop_assert_eq!(diff(&[], &rows).added.len(), rows.len());
            prop_assert_eq!(diff(&rows, &[]).removed.len(), rows.len());
        }
    }
}
