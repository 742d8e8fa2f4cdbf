//! A rule as a person would say it.

use crate::pack::{Pack, RegisterCondition, Rule};
use crate::query::{Comparison, Expr, Fact, Field, Quantity};
use guanlan_model::{InstitutionType, Kind};
use std::collections::BTreeMap;

/// Words of a set that are named before it is cut short.
const NAMED: usize = 3;

/// A rule in words, for people who do not read the query language. Every text is one or more lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Which articles it reads.
    pub reads: String,
    /// What it looks for: one line an alternative.
    pub looks_for: Vec<String>,
    /// Whom it can concern.
    pub concerns: String,
    /// What holds it back: one line a way.
    pub unless: Vec<String>,
    /// Who answers for it, and who takes part.
    pub departments: String,
}

impl Reading {
    /// Reads a rule of a pack.
    pub fn of(rule: &Rule, pack: &Pack) -> Reading {
        let say = Say { pack };
        let alternatives = match &rule.matches {
            Expr::Or(parts) => say.gathered(parts),
            one => vec![say.clause(one)],
        };
        Reading {
            reads: kinds(rule),
            looks_for: alternatives,
            concerns: concerns(rule),
            unless: say.unless(rule),
            departments: departments(rule),
        }
    }

    /// The same under headings, in the order in which people ask.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut out = vec![("看哪些文章", self.reads.clone())];
        let numbered = |lines: &[String]| match lines {
            [one] => one.clone(),
            many => {
                many.iter().enumerate().map(|(i, l)| format!("{}. {l}", i + 1)).collect::<Vec<_>>().join("\n")
            }
        };
        let any = if self.looks_for.len() > 1 { "下列任何一种：\n" } else { "" };
        out.push(("找什么", format!("{any}{}", numbered(&self.looks_for))));
        out.push(("对哪些机构", self.concerns.clone()));
        out.push(("什么情况下不算", numbered(&self.unless)));
        out.push(("归谁办", self.departments.clone()));
        out
    }
}

fn kinds(rule: &Rule) -> String {
    let kinds: Vec<&str> = rule.applies_to.iter().map(|k| k.zh()).collect();
    kinds.join("、")
}

fn concerns(rule: &Rule) -> String {
    let types: Vec<&str> = rule.institution_types.iter().map(|t| t.zh()).collect();
    let mut out = if types.is_empty() { "所有类型".to_owned() } else { types.join("、") };
    for condition in &rule.register {
        out += match condition {
            RegisterCondition::LicenceInvalid => "；仅限文章当日许可证已失效，或已注销、停业的",
            RegisterCondition::OutsideScope => "；仅限所写内容不在其核准范围内的",
            RegisterCondition::AddressUnregistered => "；仅限旁边所写地址不是其登记地址的",
        };
    }
    if rule.at_least > 1 {
        out += &format!("；同一机构至少找到 {} 种不同的说法才算", rule.at_least);
    }
    out
}

fn departments(rule: &Rule) -> String {
    let lead = if rule.lead.is_empty() { "由转办路线决定" } else { rule.lead.as_str() };
    let mut out = format!("主办：{lead}");
    let by_type = |name: &str, types: &[InstitutionType]| {
        let types: Vec<&str> = types.iter().map(|t| t.zh()).collect();
        format!("{}的机构由{name}主办", types.join("、"))
    };
    let concerned =
        |t: &InstitutionType| rule.institution_types.is_empty() || rule.institution_types.contains(t);
    let mut leads: BTreeMap<&str, Vec<InstitutionType>> = BTreeMap::new();
    for (kind, lead) in rule.lead_for.iter().filter(|(t, _)| concerned(t)) {
        leads.entry(lead).or_default().push(*kind);
    }
    let others: Vec<String> = leads.iter().map(|(lead, types)| by_type(lead, types)).collect();
    if !others.is_empty() {
        out += &format!("（{}）", others.join("，"));
    }
    if !rule.co.is_empty() {
        out += &format!("；协办：{}", rule.co.join("、"));
    }
    for (kind, co) in rule.co_for.iter().filter(|(t, _)| concerned(t)) {
        out += &format!("；{}的机构另加{}", kind.zh(), co.join("、"));
    }
    out
}

/// Says expressions of a pack.
struct Say<'a> {
    pack: &'a Pack,
}

