//! Short names derived from full names. Newspapers never write the full legal name.

use crate::place::{bare, split_prefix};
use crate::words::{Words, normal_form, words};
use guanlan_model::Institution;
use std::collections::BTreeSet;

/// What a full name is made of, all in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The county that the name begins with; may be empty.
    pub county: String,
    /// The name without the place in front: 青禾文化艺术培训学校有限公司.
    pub placeless: String,
    /// That without the legal form: 青禾文化艺术培训学校.
    pub core: String,
    /// The trade name alone: 青禾. Equal to the core when nothing could be taken off.
    pub brand: String,
    /// What was taken off behind the brand, in reading order: 文化艺术, 培训学校.
    pub tail: Vec<String>,
}

/// A derived short name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Short {
    pub text: String,
    /// It could also be common speech.
    pub weak: bool,
}

/// Takes a full name apart.
pub(crate) fn parts(institution: &Institution) -> Parts {
    let words = words();
    let name = without_brackets(&normal_form(&institution.name));
    let (mut place, mut rest) = split_prefix(&name, false);
    if place.county.is_empty() {
        // 桥北区 looks like a part of something; the address says that it is the county.
        let (home, _) = split_prefix(&normal_form(&institution.address), true);
        if let Some(after) = rest.strip_prefix(home.county.as_str()).filter(|r| r.chars().count() > 2) {
            rest = after;
            place.county = home.county;
        }
    }
    let town = normal_form(&institution.town);
    let placeless = rest.strip_prefix(town.as_str()).filter(|r| !r.is_empty()).unwrap_or(rest).to_owned();
    let core = without_legal_form(&placeless, words).to_owned();
    let (brand, tail) = take_apart(&core, words);
    Parts { county: place.county, placeless, core, brand, tail }
}

/// 青禾（云溪）艺术 is 青禾艺术.
fn without_brackets(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut depth = 0usize;
    for c in name.chars() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    if out.is_empty() { name.to_owned() } else { out }
}

/// Cuts the legal form and everything behind it: a branch (…有限公司青岚分公司) goes with it.
fn without_legal_form<'a>(name: &'a str, words: &Words) -> &'a str {
    let cut = words.legal_forms.iter().filter_map(|form| name.find(form.as_str())).filter(|at| *at > 3).min();
    cut.and_then(|at| name.get(..at)).unwrap_or(name)
}

fn take_apart(core: &str, words: &Words) -> (String, Vec<String>) {
    let mut brand = core;
    let mut tail = Vec::new();
    while let Some(word) = words.last_word(brand) {
        tail.push(word.to_owned());
        brand = brand.strip_suffix(word).unwrap_or(brand);
    }
    tail.reverse();
    (brand.to_owned(), tail)
}

/// What people put behind the brand: each trade word of the full name alone (文化艺术 also as 艺术), its spoken
/// forms, and what suits every institution.
fn said_behind<'a>(tail: &'a [String], words: &'a Words) -> BTreeSet<&'a str> {
    let mut said: BTreeSet<&str> = tail.iter().map(String::as_str).collect();
    for word in tail {
        let inner =
            words.trade_words.iter().filter(|t| word.ends_with(t.as_str()) || word.starts_with(t.as_str()));
        said.extend(inner.map(String::as_str));
    }
    let spoken: Vec<&str> =
        said.iter().filter_map(|w| words.spoken.get(*w)).flatten().map(String::as_str).collect();
    said.extend(spoken);
    said.extend(words.general_suffixes.iter().map(String::as_str));
    said
}

/// Every short name a newspaper or a parent would use, in stable order, without the full name itself.
pub(crate) fn shorts(institution: &Institution, parts: &Parts) -> Vec<Short> {
    let words = words();
    let mut out = BTreeSet::new();
    let mut put = |text: String, weak: bool| {
        if text.chars().count() >= 2 && !words.is_trade(&text) {
            let weak = weak || words.is_common(&text);
            out.insert(Short { text, weak });
        }
    };
    let address = normal_form(&institution.address);
    let town = normal_form(&institution.town);
    put(parts.placeless.clone(), false);
    put(parts.core.clone(), false);
    let mut brands = BTreeSet::from([parts.brand.clone()]);
    brands.extend(institution.aliases.iter().map(|a| take_apart(&normal_form(a), words).0));
    // 云台书山 in 云台镇 is also 书山.
    let places = [bare(&parts.county), bare(&town)];
    let without_place = places.iter().filter(|p| !p.is_empty()).filter_map(|p| parts.brand.strip_prefix(p));
    brands.extend(without_place.map(str::to_owned));
    brands.retain(|b| b.chars().count() >= 2 && !words.is_trade(b));
    for brand in &brands {
        let common = words.is_common(brand);
        // 红岩谷 may be the place and not the camp that is named after it.
        let placed = address.contains(brand.as_str());
        put(brand.clone(), words.proves_little(brand) || placed);
        let mut grown = brand.clone();
        for word in &parts.tail {
            grown.push_str(word);
            put(
                grown.clone(),
                common && words.slogan_words.contains(word) && grown.len() == brand.len() + word.len(),
            );
        }
        for suffix in said_behind(&parts.tail, words) {
            put(format!("{brand}{suffix}"), common && words.slogan_words.contains(suffix));
        }
    }
    // The weak form of a text wins when both were put.
    let mut shorts: Vec<Short> = Vec::new();
    for short in out {
        match shorts.last_mut() {
            Some(last) if last.text == short.text => last.weak |= short.weak,
            _ => shorts.push(short),
        }
    }
    shorts
}

