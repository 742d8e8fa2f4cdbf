//! Quantities stated by a text: lessons, yuan, months, clock times, ages.

use crate::numerals;
use crate::query::{Comparison, Fact, Quantity};

/// One quantity at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    pub quantity: Quantity,
    pub value: f64,
    pub start: usize,
    pub end: usize,
}

impl Reading {
    /// True when the fact of a rule holds for it.
    pub(crate) fn satisfies(&self, fact: &Fact) -> bool {
        self.quantity == fact.quantity
            && match fact.comparison {
                Comparison::Less => self.value < fact.value,
                Comparison::LessOrEqual => self.value <= fact.value,
                Comparison::Equal => (self.value - fact.value).abs() < 1e-9,
                Comparison::GreaterOrEqual => self.value >= fact.value,
                Comparison::Greater => self.value > fact.value,
            }
    }
}

/// Characters without which no text states a quantity of the kind: what opens a rule whose only condition is a fact.
pub(crate) fn openers(quantity: Quantity) -> &'static [&'static str] {
    match quantity {
        Quantity::Lessons => &["课时", "节", "次", "讲", "堂"],
        Quantity::Amount => &["元", "块", "¥", "￥"],
        Quantity::Months => &["个月", "年", "学期", "月"],
        Quantity::TimeOfDay => &[":", "：", "点", "时"],
        Quantity::Age => &["岁"],
    }
}

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

/// Reads every quantity of a text in normal form. `at` is added to every place. Linear in the length of the text.
pub(crate) fn read_facts(text: &str, at: usize, out: &mut Vec<Reading>) {
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader {
        chars: &chars,
        at,
        out,
        lessons: Vec::new(),
        unit_prices: Vec::new(),
        weeks: None,
        dates: Vec::new(),
    };
    let mut i = 0;
    while i < chars.len() {
        i = reader.step(i);
    }
    reader.products();
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    out: &'a mut Vec<Reading>,
    /// Lesson counts (value, start, end) and prices per lesson, for the product of the two.
    lessons: Vec<(f64, usize, usize)>,
    unit_prices: Vec<(f64, usize, usize)>,
    /// Weeks of a course or lessons a week, whichever came first.
    weeks: Option<Rhythm>,
    /// Calendar days, for "9月1日至次年1月15日".
    dates: Vec<(u32, u32, usize, usize)>,
}

#[derive(Clone, Copy)]
struct Rhythm {
    weeks: Option<f64>,
    per_week: Option<f64>,
    start: usize,
    end: usize,
}

