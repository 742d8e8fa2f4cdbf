//! Whom a text may mean that gives a place and a trade but no name: 城关镇一家托管班.

use crate::place::{Home, Place, bare, places};
use crate::register::Register;
use crate::words::words;
use guanlan_model::Institution;
use guanlan_text::Normal;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where the institutions of a register are and what they teach.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// Counties without their suffix.
    counties: BTreeSet<String>,
    /// Towns and roads, with the institutions there.
    places: HashMap<String, Vec<usize>>,
    /// Words of a trade, with the institutions that teach it.
    trades: BTreeMap<String, Vec<usize>>,
}

impl Surroundings {
    pub fn of(homes: &[Home], trades: &[Vec<String>]) -> Surroundings {
        let mut out = Surroundings::default();
        for (at, home) in homes.iter().enumerate() {
            out.counties.extend(Some(home.county_bare()).filter(|c| !c.is_empty()).map(str::to_owned));
            for place in [&home.town, &home.road] {
                if !place.is_empty() {
                    out.places.entry(place.clone()).or_default().push(at);
                }
            }
        }
        for (at, words) in trades.iter().enumerate() {
            for word in words {
                out.trades.entry(word.clone()).or_default().push(at);
            }
        }
        out
    }
}

/// An institution that fits what a text says of an unnamed one.
#[derive(Debug, Clone, PartialEq)]
pub struct Likely {
    /// Index into [`Register::institutions`].
    pub institution: usize,
    /// What fits, in Chinese.
    pub reasons: Vec<String>,
    score: f64,
}

/// Most institutions that are named as likely.
const MOST: usize = 3;
/// Least that must fit: the place or a rare trade, and what it is.
const ENOUGH: f64 = 0.8;
/// Institutions of one trade from which on the trade alone tells nothing.
const RARE: usize = 3;

impl Register {
    /// True when a text is about a county of the register at a place: the county is named last in front of the place,
    /// or, when no other one is, anywhere in the text or in the name of its source.
    pub fn is_local(&self, text: &Normal, title: &Normal, source: &str, at: usize) -> bool {
        let ours = |place: &Place| {
            self.surroundings.counties.iter().any(|c| bare(&place.name).ends_with(c.as_str()))
        };
        let chars: Vec<char> = text.as_str().chars().collect();
        let near = places(&chars, text);
        let is_county = |p: &&Place| !p.name.ends_with('市');
        let line = text.as_str().chars().take(at).collect::<Vec<_>>();
        let paragraph = line.iter().rposition(|c| *c == '\n').map_or(0, |n| n + 1);
        if let Some(last) = near.iter().filter(is_county).rfind(|p| p.start >= paragraph && p.end <= at) {
            return ours(last);
        }
        let title_chars: Vec<char> = title.as_str().chars().collect();
        if let Some(place) = places(&title_chars, title).iter().find(is_county) {
            return ours(place);
        }
        let told = |county: &String| {
            [source, title.as_str(), text.as_str()].iter().any(|t| t.contains(county.as_str()))
        };
        self.surroundings.counties.iter().any(told) || !self.named_places(text.as_str()).is_empty()
    }

    /// Towns and roads of the register that a text names.
    fn named_places(&self, text: &str) -> BTreeMap<&str, &[usize]> {
        const LAST: &[char] = &['镇', '乡', '道', '路', '街', '巷', '村', '弄'];
        const LONGEST: usize = 7;
        let mut found = BTreeMap::new();
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        for (n, (at, c)) in chars.iter().enumerate() {
            if !LAST.contains(c) {
                continue;
            }
            let end = at + c.len_utf8();
            for from in chars[n.saturating_sub(LONGEST)..n].iter().map(|(at, _)| *at) {
                if let Some((place, there)) =
                    text.get(from..end).and_then(|place| self.surroundings.places.get_key_value(place))
                {
                    found.insert(place.as_str(), there.as_slice());
                }
            }
        }
        found
    }

