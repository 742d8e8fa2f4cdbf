//! Where an institution is, read from its address; and which counties and cities a text speaks of.

use crate::words::{normal_form, words};
use guanlan_model::Institution;
use guanlan_text::{Normal, is_han};

/// The parts of an address, in normal form; empty when the register does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Home {
    /// Prefecture city, with 市.
    pub city: String,
    /// County, district or county-level city, with its suffix.
    pub county: String,
    /// Township or street, with its suffix.
    pub town: String,
    /// Road without the number.
    pub road: String,
    /// Road and number, or the whole rest of an address without a number.
    pub spot: String,
}

impl Home {
    /// Reads the parts from the town and address of a register row. `name` may tell the county when the address
    /// does not.
    pub fn of(institution: &Institution) -> Home {
        let address = normal_form(&institution.address);
        let (mut home, rest) = split_prefix(&address, true);
        if home.county.is_empty() || home.city.is_empty() {
            let (named, _) = split_prefix(&normal_form(&institution.name), false);
            if home.county.is_empty() {
                home.county = named.county;
            }
            if home.city.is_empty() {
                home.city = named.city;
            }
        }
        let town = normal_form(&institution.town);
        let mut rest = rest.to_owned();
        if !town.is_empty() {
            rest = rest.strip_prefix(town.as_str()).map_or(rest.clone(), str::to_owned);
            home.town = town;
        }
        (home.road, home.spot) = road_and_spot(&rest);
        home
    }

    /// The county without its suffix; empty when the county is unknown or has one character.
    pub fn county_bare(&self) -> &str {
        bare(&self.county)
    }

    /// True for the county or the city of the institution.
    pub fn holds(&self, place: &str) -> bool {
        [&self.county, &self.city]
            .iter()
            .any(|own| !own.is_empty() && (own.ends_with(place) || place.ends_with(own.as_str())))
    }
}

/// A place name without its last character, when at least two characters remain.
pub(crate) fn bare(place: &str) -> &str {
    let cut = place.char_indices().next_back().map_or(0, |(at, _)| at);
    let bare = place.get(..cut).unwrap_or_default();
    if bare.chars().count() >= 2 { bare } else { "" }
}

/// Takes province, city, county and town off the front. In a name only what looks like nothing but a place counts;
/// in an address every suffix ends a place.
pub(crate) fn split_prefix(text: &str, address: bool) -> (Home, &str) {
    let mut home = Home::default();
    let mut rest = text;
    if let Some((_, after)) = cut_at(rest, &["自治区", "省"], 2, 5, |_| true) {
        rest = after;
    }
    if let Some((city, after)) =
        cut_at(rest, &["自治州", "市"], 2, 4, |b| address || !ends_with_any(b, &words().places.not_city))
    {
        home.city = city.to_owned();
        rest = after;
    }
    let plain = |b: &str| address || !ends_with_any(b, &words().places.not_district);
    if let Some((county, after)) = cut_at(rest, &["自治县", "县", "旗"], 1, 8, |_| true)
        .filter(|(county, _)| address || county.chars().count() <= 4 || county.ends_with("自治县"))
        .or_else(|| cut_at(rest, &["区"], 2, 4, plain))
        .or_else(|| cut_at(rest, &["市"], 2, 4, |b| !home.city.is_empty() && plain(b)))
    {
        home.county = county.to_owned();
        rest = after;
    } else if home.county.is_empty() && !home.city.is_empty() && address {
        // A county-level city: 江宁市 alone in front of a town.
        home.county.clone_from(&home.city);
    }
    if address && let Some((town, after)) = cut_at(rest, &["街道", "苏木", "镇", "乡"], 1, 6, |_| true)
    {
        home.town = town.to_owned();
        rest = after;
    }
    (home, rest)
}

/// Cuts behind the first of `suffixes` that has between `least` and `most` characters in front of it.
fn cut_at<'a>(
    text: &'a str,
    suffixes: &[&str],
    least: usize,
    most: usize,
    good: impl Fn(&str) -> bool,
) -> Option<(&'a str, &'a str)> {
    for (count, (at, _)) in text.char_indices().enumerate().take(most + 1) {
        if count < least {
            continue;
        }
        for suffix in suffixes {
            if text.get(at..).is_some_and(|tail| tail.starts_with(suffix))
                && text.get(..at).is_some_and(&good)
            {
                return text.split_at_checked(at + suffix.len());
            }
        }
    }
    None
}

fn ends_with_any(text: &str, endings: &[String]) -> bool {
    endings.iter().any(|e| text.ends_with(e.as_str()))
}

/// `学苑路12号3层` is the road 学苑路 and the spot 学苑路12号.
fn road_and_spot(rest: &str) -> (String, String) {
    const ROADS: &[&str] = &["大道", "胡同", "路", "街", "巷", "道", "弄"];
    let road = cut_at(rest, ROADS, 1, 7, |_| true).map(|(road, _)| road).unwrap_or_default();
    let tail = rest.get(road.len()..).unwrap_or_default();
    let digits = tail.chars().take_while(char::is_ascii_digit).count();
    let numbered = digits > 0 && tail.get(digits..).is_some_and(|t| t.starts_with('号'));
    let spot = if !road.is_empty() && numbered {
        rest.get(..road.len() + digits + '号'.len_utf8()).unwrap_or_default()
    } else if rest.chars().count() >= 4 {
        without_floor(rest)
    } else {
        ""
    };
    (road.to_owned(), spot.to_owned())
}