impl Say<'_> {
    fn unless(&self, rule: &Rule) -> Vec<String> {
        let mut out = match &rule.suppress {
            Some(Expr::Or(parts)) => self.held(parts),
            Some(one) => self.held(std::slice::from_ref(one)),
            None => Vec::new(),
        };
        let global = &self.pack.suppressors;
        if rule.applies_to.contains(&Kind::Promo) && !global.promo.is_empty() {
            out.push(format!("宣传页：同一分句里前面 12 个字以内有{}，表示否定", words(&global.promo)));
        }
        if rule.applies_to.contains(&Kind::News) && !global.news.is_empty() {
            out.push(format!("报道：同一句里有{}，又没有写明执法处理", words(&global.news)));
        }
        out
    }

    /// Suppressors: bare words reach their sentence; `段(…)` and `标题:` say how far they reach.
    fn held(&self, parts: &[Expr]) -> Vec<String> {
        let (wide, near): (Vec<&Expr>, Vec<&Expr>) =
            parts.iter().partition(|e| matches!(e, Expr::Paragraph(_) | Expr::In(..) | Expr::Sentence(_)));
        let near: Vec<Expr> = near.into_iter().cloned().collect();
        let mut out: Vec<String> =
            self.gathered(&near).into_iter().map(|l| format!("同一句里有{l}")).collect();
        out.extend(wide.into_iter().map(|e| self.clause(e)));
        out
    }

    /// Alternatives, the bare words among them put together; one line each.
    fn gathered(&self, parts: &[Expr]) -> Vec<String> {
        let (plain, others): (Vec<&Expr>, Vec<&Expr>) = parts.iter().partition(|e| is_word(e));
        let mut out = Vec::new();
        let mut bare: Vec<String> = Vec::new();
        for part in plain {
            match part {
                Expr::Term(word) | Expr::Phrase(word) => bare.push(word.clone()),
                other => out.push(self.clause(other)),
            }
        }
        if !bare.is_empty() {
            out.insert(0, words(&bare));
        }
        out.extend(others.into_iter().map(|e| self.clause(e)));
        out
    }

    fn clause(&self, expr: &Expr) -> String {
        match expr {
            Expr::Term(word) | Expr::Phrase(word) => format!("“{word}”"),
            Expr::List(name) => self.list(name),
            Expr::Or(parts) => {
                let said = self.gathered(parts);
                if said.len() == 1 { said.concat() } else { format!("（{}）", said.join("，或者")) }
            }
            Expr::And(parts) => self.all(parts),
            Expr::Not(inner) => format!("没有{}", self.clause(inner)),
            Expr::Near { left, right, distance, ordered } => {
                let (left, right) = (self.clause(left), self.clause(right));
                if *ordered {
                    format!("{left}之后 {distance} 个字以内有{right}")
                } else {
                    format!("{left}与{right}相距不超过 {distance} 个字")
                }
            }
            Expr::Sentence(inner) => format!("同一句里有{}", self.clause(inner)),
            Expr::Paragraph(inner) => format!("同一段里有{}", self.clause(inner)),
            Expr::In(Field::Title, inner) => format!("标题里有{}", self.clause(inner)),
            Expr::In(Field::Body, inner) => format!("正文里有{}", self.clause(inner)),
            Expr::Fact(fact) => self::fact(fact),
            Expr::Filter(filter) => format!("{filter}"),
        }
    }

    fn all(&self, parts: &[Expr]) -> String {
        let mut out = String::new();
        for part in parts {
            let (joint, said) = match part {
                Expr::Not(inner) => ("，但没有", self.clause(inner)),
                other => ("，并且有", self.clause(other)),
            };
            // 同一句里有… and 标题里有… bring their own verb.
            let verbless =
                said.starts_with("同一") || said.starts_with("标题里") || said.starts_with("正文里");
            out += match (out.is_empty(), verbless) {
                (true, _) => "",
                (false, true) => "，并且",
                (false, false) => joint,
            };
            out += &said;
        }
        out
    }

    fn list(&self, name: &str) -> String {
        let (list, hidden) = (self.pack.lists.get(name), self.pack.disguised.get(name));
        let mut out = match list.map(Vec::as_slice) {
            None | Some([]) => String::new(),
            Some(list) => words(list),
        };
        if let Some(hidden) = hidden {
            let and = if out.is_empty() { "" } else { "，以及" };
            out += &format!("{and}{}的变形写法（拼音、谐音、拆字等）", words(hidden).replace("之一", ""));
        }
        format!("〔{name}〕{out}")
    }
}

fn is_word(expr: &Expr) -> bool {
    matches!(expr, Expr::Term(_) | Expr::Phrase(_) | Expr::List(_))
}

