//! Where a case goes: department = f(rule, institution type, place), as data.

use guanlan_model::{Category, Finding, Institution, InstitutionType};
use std::collections::HashMap;

/// One department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Name on screen and in rules.
    pub name: String,
    /// Official full name; the short one when none is given.
    pub full: String,
    /// Other names that are understood.
    pub aliases: Vec<String>,
    /// Contact for referrals.
    pub email: Option<String>,
    /// Not one of the county's departments for this task: may take part, never leads.
    pub outside: bool,
}

/// A route: conditions, empty meaning any, and what follows from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Route {
    pub rules: Vec<String>,
    pub categories: Vec<Category>,
    pub institution_types: Vec<InstitutionType>,
    pub towns: Vec<String>,
    pub when_lead: Option<String>,
    pub lead: Option<String>,
    pub add_co: Vec<String>,
}

/// `departments.toml`, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departments {
    pub(crate) departments: Vec<Department>,
    /// Every name and alias, to the index of its department.
    pub(crate) index: HashMap<String, usize>,
    pub(crate) routes: Vec<Route>,
}

impl Departments {
    /// Names of the departments that may lead, in their official order.
    pub fn names(&self) -> Vec<&str> {
        self.departments.iter().filter(|d| !d.outside).map(|d| d.name.as_str()).collect()
    }

    /// The department with this name, alias or full name.
    pub fn get(&self, name: &str) -> Option<&Department> {
        self.index.get(name.trim()).and_then(|at| self.departments.get(*at))
    }

    /// Where a finding about this institution goes. The rule's own departments are the start; every route that fits
    /// is applied from top to bottom, the first one with a lead decides the lead, and the rule's lead then takes
    /// part. Aliases become names; co-departments come in official order, unknown ones last.
    pub fn route(&self, finding: &Finding, institution: &Institution) -> guanlan_model::Departments {
        let rule_lead = self.canonical(&finding.departments.lead);
        let mut lead = rule_lead.clone();
        let mut co: Vec<String> = finding.departments.co.iter().map(|name| self.canonical(name)).collect();
        let mut decided = false;
        for route in self.routes.iter().filter(|r| r.fits(finding, institution, &rule_lead)) {
            if let Some(new) = route.lead.as_ref().filter(|_| !decided) {
                decided = true;
                if *new != lead {
                    co.push(std::mem::replace(&mut lead, new.clone()));
                }
            }
            co.extend(route.add_co.iter().cloned());
        }
        let rank = |name: &str| self.index.get(name).copied().unwrap_or(usize::MAX);
        co.retain(|name| *name != lead && !name.is_empty());
        co.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
        co.dedup();
        guanlan_model::Departments { lead, co }
    }

    fn canonical(&self, name: &str) -> String {
        self.get(name).map_or_else(|| name.trim().to_owned(), |d| d.name.clone())
    }
}

impl Route {
    fn fits(&self, finding: &Finding, institution: &Institution, rule_lead: &str) -> bool {
        fn any<T: PartialEq>(list: &[T], value: &T) -> bool {
            list.is_empty() || list.contains(value)
        }
        any(&self.rules, &finding.rule)
            && any(&self.categories, &finding.category)
            && any(&self.institution_types, &institution.category)
            && any(&self.towns, &institution.town)
            && self.when_lead.as_deref().is_none_or(|lead| lead == rule_lead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{finding, institution};

    /// Rule lead and co, type, town; expected lead and co.
    #[test]
    fn cases_go_where_the_file_says() {
        let departments = Departments::builtin();
        use InstitutionType::{Arts, Nursery, Subject, Technology, Vocational};
        type Case<'a> = (&'a str, &'a [&'a str], InstitutionType, &'a str, &'a [&'a str]);
        let cases: &[Case] = &[
            ("教体局", &["市场监管局"], Subject, "教体局", &["市场监管局"]),
            ("教育局", &["市监局", "公安"], Subject, "教体局", &["公安局", "市场监管局"]),
            ("教体局", &["市场监管局"], Vocational, "人社局", &["教体局", "市场监管局"]),
            ("教体局", &["人社局", "公安局"], Vocational, "人社局", &["教体局", "公安局"]),
            ("教体局", &[], Nursery, "卫健局", &["教体局"]),
            ("消防救援大队", &["教体局"], Nursery, "消防救援大队", &["教体局"]),
            ("教体局", &["公安局"], Arts, "教体局", &["公安局", "文旅局"]),
            ("市场监管局", &["教体局"], Technology, "市场监管局", &["教体局"]),
            ("城管局", &["检察院", "公安局"], Subject, "城管局", &["公安局", "检察院"]),
        ];
        for (lead, co, category, to_lead, to_co) in cases {
            let routed = departments.route(&finding(lead, co), &institution(*category, "城关镇"));
            assert_eq!(
                (routed.lead.as_str(), routed.co),
                (*to_lead, to_co.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>()),
                "{lead} {category}"
            );
        }
    }

    #[test]
    fn towns_rules_and_categories_are_conditions_and_the_first_lead_wins() {
        let text = r#"
            [[department]]
            name = "教体局"
            [[department]]
            name = "公安局"
            [[department]]
            name = "卫健局"
            [[route]]
            towns = ["东湖街道"]
            lead = "公安局"
            [[route]]
            rules = ["some-rule"]
            categories = ["fees"]
            lead = "卫健局"
        "#;
        let departments = Departments::parse(text, std::path::Path::new("departments.toml")).expect("valid");
        let route = |town: &str| {
            departments.route(&finding("教体局", &[]), &institution(InstitutionType::Arts, town))
        };
        assert_eq!(route("东湖街道").lead, "公安局");
        assert_eq!(route("东湖街道").co, ["教体局"]);
        assert_eq!(route("城关镇").lead, "卫健局");
        let mut other = finding("教体局", &[]);
        other.rule = "another-rule".into();
        assert_eq!(departments.route(&other, &institution(InstitutionType::Arts, "城关镇")).lead, "教体局");
    }

    #[test]
    fn routing_twice_is_routing_once() {
        let departments = Departments::builtin();
        for category in InstitutionType::ALL {
            for lead in departments.names() {
                let place = institution(*category, "城关镇");
                let mut found = finding(lead, &["公安局"]);
                let once = departments.route(&found, &place);
                found.departments = once.clone();
                assert_eq!(departments.route(&found, &place).lead, once.lead, "{category} {lead}");
            }
        }
    }
}
