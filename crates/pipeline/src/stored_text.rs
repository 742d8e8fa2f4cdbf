//! Title and body as they are stored: nobody's telephone or identity card, and what tells versions and stories apart.

use guanlan_model::{Article, time};
use guanlan_store::NewArticle;
use sha2::{Digest, Sha256};

/// An article as the screening room takes it.
pub fn article_of(id: i64, article: &NewArticle) -> Article {
    Article {
        id: id.to_string(),
        kind: article.kind,
        source: article.source_name.clone(),
        tier: article.tier,
        url: article.url.clone(),
        published: article.published.map(time::to_shanghai),
        title: article.title.clone(),
        body: article.body.clone(),
        owner: article.owner.clone(),
    }
}

/// Title and body of an article, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredText {
    /// Masked title.
    pub title: String,
    /// Masked body; offsets are those of the original.
    pub body: String,
    /// Tells stories apart, see [`guanlan_text::same_story`].
    pub fingerprint: u64,
    /// SHA-256 over title and body, hex: the identity of a version of an article.
    pub content_sha256: String,
}

impl StoredText {
    /// Masks personal data first, so that nothing that is derived can give it away.
    pub fn of(title: &str, body: &str) -> StoredText {
        let title = guanlan_text::mask_personal(title);
        let body = guanlan_text::mask_personal(body);
        StoredText {
            fingerprint: guanlan_text::fingerprint(&title, &body),
            content_sha256: content_hash(&title, &body),
            title,
            body,
        }
    }
}

/// SHA-256 over title and body, hex: what `guanlan verify` compares with what was stored.
pub fn content_hash(title: &str, body: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(title.as_bytes());
    hash.update([0]);
    hash.update(body.as_bytes());
    hex::encode(hash.finalize())
}
