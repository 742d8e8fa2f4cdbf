//! What a table is learned from.

use super::{Features, View, features};
use crate::outline::Outline;
use crate::{Screener, mentions, subject};
use guanlan_model::{Article, Kind};
use guanlan_registry::Origin;
use guanlan_rules::Document;

impl Screener {
    /// What the wording table sees of an article, for the institution that owns the page or for every one that it
    /// names: to learn a table from labelled articles.
    pub fn wordings(&self, article: &Article) -> Vec<(String, Features)> {
        let document = Document::new(&article.title, &article.body);
        let found = self.compiled.find(&document);
        let names = self.names(&document, &found);
        let owner = article.owner.as_deref().and_then(|id| self.register.index_of(id));
        let origin = Origin { source: &article.source, url: &article.url, owner };
        let mut mentions = mentions::resolve(&self.register, &document, origin, &names).mentions;
        let mut by = subject::bystanders(&document, &mentions).into_iter();
        mentions.retain(|_| !by.next().unwrap_or(false));
        let outline = Outline::of(&document);
        let own_page = article.kind == Kind::Promo && owner.is_some();
        let mut cast: Vec<usize> = match owner.filter(|_| own_page) {
            Some(owner) => vec![owner],
            None => mentions.iter().map(|m| m.institution).collect(),
        };
        cast.sort_unstable();
        cast.dedup();
        let read = |institution| {
            features(&View {
                document: &document,
                outline: &outline,
                mentions: &mentions,
                institution,
                own_page,
            })
        };
        let institutions = self.register.institutions();
        cast.iter().filter_map(|i| Some((institutions.get(*i)?.id.clone(), read(*i)))).collect()
    }
}
