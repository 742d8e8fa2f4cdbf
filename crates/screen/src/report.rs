//! Ties that stand become findings: the best place, the confidence and one sentence for the reviewer.

use crate::mentions::Mention;
use crate::tie::Bond;
use guanlan_model::{Departments, Finding, Form, Institution, MentionRef, Role, Span, Via};
use guanlan_rules::{Document, Match, Rule};

/// Most stretches shown for one finding.
const SPANS: usize = 8;

/// One place that speaks for a finding.
#[derive(Debug, Clone)]
pub(crate) struct Ground<'a> {
    pub hit: &'a Match,
    pub bond: Bond,
    /// The mention it was tied to; nothing on an institution's own page.
    pub mention: Option<&'a Mention>,
    /// An authority acted in the same sentence.
    pub acted: bool,
    /// What the register adds: "许可证已于2026-01-09到期".
    pub fact: Option<String>,
}

impl Ground<'_> {
    fn confidence(&self, document: &Document<'_>) -> f64 {
        let form = self.hit.parts.iter().map(|(s, e)| document.form(*s, *e)).max().unwrap_or(Form::Exact);
        let seen = match form {
            Form::Exact => 1.0,
            Form::Width | Form::Traditional => 0.97,
            Form::Inserted => 0.93,
            Form::Disguised => 0.85,
        };
        self.bond.confidence() * self.mention.map_or(1.0, |m| m.confidence) * seen
    }
}

/// Puts the grounds of one rule and one institution together. `grounds` is not empty and in text order.
pub(crate) fn finding(document: &Document<'_>, rule: &Rule, institution: &Institution, grounds: &[Ground<'_>]) -> Option<Finding> {
    let best = grounds.iter().min_by_key(|g| (g.bond, g.hit.start))?;
    let confidence = grounds.iter().map(|g| g.confidence(document)).fold(0.0, f64::max);
    let mut places: Vec<(usize, usize)> = Vec::with_capacity(SPANS);
    for place in best.hit.parts.iter().chain(grounds.iter().filter_map(|g| g.hit.parts.first())) {
        if places.len() == SPANS {
            break;
        }
        if !places.contains(place) {
            places.push(*place);
        }
    }
    places.sort_unstable();
    let spans: Vec<Span> = places.iter().map(|(s, e)| document.span(*s, *e)).collect();
    Some(Finding {
        institution: institution.id.clone(),
        category: rule.category,
        rule: rule.id.clone(),
        severity: rule.severity,
        confidence: (confidence * 100.0).round() / 100.0,
        orientation: rule.orientation,
        role: if grounds.iter().any(|g| g.acted) { Role::Penalised } else { Role::Accused },
        departments: Departments { lead: rule.lead.clone(), co: rule.co.clone() },
        basis: rule.basis_policy.iter().chain(&rule.basis_penalty).cloned().collect(),
        mention: mention_ref(document, institution, best.mention),
        reason: reason(document, rule, institution, best),
        spans,
    })
}

fn mention_ref(document: &Document<'_>, institution: &Institution, mention: Option<&Mention>) -> MentionRef {
    match mention {
        Some(mention) => {
            let span = document.span(mention.start, mention.end);
            MentionRef { field: span.field, start: span.start, end: span.end, text: span.text, via: mention.via }
        }
        None => MentionRef { field: "owner".to_owned(), start: 0, end: 0, text: institution.name.clone(), via: Via::Owner },
    }
}

/// One sentence: whom, what was read where, and what it is suspected to be.
fn reason(document: &Document<'_>, rule: &Rule, institution: &Institution, best: &Ground<'_>) -> String {
    let quoted = best
        .hit
        .parts
        .iter()
        .take(3)
        .map(|(s, e)| format!("「{}」", document.span(*s, *e).text.replace('\n', " ")))
        .collect::<Vec<_>>()
        .join("");
    let name = best.mention.map_or_else(|| institution.name.clone(), |m| document.span(m.start, m.end).text);
    let place = match best.bond {
        Bond::Owner => format!("「{name}」的宣传页写有{quoted}"),
        Bond::Clause | Bond::Sentence => format!("「{name}」与{quoted}同句"),
        Bond::Reference => format!("文中以“该机构”等指代「{name}」，同句有{quoted}"),
        Bond::Carried(_) => format!("「{name}」之后的叙述中有{quoted}"),
        Bond::Listed => format!("名单中有「{name}」，对名单的表述有{quoted}"),
        Bond::Only => format!("全文只涉及「{name}」，文中有{quoted}"),
    };
    let disguise = match best.hit.parts.iter().map(|(s, e)| document.form(*s, *e)).max() {
        Some(form) if form > Form::Exact => format!("（{}写法）", form.zh()),
        _ => String::new(),
    };
    let fact = best.fact.as_ref().map(|f| format!("，{f}")).unwrap_or_default();
    format!("{place}{disguise}{fact}，疑似{}", rule.name)
}
