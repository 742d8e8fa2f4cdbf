//! Ties that stand become findings: the best place, the confidence and one sentence for the reviewer.

use crate::mentions::Mention;
use crate::tie::Bond;
use guanlan_model::{Finding, Form, Institution, MentionRef, Role, Span, Via};
use guanlan_rules::{Compiled, Document, Match, Rule};

/// Most stretches shown for one finding.
const SPANS: usize = 8;

/// Most stretches quoted in one reason.
const QUOTED: usize = 3;

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

/// Puts findings into words.
pub(crate) struct Reporter<'a> {
    pub document: &'a Document<'a>,
    pub compiled: &'a Compiled,
}

impl Reporter<'_> {
    /// Puts the grounds of one rule and one institution together, with the nearest tie. `grounds` is in text order;
    /// nothing when it is empty. `confidence` is that of the tie alone.
    pub(crate) fn finding(
        &self,
        rule: &Rule,
        institution: &Institution,
        grounds: &[Ground<'_>],
    ) -> Option<(Finding, Bond)> {
        let best = grounds.iter().min_by_key(|g| (g.bond, g.hit.start))?;
        let confidence = grounds.iter().map(|g| self.confidence(g)).fold(0.0, f64::max);
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
        let finding = Finding {
            institution: institution.id.clone(),
            category: rule.category,
            rule: rule.id.clone(),
            severity: rule.severity,
            confidence: (confidence * 100.0).round() / 100.0,
            orientation: rule.orientation,
            role: if grounds.iter().any(|g| g.acted) { Role::Penalised } else { Role::Accused },
            departments: rule.departments(institution.category),
            basis: rule.basis_policy.iter().chain(&rule.basis_penalty).cloned().collect(),
            spans: places.iter().map(|(s, e)| self.span(*s, *e)).collect(),
            mention: self.mention(institution, best.mention),
            reason: self.reason(rule, institution, best),
        };
        Some((finding, best.bond))
    }

    /// The form that was needed to see a stretch: a word of a list of disguises is disguised however it is spelt.
    fn form(&self, start: usize, end: usize) -> Form {
        let written = self.document.form(start, end);
        let spelt = self.compiled.disguise(self.document.slice(start, end)).map(|d| d.form);
        spelt.map_or(written, |form| form.max(written))
    }

    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span { form: self.form(start, end), ..self.document.span(start, end) }
    }

    fn strongest_form(&self, hit: &Match) -> Form {
        hit.parts.iter().map(|(s, e)| self.form(*s, *e)).max().unwrap_or(Form::Exact)
    }

    fn confidence(&self, ground: &Ground<'_>) -> f64 {
        let seen = self.strongest_form(ground.hit).certainty();
        ground.bond.confidence() * ground.mention.map_or(1.0, |m| m.confidence) * seen
    }

    fn mention(&self, institution: &Institution, mention: Option<&Mention>) -> MentionRef {
        let Some(mention) = mention else {
            let (field, text) = ("owner".to_owned(), institution.name.clone());
            return MentionRef { field, start: 0, end: 0, text, via: Via::Owner };
        };
        let span = self.document.span(mention.start, mention.end);
        MentionRef { field: span.field, start: span.start, end: span.end, text: span.text, via: mention.via }
    }

    /// One sentence: whom, what was read where, and what it is suspected to be.
    fn reason(&self, rule: &Rule, institution: &Institution, best: &Ground<'_>) -> String {
        let mut places = best.hit.parts.clone();
        places.sort_unstable();
        let mut words: Vec<String> = places
            .iter()
            .map(|(s, e)| format!("「{}」", self.document.span(*s, *e).text.replace('\n', " ")))
            .collect();
        words.dedup();
        words.truncate(QUOTED);
        let quoted = words.concat();
        let name = best
            .mention
            .map_or_else(|| institution.name.clone(), |m| self.document.span(m.start, m.end).text);
        let proof = best.mention.map(|m| proof(&m.evidence)).unwrap_or_default();
        let place = match best.bond {
            Bond::Owner => format!("「{name}」的宣传页写有{quoted}"),
            Bond::Clause | Bond::Sentence => format!("「{name}」与{quoted}同句"),
            Bond::Reference => format!("文中以“该机构”等指代「{name}」，同句有{quoted}"),
            Bond::Carried(_) => format!("「{name}」之后的叙述中有{quoted}"),
            Bond::Listed => format!("名单中有「{name}」，对名单的表述有{quoted}"),
            Bond::Only => format!("全文只涉及「{name}」，文中有{quoted}"),
            Bond::Wording => format!("文中涉及「{name}」，并有{quoted}"),
        };
        let disguise = match self.strongest_form(best.hit) {
            Form::Exact => String::new(),
            form => format!("（{}）", form.zh()),
        };
        let fact = best.fact.as_ref().map(|f| format!("，{f}")).unwrap_or_default();
        // The bracket tells rule authors apart what reads the same to a reviewer: 培训贷（报道）.
        let problem = rule.name.split('（').next().unwrap_or(&rule.name);
        format!("{place}{disguise}{proof}{fact}，疑似{}", problem.trim_start_matches("疑似"))
    }
}

/// Most pieces of evidence shown for one name.
const PROOFS: usize = 3;

/// What made the name count, for a name that proves nothing by itself.
fn proof(evidence: &[String]) -> String {
    if evidence.is_empty() {
        return String::new();
    }
    let shown: Vec<&str> = evidence.iter().take(PROOFS).map(String::as_str).collect();
    format!("（名称由{}佐证）", shown.join("、"))
}
