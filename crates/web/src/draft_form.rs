//! A drafted rule as form fields, and as the TOML that is stored.

use guanlan_rules::LARGEST_DRAFT;
use serde::Deserialize;
use std::fmt::Write as _;
use toml::{Table, Value};

/// The fields of the form. Lists are one entry a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// Rule id.
    pub id: String,
    /// Name people see.
    pub name: String,
    /// Category code.
    pub category: String,
    /// Severity code.
    pub severity: String,
    /// Reads news.
    pub news: Option<String>,
    /// Reads promotion.
    pub promo: Option<String>,
    /// Counts for content orientation.
    pub orientation: Option<String>,
    /// What it looks for.
    pub matches: String,
    /// What holds it back.
    pub suppress: String,
    /// Department that answers.
    pub lead: String,
    /// Departments that take part.
    pub co: String,
    /// Duties.
    pub policy: String,
    /// Penalties.
    pub penalty: String,
    /// Texts that must fire it.
    pub fires: String,
    /// Texts that must not.
    pub quiet: String,
}

/// What the draft form sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DraftForm {
    /// The fields.
    #[serde(flatten)]
    pub fields: Fields,
    /// The rule as TOML: what the person wrote, or in the form what it began with.
    pub toml: String,
    /// `form` or `toml`.
    pub how: String,
    /// `save`, or anything else to only look.
    pub act: String,
    /// The draft's version, when there is a draft.
    pub version: i64,
}

impl DraftForm {
    /// The rule as TOML, and how the person wrote it.
    pub fn text(&self) -> String {
        let plain = |text: &str| text.replace("\r\n", "\n").replace('\0', "");
        if self.how == "toml" { plain(&self.toml) } else { self.fields.to_toml(&plain(&self.toml)) }
    }
}

/// Keys that the form writes, in the order in which it writes them.
const OWN: [&str; 14] = [
    "id",
    "name",
    "category",
    "severity",
    "orientation",
    "applies_to",
    "match",
    "suppress",
    "lead",
    "co",
    "basis_policy",
    "basis_penalty",
    "example",
    "rule",
];

impl Fields {
    /// The fields of a rule; `None` when it says something that the form has no field for.
    pub fn of(toml: &str) -> Option<Fields> {
        if toml.len() > LARGEST_DRAFT {
            return None;
        }
        let table = rule_table(toml)?;
        let text = |key: &str| table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let strings = |key: &str| -> Vec<&str> {
            let list = table.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(Value::as_str).collect()
        };
        let examples = |fires: bool| {
            let all = table.get("example").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let these = all.iter().filter(|e| e.get("fires").and_then(Value::as_bool) == Some(fires));
            these.filter_map(|e| e.get("text")?.as_str()).collect::<Vec<_>>().join("\n")
        };
        let on = |yes: bool| yes.then(|| "on".to_owned());
        let kinds = strings("applies_to");
        let fields = Fields {
            id: text("id"),
            name: text("name"),
            category: text("category"),
            severity: text("severity"),
            news: on(kinds.contains(&"news")),
            promo: on(kinds.contains(&"promo")),
            orientation: on(table.get("orientation").and_then(Value::as_bool) == Some(true)),
            matches: text("match"),
            suppress: text("suppress"),
            lead: text("lead"),
            co: strings("co").join("\n"),
            policy: strings("basis_policy").join("\n"),
            penalty: strings("basis_penalty").join("\n"),
            fires: examples(true),
            quiet: examples(false),
        };
        // What the form would write must say the same; examples may change places.
        let again = rule_table(&fields.to_toml(toml))?;
        (sorted(again) == sorted(table)).then_some(fields)
    }