impl Reader<'_> {
    /// Looks at one place and returns the next one to look at.
    fn step(&mut self, i: usize) -> usize {
        if let Some(next) = self.word(i) {
            return next;
        }
        let Some(number) = numerals::read(&self.chars[i..]) else { return i + 1 };
        let after = i + number.len;
        if i > 0 && matches!(self.chars[i - 1], '第' | '.') {
            return after;
        }
        // "18:30" and "3—6岁" begin with a number as well.
        if let Some(next) = self.clock(i, number.value, after) {
            return next;
        }
        self.unit(i, number.value, after);
        after
    }

    fn starts(&self, i: usize, word: &str) -> bool {
        word.chars().zip(i..).all(|(c, place)| self.chars.get(place) == Some(&c))
    }

    fn any(&self, i: usize, words: &[&str]) -> Option<usize> {
        words.iter().find(|w| self.starts(i, w)).map(|w| w.chars().count())
    }

    fn before(&self, i: usize, within: usize) -> String {
        self.chars[i.saturating_sub(within)..i].iter().collect()
    }

    fn push(&mut self, quantity: Quantity, value: f64, start: usize, end: usize) {
        self.out.push(Reading { quantity, value, start: self.at + start, end: self.at + end });
    }

    /// Words that are a quantity without a number.
    fn word(&mut self, i: usize) -> Option<usize> {
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
        if self.chars[i] != '年' && !matches!(self.chars[i], '全' | '半' | '整' | '学' | '终') {
            return None;
        }
        let (word, months) = WHOLE.iter().find(|(w, _)| self.starts(i, w))?;
        let end = i + word.chars().count();
        // "三年卡" is read as three years where the number stands.
        if *word == "年卡" && i > 0 && numerals::read(&self.chars[i - 1..]).is_some() {
            return None;
        }
        self.push(Quantity::Months, *months, i, end);
        Some(end)
    }

    /// 20:30, 21点, 晚9点半, 18时30分; the value is minutes after midnight.
    fn clock(&mut self, start: usize, hour: f64, after: usize) -> Option<usize> {
        if hour.fract() != 0.0 || !(0.0..=24.0).contains(&hour) {
            return None;
        }
        let (mut minutes, mut end) = (hour * 60.0, after);
        match self.chars.get(after) {
            Some(':' | '：') => {
                let minute =
                    numerals::read(&self.chars[after + 1..]).filter(|m| m.len == 2 && m.value < 60.0)?;
                minutes += minute.value;
                end += 1 + minute.len;
            }
            Some('点' | '时')
                if !self.starts(after, "点多")
                    && !self.starts(after, "时间")
                    && !self.starts(after, "点击") =>
            {
                end += 1;
                if self.chars.get(end) == Some(&'半') {
                    minutes += 30.0;
                    end += 1;
                } else if let Some(minute) = numerals::read(&self.chars[end..])
                    .filter(|m| m.value < 60.0 && self.chars.get(end + m.len) == Some(&'分'))
                {
                    minutes += minute.value;
                    end += minute.len + 1;
                }
            }
            _ => return None,
        }
        let before = self.before(start, 6);
        let evening = ["晚", "下午", "夜"].iter().any(|w| before.contains(w));
        if evening && minutes < 720.0 {
            minutes += 720.0;
        }
        self.push(Quantity::TimeOfDay, minutes, start, end);
        Some(end)
    }

    fn unit(&mut self, start: usize, value: f64, after: usize) {
        if let Some(len) = self.any(after, &["课时", "节课", "次课", "堂课", "讲", "节", "次", "堂"])
        {
            self.lesson(start, value, after, after + len);
        } else if self.any(after, &["元", "块钱", "块"]).is_some()
            || (start > 0 && matches!(self.chars[start - 1], '¥' | '￥'))
        {
            self.amount(start, value, after);
        } else if self.any(after, &["个月", "年", "学期", "学年", "个学期", "季度", "个季度"]).is_some()
        {
            self.months(start, value, after);
        } else if self.chars.get(after) == Some(&'岁') || self.starts(after, "周岁") {
            self.push(Quantity::Age, value, start, after + 1);
        } else if let Some(upper) = self.range_end(after) {
            // The lower end of "3—6岁".
            if self.chars.get(upper.1) == Some(&'岁') || self.starts(upper.1, "周岁") {
                self.push(Quantity::Age, value, start, upper.1 + 1);
            }
        } else if self.chars.get(after) == Some(&'周')
            && !self.starts(after, "周岁")
            && !self.starts(after, "周年")
        {
            self.rhythm(start, after + 1, Some(value), None);
        } else if self.chars.get(after) == Some(&'月') {
            self.date(start, value, after);
        }
    }

    /// A second number after a dash: its value and the place after it.
    fn range_end(&self, after: usize) -> Option<(f64, usize)> {
        let mut i = after;
        while i < after + 2 && matches!(self.chars.get(i), Some('-' | '—' | '~' | '至' | '到')) {
            i += 1;
        }
        (i > after).then(|| numerals::read(&self.chars[i..])).flatten().map(|n| (n.value, i + n.len))
    }

    fn lesson(&mut self, start: usize, value: f64, after: usize, end: usize) {
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
    fn rhythm(&mut self, start: usize, end: usize, weeks: Option<f64>, per_week: Option<f64>) {
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

    fn amount(&mut self, start: usize, value: f64, after: usize) {
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
        if ["每课时", "每节", "每次", "每小时", "单节", "单次", "每讲", "单课时", "单价", "每堂"]
            .iter()
            .any(|w| before.contains(w))
        {
            self.unit_prices.push((value, start, end));
            return;
        }
        if !NOT_A_PRICE.iter().any(|w| before.contains(w)) {
            self.push(Quantity::Amount, value, start, end);
        }
    }

    fn months(&mut self, start: usize, value: f64, after: usize) {
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
    fn date(&mut self, start: usize, month: f64, after: usize) {
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
    fn products(&mut self) {
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

#[cfg(test)]
mod tests;
