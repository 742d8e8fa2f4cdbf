//! What a course costs: lessons, prices, the time that one charge covers.

use super::Reader;
use crate::numerals;
use crate::query::Quantity;

/// Money that is no price: fines, sums of a case, subsidies, deposits of the operator.
const NOT_A_PRICE: &[&str] = &[
    "罚款",
    "罚金",
    "没收",
    "涉案",
    "合计",
    "共计",
    "总计",
    "累计",
    "涉及",
    "总额",
    "补贴",
    "补助",
    "奖金",
    "注册资本",
    "追回",
    "挽回",
    "欠租",
    "租金",
    "工资",
    "月薪",
    "年薪",
    "违法所得",
    "退还",
    "损失",
    "捐赠",
    "捐款",
    "赔偿",
    "资金",
    "总收入",
    "投资",
    "所得",
    "报酬",
    "收缴",
    "罚没",
    "获利",
    "牟利",
    "收入",
    "价值",
    "原价",
    "欠薪",
    "房租",
    "月租",
    "年租",
    "奖励",
    "挪用",
    "保证金",
    "开办资金",
    "流水",
    "营业额",
    "退回",
    "先行赔付",
    "赔付",
    "医疗费",
    "医药费",
    "保额",
    "保险",
    "筹集",
    "垫付",
    "贪",
];

/// The same behind the amount: 处5万元罚款.
const NO_PRICE_BEHIND: &[&str] = &[
    "罚款",
    "的罚款",
    "罚金",
    "违法所得",
    "赔偿",
    "补贴",
    "补助",
    "奖金",
    "工资",
    "报酬",
    "损失",
    "租金",
    "欠款",
];

/// After an amount: it is the price of one lesson. The normal form has no slash between two Han characters.
const PER_LESSON: &[&str] = &[
    "/节",
    "/课时",
    "/次",
    "/小时",
    "/时",
    "/堂",
    "/讲",
    "节",
    "课时",
    "次",
    "小时",
    "时",
    "堂",
    "讲",
    "一节",
    "一次",
    "每节",
    "每课时",
    "每次",
    "一课时",
    "1节",
    "一堂",
];

#[derive(Clone, Copy)]
pub(super) struct Rhythm {
    weeks: Option<f64>,
    per_week: Option<f64>,
    start: usize,
    end: usize,
}

