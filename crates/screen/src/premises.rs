//! Addresses that a text gives, against the one in the register.

use guanlan_model::Institution;
use guanlan_text::{is_han, normalise};

/// What ends the name of a road, and of a building or an estate. Longer ones first.
const ROADS: &[&str] = &["大道", "胡同", "正街", "路", "街", "巷", "道", "弄"];
const BUILDINGS: &[&str] = &["广场", "花园", "小区", "家园", "大厦", "商城", "天地", "中心", "新城", "公寓"];
/// What counts houses behind a road, and parts of a building behind its name.
const HOUSE: &[char] = &['号'];
const PART: &[char] = &['号', '层', '楼', '栋', '座', '幢', '室'];
/// Longest name of a road or a building.
const LONGEST: usize = 8;

/// The first address of a text that is not where the institution is registered. Nothing when the text gives none, or
/// when the register does not say where it is.
pub(crate) fn unregistered<'t>(institution: &Institution, text: &'t str) -> Option<&'t str> {
    let registered = normalise(&institution.address).as_str().to_owned();
    let ours = addresses(&registered);
    if ours.is_empty() && registered.chars().count() < 8 {
        return None;
    }
    addresses(text).into_iter().find(|there| !is_part_of(there, &registered)).map(|there| there.text)
}

/// A road or a building with what is counted behind it.
#[derive(Debug, PartialEq)]
struct Address<'t> {
    text: &'t str,
    /// 人民路 or 滨河天地, with as many characters in front as could belong to it.
    name: &'t str,
    /// 18; empty behind a building, whose floors are told in many ways.
    number: &'t str,
}

/// All addresses of a text, in order.
fn addresses(text: &str) -> Vec<Address<'_>> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut found = Vec::new();
    let mut digits = None;
    for (n, (at, c)) in chars.iter().enumerate() {
        if c.is_ascii_digit() {
            digits.get_or_insert(n);
            continue;
        }
        let Some(first) = digits.take() else { continue };
        let run = chars[..first].iter().rev().take(LONGEST).take_while(|(_, c)| is_han(*c)).count();
        let (Some(start), Some(number)) =
            (chars.get(first - run).map(|(at, _)| *at), chars.get(first).map(|(at, _)| *at))
        else {
            continue;
        };
        let (Some(name), Some(count)) = (text.get(start..number), text.get(number..*at)) else { continue };
        let road = ROADS.iter().any(|r| name.ends_with(r)) && HOUSE.contains(c);
        let building = BUILDINGS.iter().any(|b| name.ends_with(b)) && PART.contains(c);
        if run >= 2 && (road || building) {
            let whole = text.get(start..at + c.len_utf8()).unwrap_or_default();
            found.push(Address { text: whole, name, number: if road { count } else { "" } });
        }
    }
    found
}

/// True when the register's address has the same road and number, or the same building. What stands in front of the
/// road in the text is not known to belong to it, so its longest end counts that the register has.
fn is_part_of(there: &Address<'_>, registered: &str) -> bool {
    let ends = there.name.char_indices().map(|(at, _)| &there.name[at..]);
    ends.filter(|end| end.chars().count() >= 2)
        .any(|end| registered.contains(&format!("{end}{}", there.number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use guanlan_model::{InstitutionStatus, InstitutionType};

    fn at(address: &str) -> Institution {
        Institution {
            id: "Y1".into(),
            name: "云溪县青松舞蹈培训有限公司".into(),
            aliases: Vec::new(),
            category: InstitutionType::Arts,
            approver: String::new(),
            supervisor: String::new(),
            town: String::new(),
            address: address.into(),
            scope: Vec::new(),
            licence_no: String::new(),
            credit_code: String::new(),
            licence_from: None,
            licence_to: None,
            sites: Vec::new(),
            status: InstitutionStatus::Normal,
        }
    }

    #[test]
    fn another_road_or_number_is_another_place() {
        for (registered, text, other) in [
            ("云溪县城关镇人民路18号3层", "校区地址：人民路18号", None),
            ("云溪县城关镇人民路18号3层", "位于城关镇人民路18号三楼", None),
            ("云溪县城关镇人民路18号3层", "石埠校区在石埠街118号二楼", Some("石埠校区在石埠街118号")),
            ("云溪县城关镇人民路18号3层", "新园：人民路128号", Some("人民路128号")),
            ("云溪县城关镇滨河天地2层", "滨河天地3层", None),
            ("云溪县城关镇滨河天地2层", "黄桷花园3栋", Some("黄桷花园3栋")),
            ("云溪县城关镇人民路18号", "共18号学员，第3号通知", None),
            ("", "校区地址：人民路18号", None),
        ] {
            let place = unregistered(&at(registered), text);
            assert_eq!(place.is_some(), other.is_some(), "{registered} {text} {place:?}");
            assert!(other.is_none_or(|o| o.ends_with(place.unwrap_or_default())), "{text} {place:?}");
        }
    }
}
