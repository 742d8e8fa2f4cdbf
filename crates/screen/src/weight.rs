//! How much a finding weighs: the chance that a reviewer agrees, from what the text offers for it.
//!
//! The score is logistic. Its weights (log-odds) were fitted on labelled articles of several authors that the rules had
//! not been tuned on, and with less weight on the regression set, and then rounded. On articles held out from the fit
//! it ranks a right finding before a wrong one three times in four; the tie alone did so no better than chance in news.
//! By itself that evidence does not tell a right finding from a wrong one, so it only orders. Together with the wording
//! of the article ([`crate::wording`]) it does: below a low score nothing is raised.
//! What did not separate right from wrong is left out: how the name is written and how often, severity, paragraphs,
//! hits held back.

use crate::tie::Bond;
use guanlan_model::{Category, Finding, Form, Kind, Role};
use std::collections::BTreeSet;

/// Different wordings from which on a long article no longer dilutes what was found.
const RICH: usize = 3;
/// Different wordings beyond which more of them add nothing.
const PLENTY: usize = 6;

/// Body lengths in characters between which dilution grows, and the one where it is nil.
const SHORT: usize = 25;
const LONG: usize = 200;
const USUAL: f64 = 100.0;

/// Part of a score: the institution is named, or meant, where the words stand.
pub(crate) const IN_THE_SENTENCE: &str = "与机构同句、有指代或同在名单";

/// What a score is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Evidence {
    kind: Kind,
    /// Different wordings that were matched.
    wordings: usize,
    /// Length of the body in characters.
    length: usize,
    /// The nearest tie to the institution.
    pub bond: Bond,
    /// An authority acted in the sentence of a hit.
    acted: bool,
    /// Nothing was matched in the body.
    title_only: bool,
    /// What had to be undone to read its words; the farthest.
    form: Form,
    /// Another rule found the same kind of problem at the same institution.
    corroborated: bool,
}

impl Evidence {
    /// What speaks for a finding among all findings of an article with a body of `length` characters.
    pub(crate) fn of(
        finding: &Finding,
        bond: Bond,
        kind: Kind,
        length: usize,
        all: &[(Finding, Bond)],
    ) -> Self {
        let wordings: BTreeSet<&str> = finding.spans.iter().map(|s| s.text.as_str()).collect();
        let corroborated = all.iter().any(|(f, _)| {
            f.rule != finding.rule
                && f.institution == finding.institution
                && problem(f.category) == problem(finding.category)
        });
        Evidence {
            kind,
            wordings: wordings.len(),
            length,
            bond,
            acted: finding.role == Role::Penalised,
            title_only: finding.spans.iter().all(|s| s.field == "title"),
            form: finding.spans.iter().map(|s| s.form).max().unwrap_or(Form::Exact),
            corroborated,
        }
    }

    /// 0 to 1, two decimals.
    pub(crate) fn score(&self) -> f64 {
        let sum: f64 = self.parts().iter().map(|(_, weight)| weight).sum();
        let score = 1.0 / (1.0 + (-sum).exp());
        (score * 100.0).round() / 100.0
    }

    /// What the score is made of: what was seen, and its weight in log-odds.
    pub(crate) fn parts(&self) -> Vec<(&'static str, f64)> {
        let mut parts = match self.kind {
            Kind::News => self.news(),
            Kind::Promo => self.promo(),
        };
        // Set by hand, -0.2 for an inserted sign to -0.6 for another word of the same sound: there were too few
        // disguises to fit it.
        if self.form.is_evasive() {
            parts.push(("写法经过变形", -3.3 * (1.0 - self.form.certainty())));
        }
        parts.retain(|(_, weight)| *weight != 0.0);
        parts
    }

    fn news(&self) -> Vec<(&'static str, f64)> {
        let wordings = self.wordings.clamp(1, PLENTY) as f64;
        vec![
            ("报道的起点", -1.1),
            ("不同说法的多少", 1.1 * wordings.log2()),
            ("正文的长短", -0.5 * self.dilution()),
            (
                IN_THE_SENTENCE,
                if self.bond <= Bond::Reference || self.bond == Bond::Listed { 0.8 } else { 0.0 },
            ),
            ("同句写明执法处理", if self.acted { 1.5 } else { 0.0 }),
            ("另有规则指向同一问题", if self.corroborated { 0.75 } else { 0.0 }),
        ]
    }

    fn promo(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("正文的长短", -1.25 * self.dilution()),
            ("三种以上说法", if self.wordings >= RICH { 2.7 } else { 0.0 }),
            ("只见于标题", if self.title_only { -0.9 } else { 0.0 }),
            ("另有规则指向同一问题", if self.corroborated { 0.5 } else { 0.0 }),
        ]
    }

    /// One or two wordings in a long text are more often chance than in a short one: doublings of the usual length.
    fn dilution(&self) -> f64 {
        if self.wordings >= RICH {
            return 0.0;
        }
        (self.length.clamp(SHORT, LONG) as f64 / USUAL).log2()
    }
}

/// Disguised teaching and teaching outside the approved scope are one kind of problem: experts draw the line.
fn problem(category: Category) -> Category {
    if category == Category::Covert { Category::Scope } else { category }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THIN: Evidence = Evidence {
        kind: Kind::News,
        wordings: 1,
        length: 300,
        bond: Bond::Carried(1),
        acted: false,
        title_only: false,
        form: Form::Exact,
        corroborated: false,
    };
    const PAGE: Evidence = Evidence { kind: Kind::Promo, bond: Bond::Owner, ..THIN };

    #[test]
    fn every_support_raises_the_score() {
        for more in [
            Evidence { corroborated: true, ..THIN },
            Evidence { wordings: 2, ..THIN },
            Evidence { bond: Bond::Clause, ..THIN },
            Evidence { acted: true, ..THIN },
            Evidence { length: 30, ..THIN },
        ] {
            assert!(more.score() > THIN.score(), "{more:?}");
        }
        for more in [
            Evidence { corroborated: true, ..PAGE },
            Evidence { wordings: RICH, ..PAGE },
            Evidence { length: 30, ..PAGE },
        ] {
            assert!(more.score() > PAGE.score(), "{more:?}");
        }
    }

    #[test]
    fn a_guess_lowers_the_score() {
        for less in [Evidence { title_only: true, ..PAGE }, Evidence { form: Form::Pinyin, ..PAGE }] {
            assert!(less.score() < PAGE.score(), "{less:?}");
        }
    }

    #[test]
    fn the_farther_a_disguise_the_lower_the_score() {
        let scores: Vec<f64> = [Form::Exact, Form::Inserted, Form::Pinyin, Form::Split, Form::Homophone]
            .map(|form| Evidence { form, ..PAGE }.score())
            .to_vec();
        assert!(scores.windows(2).all(|pair| pair[0] > pair[1]), "{scores:?}");
    }

    #[test]
    fn a_score_stays_between_nothing_and_certainty() {
        for wordings in [0, 1, 100] {
            for length in [0, 1_000_000] {
                for corroborated in [false, true] {
                    let all = Evidence { wordings, length, corroborated, acted: corroborated, ..THIN };
                    assert!((0.0..=1.0).contains(&all.score()), "{all:?}");
                }
            }
        }
    }
}