/// 滨河天地2层 is told as 滨河天地二楼 as well: the floor, room or wing says nothing.
fn without_floor(spot: &str) -> &str {
    let tail = |c: char| c.is_ascii_alphanumeric() || "层楼室负栋座单元号铺间之、-".contains(c);
    let bare = spot.trim_end_matches(tail);
    if bare.chars().count() >= 4 { bare } else { spot }
}

/// A county, district or city that a text names, in scalar offsets of the normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub start: usize,
    pub end: usize,
    /// The last two characters of its bare name and the suffix: 松陵县.
    pub name: String,
}

/// Characters that no bare place name contains: particles, and the suffixes of other places.
const NOT_IN_PLACES: &[char] = &[
    '的', '了', '在', '和', '与', '是', '为', '及', '等', '从', '由', '于', '县', '省', '市', '区', '镇',
    '乡', '这', '那',
];

/// All places of a text, in order. Words that only look like one (小区, 全县, 城市) are left out, and a 区 needs
/// an office behind it or 位于 in front of it somewhere in the text.
pub(crate) fn places(chars: &[char], normal: &Normal) -> Vec<Place> {
    let tables = &words().places;
    let mut found = Vec::new();
    let mut districts: Vec<String> = Vec::new();
    for (at, suffix) in chars.iter().enumerate() {
        let not = match suffix {
            '县' | '旗' => &tables.not_county,
            '市' => &tables.not_city,
            '区' => &tables.not_district,
            _ => continue,
        };
        let Some(start) = at.checked_sub(2) else { continue };
        if !chars
            .get(start..at)
            .is_some_and(|bare| bare.iter().all(|c| is_han(*c) && !NOT_IN_PLACES.contains(c)))
        {
            continue;
        }
        let before = normal.slice(at.saturating_sub(6), at);
        if ends_with_any(before, not) {
            continue;
        }
        let name = normal.slice(start, at + 1).to_owned();
        if *suffix == '区' {
            let behind = normal.slice(at + 1, at + 8);
            let front = normal.slice(start.saturating_sub(3), start);
            if tables.district_followers.iter().any(|f| behind.starts_with(f.as_str()))
                || ends_with_any(front, &tables.district_leaders)
            {
                districts.push(name.clone());
            }
        }
        found.push(Place { start, end: at + 1, name });
    }
    found.retain(|p| !p.name.ends_with('区') || districts.contains(&p.name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanlan_text::normalise;

    fn home(name: &str, town: &str, address: &str) -> Home {
        let mut row = crate::sample::institution("Y1", name);
        row.town = town.into();
        row.address = address.into();
        Home::of(&row)
    }

    #[test]
    fn addresses_are_read_part_by_part() {
        let cases = [
            ("", "云溪县城关镇人民路18号3层", ["", "云溪县", "城关镇", "人民路", "人民路18号"]),
            ("城关镇", "云溪县城关镇人民路18号3层", ["", "云溪县", "城关镇", "人民路", "人民路18号"]),
            ("城关镇", "城关镇人民路18号", ["", "云溪县", "城关镇", "人民路", "人民路18号"]),
            (
                "",
                "江苏省江宁市云溪县东湖街道湖滨路66号",
                ["江宁市", "云溪县", "东湖街道", "湖滨路", "湖滨路66号"],
            ),
            ("", "云溪县南坪乡滨河天地负1层", ["", "云溪县", "南坪乡", "", "滨河天地"]),
            ("", "云溪县南坪乡茶山村三组", ["", "云溪县", "南坪乡", "", "茶山村三组"]),
            ("", "", ["", "云溪县", "", "", ""]),
        ];
        for (town, address, [city, county, town_part, road, spot]) in cases {
            let expected = Home {
                city: city.into(),
                county: county.into(),
                town: town_part.into(),
                road: road.into(),
                spot: spot.into(),
            };
            assert_eq!(home("云溪县小荷舞蹈培训有限公司", town, address), expected, "{address}");
        }
    }

    #[test]
    fn only_real_places_are_found() {
        let cases: &[(&str, &[&str])] = &[
            ("邻水县一家机构", &["邻水县"]),
            ("全县各小区、我县城区的超市", &[]),
            ("家住松陵县的市民", &["松陵县"]),
            ("位于望川区的门店，望川区回应", &["望川区", "望川区"]),
            ("望川区教育局已介入", &["望川区"]),
            ("在阅读区和就餐区等候", &[]),
            ("东部某省海晏市一家场馆", &["海晏市"]),
        ];
        for (text, expected) in cases {
            let normal = normalise(text);
            let chars: Vec<char> = normal.as_str().chars().collect();
            let names: Vec<String> = places(&chars, &normal).into_iter().map(|p| p.name).collect();
            assert_eq!(&names, expected, "{text}");
        }
    }
}