    /// The rule as TOML. Keys of `base` that the form does not know are kept.
    pub fn to_toml(&self, base: &str) -> String {
        let mut out = String::from("[[rule]]\n");
        let mut put = |key: &str, value: Value| {
            let _ = writeln!(out, "{key} = {value}");
        };
        let text = |text: &str| Value::String(text.trim().replace("\r\n", "\n"));
        for (key, value) in [
            ("id", &self.id),
            ("name", &self.name),
            ("category", &self.category),
            ("severity", &self.severity),
        ] {
            put(key, text(value));
        }
        if self.orientation.is_some() {
            put("orientation", Value::Boolean(true));
        }
        let kinds = [("news", &self.news), ("promo", &self.promo)];
        let kinds = kinds.iter().filter(|(_, on)| on.is_some()).map(|(kind, _)| text(kind)).collect();
        put("applies_to", Value::Array(kinds));
        put("match", text(&self.matches));
        for (key, value) in [("suppress", &self.suppress), ("lead", &self.lead)] {
            if !value.trim().is_empty() {
                put(key, text(value));
            }
        }
        for (key, value) in
            [("co", &self.co), ("basis_policy", &self.policy), ("basis_penalty", &self.penalty)]
        {
            let entries: Vec<Value> = lines(value).map(text).collect();
            if !entries.is_empty() {
                put(key, Value::Array(entries));
            }
        }
        for (key, value) in rule_table(base).unwrap_or_default() {
            if !OWN.contains(&key.as_str()) {
                put(&key, value);
            }
        }
        for (examples, fires) in [(&self.fires, true), (&self.quiet, false)] {
            for example in lines(examples) {
                let _ = write!(out, "\n[[rule.example]]\ntext = {}\nfires = {fires}\n", text(example));
            }
        }
        out
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The one rule of a text.
fn rule_table(toml: &str) -> Option<Table> {
    let mut file: Table = toml::from_str(toml).ok()?;
    match file.remove("rule")? {
        Value::Array(mut rules) if rules.len() == 1 && file.is_empty() => match rules.pop()? {
            Value::Table(rule) => Some(rule),
            _ => None,
        },
        _ => None,
    }
}

/// The same rule with its examples in a fixed order, and without what says nothing.
fn sorted(mut rule: Table) -> Table {
    rule.retain(|_, value| !matches!(value, Value::Boolean(false)) && value.as_str() != Some(""));
    rule.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    if let Some(Value::Array(examples)) = rule.get_mut("example") {
        examples.sort_by_key(ToString::to_string);
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "[[rule]]\nid = \"blocked\"\nname = \"通道堵塞\"\ncategory = \"fire\"\nseverity = \"high\"\n\
        orientation = true\napplies_to = [\"news\", \"promo\"]\nmatch = '\"安全出口\" (被堵 | 上锁)'\nsuppress = '演练'\n\
        lead = \"教体局\"\nco = [\"消防救援大队\"]\nbasis_policy = [\"甲\", \"乙\"]\n\
        [[rule.example]]\ntext = \"安全出口上锁。\"\nfires = true\n[[rule.example]]\ntext = \"举行演练。\"\nfires = false\n";

    #[test]
    fn a_rule_goes_through_the_form_unchanged() {
        let fields = Fields::of(RULE).unwrap();
        assert_eq!(
            (fields.matches.as_str(), fields.policy.as_str()),
            ("\"安全出口\" (被堵 | 上锁)", "甲\n乙")
        );
        assert!(fields.news.is_some() && fields.promo.is_some() && fields.orientation.is_some());
        let again = fields.to_toml("");
        assert_eq!(Fields::of(&again), Some(fields));
        assert_eq!(rule_table(&again), rule_table(RULE));
    }

    #[test]
    fn what_the_form_has_no_field_for_is_kept_or_left_to_toml() {
        let more = RULE.replace("severity", "at_least = 2\ninstitution_types = [\"sports\"]\nseverity");
        let fields = Fields::of(&more).unwrap();
        assert_eq!(rule_table(&fields.to_toml(&more)), rule_table(&more));
        for beyond in [
            RULE.replace("fires = true", "fires = true\ntitle = \"标题\""),
            RULE.replace("安全出口上锁。", "一行\\n两行"),
            format!("[lists]\n甲 = [\"乙\"]\n{RULE}"),
            RULE.replace("[[rule]]", "[[rule]"),
            String::new(),
        ] {
            assert_eq!(Fields::of(&beyond), None, "{beyond}");
        }
    }

    #[test]
    fn quotes_and_line_breaks_of_a_browser_do_not_break_the_text() {
        let fields = Fields {
            id: "a".into(),
            matches: "'甲' \"乙\"\r\n丙".into(),
            quiet: "他说\"好\"。\r\n\r\n第二句".into(),
            ..Fields::default()
        };
        let rule = rule_table(&fields.to_toml("")).unwrap();
        assert_eq!(rule["match"].as_str(), Some("'甲' \"乙\"\n丙"));
        assert_eq!(rule["example"].as_array().map(Vec::len), Some(2));
    }
}
