//! Institutions that an article reports as operating and the register does not know.

use crate::cues::Cue;
use crate::tie::Scene;
use guanlan_model::{Kind, Lead};

/// In news one of these says that something is told about an institution.
pub(crate) const TELLING: [Cue; 2] = [Cue::Acted, Cue::Operating];

/// Unknown training institutions of an article, in text order, each once. In news something must be told about the
/// institution itself; on an institution's own page other names are no leads.
pub(crate) fn leads(scene: &Scene<'_>, kind: Kind, own_page: bool) -> Vec<Lead> {
    let mut out: Vec<Lead> = Vec::new();
    if own_page {
        return out;
    }
    let whole = 0..scene.document.end();
    let told = kind == Kind::Promo || TELLING.iter().any(|cue| scene.cues.any_in(*cue, whole.clone()));
    for stranger in scene.strangers {
        if told && !out.iter().any(|l| l.name == stranger.name) {
            out.push(Lead { name: stranger.name.clone(), reason: "名录中没有这家机构".to_owned() });
        }
    }
    out
}
