//! How old somebody is, and what grade a pupil is in.

use super::Reader;
use crate::query::Quantity;

/// Grade of the years in a kindergarten.
const KINDERGARTEN: f64 = 0.0;
/// Age that "学龄前" stands for: the last year before school.
const PRESCHOOL: f64 = 5.0;

impl Reader<'_> {
    /// 3岁, 三岁半.
    pub(super) fn age(&mut self, start: usize, value: f64, end: usize) {
        let half = self.chars.get(end) == Some(&'半');
        self.push(Quantity::Age, value + if half { 0.5 } else { 0.0 }, start, end + usize::from(half));
    }

    /// 学龄前, 学前班.
    pub(super) fn preschool(&mut self, i: usize) -> Option<usize> {
        if self.starts(i, "学龄前") {
            self.push(Quantity::Age, PRESCHOOL, i, i + 3);
            return Some(i + 3);
        }
        if self.starts(i, "学前班") {
            self.push(Quantity::Grade, KINDERGARTEN, i, i + 3);
            return Some(i + 3);
        }
        None
    }

    /// 招收6—36个月婴幼儿, 满18个月的宝宝: an age, not the time that a charge covers.
    pub(super) fn is_months_of_life(&self, start: usize, end: usize) -> bool {
        const IN_FRONT: &[&str] = &["招收", "收托", "月龄", "满", "出生", "适合", "面向", "招"];
        const BEHIND: &[&str] =
            &["婴", "宝", "幼儿", "月龄", "大的", "龄", "孩子", "以上婴", "以下婴", "左右的孩"];
        let front = self.before(start, 6);
        let front = front.trim_end_matches(|c: char| c.is_ascii_digit() || "个月-—~至到的为：:".contains(c));
        let behind = self.behind(end, 12);
        let behind = behind.trim_start_matches(|c: char| c.is_ascii_digit() || "个月-—~至到的".contains(c));
        IN_FRONT.iter().any(|w| front.ends_with(w)) || BEHIND.iter().any(|w| behind.starts_with(w))
    }

    /// 三年级, 七年级, 1—3年级.
    pub(super) fn grade(&mut self, start: usize, value: f64, end: usize) {
        if value.fract() == 0.0 && (1.0..=12.0).contains(&value) {
            self.push(Quantity::Grade, value, start, end);
        }
    }

    /// 初一 is the seventh year of school, 高三 the twelfth.
    pub(super) fn school_year(&mut self, i: usize) -> Option<usize> {
        const NOT_IN_FRONT: &[&str] = &["正月", "大年", "农历", "腊月", "年", "月"];
        const NOT_BEHIND: &[char] = &[
            '点', '些', '分', '米', '度', '截', '筹', '倍', '层', '成', '级', '次', '步', '十', '百', '千',
            '万', '等',
        ];
        let base = if self.chars[i] == '初' { 6.0 } else { 9.0 };
        let year = match self.chars.get(i + 1) {
            Some('一') => 1.0,
            Some('二') => 2.0,
            Some('三') => 3.0,
            _ => return None,
        };
        if self.chars.get(i + 2).is_some_and(|c| NOT_BEHIND.contains(c)) {
            return None;
        }
        let front = self.before(i, 2);
        if NOT_IN_FRONT.iter().any(|w| front.ends_with(w)) || front.ends_with(['最', '提', '升', '增', '更'])
        {
            return None;
        }
        self.push(Quantity::Grade, base + year, i, i + 2);
        Some(i + 2)
    }

    /// 幼儿园大班, 中班幼儿: not a class of many or few.
    pub(super) fn kindergarten(&mut self, i: usize) -> Option<usize> {
        if self.chars.get(i + 1) != Some(&'班') {
            return None;
        }
        let front = self.before(i, 4);
        let behind = self.behind(i + 2, 2);
        let told = ["幼儿园", "园里", "读", "升", "刚上", "在上"].iter().any(|w| front.ends_with(w))
            || ["幼儿", "孩子", "小朋", "宝宝", "儿童", "毕业", "升一", "升小", "家长"]
                .iter()
                .any(|w| behind.starts_with(w));
        if !told {
            return None;
        }
        self.push(Quantity::Grade, KINDERGARTEN, i, i + 2);
        Some(i + 2)
    }
}
