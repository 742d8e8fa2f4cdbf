//! What is asked.

use guanlan_rules::query::Expr;
use guanlan_text::normalise;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most hits that can be skipped.
pub const MAX_OFFSET: usize = 10_000;

/// Most hits in one answer.
pub const MAX_LIMIT: usize = 200;

/// A search.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// What to find, read with [`guanlan_rules::query::Dialect::Search`]; everything when absent.
    pub expr: Option<Expr>,
    /// Hits wanted, at most [`MAX_LIMIT`].
    pub limit: usize,
    /// Hits to skip, at most [`MAX_OFFSET`].
    pub offset: usize,
    /// Order of the hits.
    pub sort: Sort,
    /// Names by which `机构:` finds register ids; may be empty.
    pub names: Names,
}

/// Order of the hits. Ties go to the newer article, then to the higher id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Best match first.
    #[default]
    Relevance,
    /// Latest publication (or, when unknown, fetch) first.
    Newest,
}

/// The names of institutions and the ids they stand for. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<BTreeMap<String, Vec<String>>>);

impl Names {
    /// From pairs of a name or alias and a register id. One name may stand for several institutions, and every id
    /// stands for itself.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Names {
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut put = |name: &str, id: &str| {
            let known = ids.entry(normalise(name).as_str().trim().to_owned()).or_default();
            if !known.iter().any(|k| k == id) {
                known.push(id.to_owned());
            }
        };
        for (name, id) in pairs {
            put(&name, &id);
            put(&id, &id);
        }
        Names(Arc::new(ids))
    }

    /// Ids that a name or id stands for, compared in the normal form; empty when it is unknown.
    pub(crate) fn resolve(&self, name: &str) -> &[String] {
        self.0.get(normalise(name).as_str().trim()).map_or(&[], Vec::as_slice)
    }
}