impl Reader<'_> {
    /// 年卡, 全学年: months without a number.
    pub(super) fn whole_charge(&mut self, i: usize) -> Option<usize> {
        const WHOLE: &[(&str, f64)] = &[
            ("年卡", 12.0),
            ("年费", 12.0),
            ("全年班", 12.0),
            ("全年制", 12.0),
            ("全年卡", 12.0),
            ("半年卡", 6.0),
            ("整学年", 10.0),
            ("学年卡", 10.0),
            ("全学年", 10.0),
            ("终身卡", 600.0),
        ];
        let (word, months) = WHOLE.iter().find(|(w, _)| self.starts(i, w))?;
        let end = i + word.chars().count();
        // "三年卡" is read as three years where the number stands.
        if *word == "年卡" && i > 0 && numerals::read(&self.chars[i - 1..]).is_some() {
            return None;
        }
        self.push(Quantity::Months, *months, i, end);
        Some(end)
    }

    pub(super) fn lesson(&mut self, start: usize, value: f64, after: usize, end: usize) {
        let before = self.before(start, 3);
        let ambiguous = end == after + 1;
        if ambiguous && value < 2.0 {
            return;
        }
        let followed = self.chars.get(end).copied();
        if ambiguous
            && matches!(followed, Some('性' | '日' | '课' | '者' | '以'))
            && !self.starts(after, "节课")
            && !self.starts(after, "次课")
        {
            return;
        }
        let weekly = ["每周", "一周", "周"].iter().any(|w| before.ends_with(w));
        if weekly {
            self.rhythm(start, end, None, Some(value));
            return;
        }
        if before.ends_with('每') || before.ends_with("每天") || before.ends_with("每日") {
            return;
        }
        self.lessons.push((value, start, end));
        self.push(Quantity::Lessons, value, start, end);
    }

    /// "48周" and "每周2课时" make 96 together when they stand within one or two clauses.
    pub(super) fn rhythm(&mut self, start: usize, end: usize, weeks: Option<f64>, per_week: Option<f64>) {
        let near = self.weeks.filter(|r| start.saturating_sub(r.end) <= 24);
        let (earlier_weeks, earlier_rate, from) =
            near.map_or((None, None, start), |r| (r.weeks, r.per_week, r.start));
        let (weeks, per_week) = (weeks.or(earlier_weeks), per_week.or(earlier_rate));
        if let (Some(w), Some(p)) = (weeks, per_week) {
            self.lessons.push((w * p, from, end));
            self.push(Quantity::Lessons, w * p, from, end);
            self.weeks = None;
        } else {
            self.weeks = Some(Rhythm { weeks, per_week, start: from, end });
        }
    }

    pub(super) fn amount(&mut self, start: usize, value: f64, after: usize) {
        let unit = self.any(after, &["元", "块钱", "块"]).unwrap_or(0);
        let end = after + unit;
        if let Some(more) = self.any(end, PER_LESSON) {
            self.unit_prices.push((value, start, end + more));
            return;
        }
        if self.any(end, &["/天", "/日", "天", "日", "一天", "每天", "/餐", "餐"]).is_some() {
            return;
        }
        let before = self.before(start, 8);
        // What stands in front of another amount belongs to that one.
        let before = before.rsplit(['元', '。', '；', '|', '\n']).next().unwrap_or_default();
        let phrase = before.rsplit('，').next().unwrap_or_default();
        if ["每课时", "每节", "每次", "每小时", "单节", "单次", "每讲", "单课时", "单价", "每堂"]
            .iter()
            .any(|w| phrase.contains(w))
        {
            self.unit_prices.push((value, start, end));
            return;
        }
        if !NOT_A_PRICE.iter().any(|w| before.contains(w)) && self.any(end, NO_PRICE_BEHIND).is_none() {
            self.push(Quantity::Amount, value, start, end);
            self.charged_period(start, end);
        }
    }

    /// 1980元/年: the charge covers a year. The normal form has no slash between two Han characters.
    fn charged_period(&mut self, start: usize, end: usize) {
        const PERIODS: &[(&str, f64)] =
            &[("学年", 10.0), ("半年", 6.0), ("学期", 5.0), ("每学期", 5.0), ("每年", 12.0), ("年", 12.0)];
        const OTHER_WORDS: &str = "底初末前后度终来货龄间级会月内";
        let Some((word, months)) = PERIODS.iter().find(|(w, _)| self.starts(end, w)) else { return };
        let behind = end + word.chars().count();
        if self.chars.get(behind).is_none_or(|c| !OTHER_WORDS.contains(*c)) {
            self.push(Quantity::Months, *months, start, behind);
        }
    }

    /// 现价26800, 学费：9800: a price without its unit.
    pub(super) fn bare_price(&mut self, start: usize, value: f64, after: usize) {
        const PRICES: &[&str] = &[
            "现价",
            "特价",
            "优惠价",
            "活动价",
            "团购价",
            "会员价",
            "体验价",
            "售价",
            "节价",
            "日价",
            "学费",
            "仅需",
            "只要",
        ];
        let before = self.before(start, 6);
        let before = before.trim_end_matches(['：', ':', ' ', '为', '仅']);
        let ended = self.chars.get(after).is_none_or(|c| !c.is_alphanumeric());
        if ended && value >= 100.0 && PRICES.iter().any(|w| before.ends_with(w)) {
            self.push(Quantity::Amount, value, start, after);
        }
    }

    /// 365天会员, 有效期180天: days that a charge covers.
    pub(super) fn days(&mut self, start: usize, value: f64, end: usize) {
        let behind = self.any(end, &["会员", "卡", "畅", "无限", "不限", "有效"]).is_some();
        let before = self.before(start, 5);
        if behind || ["有效期", "会员期", "有效期为", "期限"].iter().any(|w| before.ends_with(w))
        {
            self.push(Quantity::Months, value * 12.0 / 365.0, start, end);
        }
    }

    pub(super) fn months(&mut self, start: usize, value: f64, after: usize) {
        if self.starts(after, "个月") && self.is_months_of_life(start, after + 2) {
            self.push(Quantity::Age, value / 12.0, start, after + 2);
            return;
        }
        let Some((unit, months)) = [
            ("个月", 1.0),
            ("个学期", 5.0),
            ("学期", 5.0),
            ("学年", 10.0),
            ("个季度", 3.0),
            ("季度", 3.0),
            ("年", 12.0),
        ]
        .into_iter()
        .find(|(w, _)| self.starts(after, w)) else {
            return;
        };
        let end = after + unit.chars().count();
        if unit.ends_with("学期") || unit == "学年" {
            let behind: String = self.chars[end..(end + 4).min(self.chars.len())].iter().collect();
            let around = self.before(start, 6) + &behind;
            if !["元", "费", "收", "缴", "交", "付", "卡", "报"].iter().any(|w| around.contains(w)) {
                return;
            }
        }
        if unit == "年" {
            let names_a_span = self.any(
                end,
                &[
                    "卡",
                    "有效",
                    "期",
                    "的学费",
                    "的托费",
                    "学费",
                    "托费",
                    "费",
                    "课",
                    "班",
                    "制",
                    "起",
                    "套餐",
                    "通",
                    "会员",
                    "全日",
                    "一次",
                    "交",
                    "内",
                    "不限",
                ],
            );
            let charge_before = ["一次", "交", "报", "付", "买", "收", "缴", "卡", "有效"]
                .iter()
                .any(|w| self.before(start, 4).contains(w));
            if value > 10.0 || (names_a_span.is_none() && !charge_before) {
                return;
            }
        }
        self.push(Quantity::Months, value * months, start, end);
    }

    /// A day of the year; two of them joined by a dash are a stretch of time.
    pub(super) fn date(&mut self, start: usize, month: f64, after: usize) {
        let Some(day) = numerals::read(&self.chars[after + 1..]) else { return };
        let mut end = after + 1 + day.len;
        if matches!(self.chars.get(end), Some('日' | '号')) {
            end += 1;
        }
        if !(1.0..=12.0).contains(&month) || !(1.0..=31.0).contains(&day.value) {
            return;
        }
        let (month, day) = (month as u32, day.value as u32);
        if let Some(&(from_month, from_day, from, from_end)) = self.dates.last() {
            let between: String = self.chars.get(from_end..start).unwrap_or_default().iter().collect();
            let joined = between.chars().count() <= 8
                && between.chars().any(|c| matches!(c, '-' | '—' | '~' | '至' | '到'));
            if joined {
                let days = i64::from(month * 30 + day) - i64::from(from_month * 30 + from_day);
                let next_year = between.contains("次年") || between.contains("明年") || days < 0;
                let days = days + if next_year { 360 } else { 0 };
                self.push(Quantity::Months, days as f64 / 30.0, from, end);
            }
        }
        self.dates.push((month, day, start, end));
    }

    /// Lessons × price per lesson, when both stand in one line and close together: the charge that the text leaves
    /// to the reader to work out.
    pub(super) fn products(&mut self) {
        const CLOSE: usize = 24;
        for (price, start, end) in std::mem::take(&mut self.unit_prices) {
            let near = self.lessons.partition_point(|(_, s, _)| *s < start);
            let candidates = [near.checked_sub(1), Some(near)];
            let best = candidates
                .into_iter()
                .flatten()
                .filter_map(|i| self.lessons.get(i).copied())
                .filter(|(_, s, e)| {
                    let (from, upto) = ((*e).min(end), (*s).max(start));
                    from.abs_diff(upto) <= CLOSE
                        && !self.chars[from.min(upto)..from.max(upto)].contains(&'\n')
                })
                .min_by_key(|(_, s, e)| if *e <= start { start - e } else { s.saturating_sub(end) });
            if let Some((count, s, e)) = best {
                self.push(Quantity::Amount, count * price, s.min(start), e.max(end));
            }
        }
    }
}