/// “甲”“乙”“丙”等 20 个词之一.
fn words(all: &[String]) -> String {
    let shown: String = all.iter().take(NAMED).map(|w| format!("“{w}”")).collect();
    match all.len() {
        1 => shown,
        n if n <= NAMED => format!("{shown}之一"),
        n => format!("{shown}等 {n} 个词之一"),
    }
}

fn fact(fact: &Fact) -> String {
    let (name, unit) = match fact.quantity {
        Quantity::Lessons => ("课时数", " 课时"),
        Quantity::Amount => ("一次收费", " 元"),
        Quantity::Months => ("一次收费的时长", " 个月"),
        Quantity::TimeOfDay => ("下课时刻", ""),
        Quantity::Age => ("年龄", " 岁"),
        Quantity::Grade => ("年级（一年级为 1，初一为 7，高一为 10）", ""),
    };
    let late = fact.quantity == Quantity::TimeOfDay;
    let how = match fact.comparison {
        Comparison::Less if late => "早于",
        Comparison::Less => "少于",
        Comparison::LessOrEqual if late => "不晚于",
        Comparison::LessOrEqual => "不超过",
        Comparison::Equal => "正好是",
        Comparison::GreaterOrEqual if late => "不早于",
        Comparison::GreaterOrEqual => "不少于",
        Comparison::Greater if late => "晚于",
        Comparison::Greater => "超过",
    };
    let value = if late {
        format!("{}:{:02}", (fact.value / 60.0).floor(), fact.value % 60.0)
    } else {
        fact.value.to_string()
    };
    format!("{name}{how} {value}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_texts;

    const PACK: &str = r#"
[lists]
"大课包" = ["年卡", "两年卡", "终身卡", "课包"]
"暗号" = []
[disguised]
"暗号" = ["数学"]
[approver."教体局"]
"职业培训" = "人社局"
[suppressors]
promo = ["严禁", "不得", "没有", "从不"]
news = ["演练"]
[[rule]]
id = "prepay"
name = "预收费超限"
category = "fees"
severity = "high"
applies_to = ["promo", "news"]
at_least = 2
match = '(@大课包 NEAR/20 (优惠 | 充值)) -拒绝 | 课时>60 | 句(一次 BEFORE/8 缴清 -分期) | 标题:囤课 | 预存 | 储值 | @暗号'
suppress = '不办年卡 | 不超过60课时 | 段(退费 监管) | 标题:辟谣'
lead = "教体局"
co = ["市场监管局"]
co_for = { "文化艺术类" = ["文旅局"] }
"#;

    #[test]
    fn a_rule_is_said_in_words() {
        let pack = load_texts("试验", &[("a.toml", PACK)]).unwrap();
        let reading = Reading::of(&pack.rules[0], &pack);
        assert_eq!(
            reading.looks_for,
            [
                "“预存”“储值”之一",
                "〔暗号〕“数学”的变形写法（拼音、谐音、拆字等）",
                "〔大课包〕“年卡”“两年卡”“终身卡”等 4 个词之一与“优惠”“充值”之一相距不超过 20 个字，但没有“拒绝”",
                "课时数超过 60 课时",
                "同一句里有“一次”之后 8 个字以内有“缴清”，但没有“分期”",
                "标题里有“囤课”",
            ]
        );
        assert_eq!(
            reading.unless,
            [
                "同一句里有“不办年卡”“不超过60课时”之一",
                "同一段里有“退费”，并且有“监管”",
                "标题里有“辟谣”",
                "宣传页：同一分句里前面 12 个字以内有“严禁”“不得”“没有”等 4 个词之一，表示否定",
                "报道：同一句里有“演练”，又没有写明执法处理",
            ]
        );
        assert_eq!(reading.concerns, "所有类型；同一机构至少找到 2 种不同的说法才算");
        assert_eq!(
            reading.departments,
            "主办：教体局（职业培训的机构由人社局主办）；协办：市场监管局；文化艺术类的机构另加文旅局"
        );
        let lines = reading.lines();
        assert!(lines[1].1.starts_with("下列任何一种：\n1. “预存”"), "{}", lines[1].1);
    }

    #[test]
    fn every_shipped_rule_can_be_said_without_signs_of_the_query_language() {
        let pack = crate::builtin();
        for rule in &pack.rules {
            for (label, text) in Reading::of(rule, &pack).lines() {
                assert!(!text.is_empty() || label == "什么情况下不算", "{} {label}", rule.id);
                for sign in ["NEAR/", "BEFORE/", "|", "@", "段(", "句("] {
                    assert!(!text.contains(sign), "{} {label}: {text}", rule.id);
                }
            }
        }
    }
}