/// What hides the rest of a brand. Nothing at all: an asterisk between Han characters is dropped by the normal form.
const MASKS: &[&str] = &["", "某", "某某", "x", "xx", "×", "××"];

/// The name as careful papers hide it: 龙*跆拳道, 龙某某跆拳道, 大×车美术. Only with a trade word behind it.
pub(crate) fn masked(parts: &Parts) -> Vec<String> {
    let brand: Vec<char> = parts.brand.chars().collect();
    let Some(trade) = parts.tail.first().filter(|w| !words().abstract_words.contains(*w)) else {
        return Vec::new();
    };
    let (Some(first), Some(last)) = (brand.first(), brand.last()) else { return Vec::new() };
    let mut out = Vec::new();
    for mask in MASKS {
        out.push(format!("{first}{mask}{trade}"));
        if brand.len() > 2 {
            out.push(format!("{first}{mask}{last}{trade}"));
        }
    }
    out
}

/// True when the full name goes on behind a masked form as the text does: 春*声钢琴艺术培训有限公司.
pub(crate) fn runs_on(institution: &Institution, behind: &str) -> bool {
    let parts = parts(institution);
    let Some(trade) = parts.tail.first() else { return false };
    let rest =
        parts.placeless.strip_prefix(parts.brand.as_str()).and_then(|r| r.strip_prefix(trade.as_str()));
    rest.is_some_and(|rest| rest.chars().count() >= 2 && behind.starts_with(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::institution;

    fn derived(name: &str, town: &str) -> (Parts, Vec<Short>) {
        let mut row = institution("Y1", name);
        row.town = town.into();
        row.address = "桥北区渡桥街道桥头街63号".into();
        let parts = parts(&row);
        let shorts = shorts(&row, &parts);
        (parts, shorts)
    }

    #[test]
    fn full_names_fall_into_brand_and_tail() {
        let cases = [
            ("云溪县青禾文化艺术培训学校有限公司", "", "青禾", "文化艺术/培训学校"),
            ("云溪县舞动青春舞蹈培训有限公司", "", "舞动青春", "舞蹈/培训"),
            ("云溪县南坪镇翰墨书法培训中心", "南坪镇", "翰墨", "书法/培训中心"),
            ("江宁市风信子美术培训有限公司云溪分公司", "", "风信子", "美术/培训"),
            ("云溪县城关镇好邻居托管班", "城关镇", "好邻居", "托管/班"),
            ("云溪县巧手美容美发职业培训学校", "", "巧手", "美容美发/职业/培训学校"),
            ("云溪县棋乐轩棋院", "", "棋乐轩", "棋院"),
            ("桥北区小夜莺声乐培训有限公司", "", "小夜莺", "声乐/培训"),
            ("青禾（云溪）艺术培训有限责任公司", "", "青禾", "艺术/培训"),
            ("云溪县田野课堂劳动教育实践基地有限公司", "", "田野课堂", "劳动教育/实践基地"),
        ];
        for (name, town, brand, tail) in cases {
            let (parts, _) = derived(name, town);
            assert_eq!((parts.brand.as_str(), parts.tail.join("/").as_str()), (brand, tail), "{name}");
        }
    }

    #[test]
    fn expected_short_names_are_there() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            (
                "云溪县青禾文化艺术培训学校有限公司",
                &[
                    "青禾文化艺术",
                    "青禾艺校",
                    "青禾培训",
                    "青禾文化艺术培训学校",
                    "青禾文化艺术培训学校有限公司",
                ],
                &["青禾"],
            ),
            ("云溪县墨香苑书画培训中心", &["墨香苑", "墨香苑书画", "墨香苑书画院"], &[]),
            ("云溪县星光艺术培训中心", &["星光艺校", "星光培训"], &["星光", "星光教育"]),
            ("云溪县云溪书山国学研修院", &["云溪书山", "书山书院", "书山国学"], &["书山"]),
            ("云溪县康乐托育服务有限公司", &["康乐托育园", "康乐托育"], &["康乐"]),
        ];
        for (name, strong, weak) in cases {
            let (_, shorts) = derived(name, "");
            for text in *strong {
                assert!(shorts.iter().any(|s| s.text == *text && !s.weak), "{name}: {text} in {shorts:?}");
            }
            for text in *weak {
                assert!(shorts.iter().any(|s| s.text == *text && s.weak), "{name}: {text} in {shorts:?}");
            }
        }
    }

    #[test]
    fn a_name_of_trade_words_alone_gives_no_brand() {
        let (_, shorts) = derived("云溪县文化艺术培训学校", "");
        assert!(shorts.iter().all(|s| s.text.chars().count() > 4), "{shorts:?}");
    }
}