    /// Institutions that may be meant by `masked` ("一家舞蹈机构") inside `around`, best first, at most three.
    pub fn likely(&self, masked: &str, around: &str) -> Vec<Likely> {
        let mut weighed: BTreeMap<usize, Likely> = BTreeMap::new();
        let mut add = |institution: usize, score: f64, reason: String| {
            let likely = weighed.entry(institution).or_insert_with(|| Likely {
                institution,
                reasons: Vec::new(),
                score: 0.0,
            });
            likely.score += score;
            likely.reasons.push(reason);
        };
        for (place, there) in self.named_places(around) {
            let road = !place.ends_with(['镇', '乡']) && !place.ends_with("街道");
            for institution in there {
                let weight = if road { 0.6 } else { 0.4 };
                add(*institution, weight, format!("在「{place}」"));
            }
        }
        for (trade, there) in &self.surroundings.trades {
            if there.len() <= RARE && masked.contains(trade.as_str()) {
                for institution in there {
                    add(*institution, 0.4, format!("教「{trade}」的只有{}家", there.len()));
                }
            }
        }
        let mut likely: Vec<Likely> = weighed
            .into_values()
            .filter_map(|mut likely| {
                let row = self.institutions().get(likely.institution)?;
                let kind = kind_of(row, masked);
                if kind == Some(false) {
                    return None;
                }
                if kind == Some(true) {
                    likely.score += 0.4;
                    likely.reasons.push(format!("类别为{}", row.category.zh()));
                }
                let home = self.homes.get(likely.institution)?;
                if !home.spot.is_empty() && around.contains(&home.spot) {
                    likely.score += 0.6;
                    likely.reasons.insert(0, format!("地址为「{}」", home.spot));
                }
                let marks = self.landmarks.of(likely.institution)?;
                let mut signs = self.landmarks.signs(marks).iter().map(|sign| self.landmarks.text(*sign));
                if let Some(trade) = signs.find(|sign| around.contains(sign)) {
                    likely.score += 0.4;
                    likely.reasons.push(format!("文中有其业务「{trade}」"));
                }
                Some(likely)
            })
            .filter(|l| l.score >= ENOUGH)
            .collect();
        likely.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.institution.cmp(&b.institution)));
        likely.truncate(MOST);
        likely
    }
}

/// Whether an institution is of the kind that a masked name says; nothing when it says none.
fn kind_of(row: &Institution, masked: &str) -> Option<bool> {
    let says =
        |code: &str| words().kinds.get(code).into_iter().flatten().any(|w| masked.contains(w.as_str()));
    if says(row.category.code()) {
        return Some(true);
    }
    words().kinds.keys().any(|code| says(code)).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::institution;
    use guanlan_model::InstitutionType;
    use guanlan_text::normalise;

    fn register() -> Register {
        let rows = [
            ("Y1", "云溪县好邻居托管班", InstitutionType::Custodial, "云溪县城关镇人民路18号"),
            ("Y2", "云溪县墨香苑书画培训中心", InstitutionType::Arts, "云溪县城关镇文昌街9号"),
            ("Y3", "云溪县龙腾跆拳道俱乐部有限公司", InstitutionType::Sports, "云溪县西岭镇解放路70号"),
        ];
        let rows = rows.map(|(id, name, category, address)| {
            let mut row = institution(id, name);
            (row.category, row.address) = (category, address.into());
            row
        });
        Register::new(rows.into())
    }

    fn likely(masked: &str, around: &str) -> Vec<String> {
        let register = register();
        let found = register.likely(masked, around);
        found.iter().map(|l| register.institutions()[l.institution].id.clone()).collect()
    }

    #[test]
    fn place_and_kind_together_point_at_somebody() {
        assert_eq!(likely("一家托管班", "城关镇一家托管班的楼道起火"), ["Y1"]);
        assert_eq!(likely("某跆拳道馆", "县里某跆拳道馆的教练失联"), ["Y3"]);
        assert_eq!(likely("某书画培训机构", "文昌街某书画培训机构停课"), ["Y2"]);
        assert!(likely("一家培训机构", "某地一家培训机构的楼道起火").is_empty());
        assert!(likely("一家游泳馆", "城关镇一家游泳馆停业").is_empty());
    }

    #[test]
    fn a_text_is_local_by_its_nearest_county() {
        let register = register();
        let local = |source: &str, title: &str, body: &str| {
            let (title, body) = (normalise(title), normalise(body));
            register.is_local(&body, &title, source, body.len_chars())
        };
        assert!(local("云溪融媒", "", "一处场所被取缔，名为小博士"));
        assert!(local("", "", "在西岭镇，一处场所被取缔"));
        assert!(local("江宁晚报", "", "云溪县一处场所被取缔"));
        assert!(!local("华夏日报", "", "一处场所被取缔"));
        assert!(!local("云溪融媒", "", "邻水县一处场所被取缔"));
        assert!(!local("云溪融媒", "邻水县取缔一批场所", "一处场所被取缔"));
    }
}
