//! Quantities stated by a text: lessons, yuan, months, clock times, ages, grades.

mod age;
mod charge;
mod clock;

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
        Quantity::Amount => &["元", "块", "¥", "￥", "价", "学费", "仅需", "只要"],
        Quantity::Months => &["个月", "年", "学期", "月", "天"],
        Quantity::TimeOfDay => &[":", "：", "点", "时"],
        Quantity::Age => &["岁", "个月", "学龄前"],
        Quantity::Grade => &["年级", "初", "高", "班", "幼儿园"],
    }
}

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
        clocks: Vec::new(),
        durations: Vec::new(),
    };
    let mut i = 0;
    while i < chars.len() {
        i = reader.step(i);
    }
    reader.products();
    reader.endings();
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    out: &'a mut Vec<Reading>,
    /// Lesson counts (value, start, end) and prices per lesson, for the product of the two.
    lessons: Vec<(f64, usize, usize)>,
    unit_prices: Vec<(f64, usize, usize)>,
    /// Weeks of a course or lessons a week, whichever came first.
    weeks: Option<charge::Rhythm>,
    /// Calendar days, for "9月1日至次年1月15日".
    dates: Vec<(u32, u32, usize, usize)>,
    /// Clock times and lengths of lessons, for the time at which a class ends.
    clocks: Vec<clock::Clock>,
    durations: Vec<clock::Duration>,
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

    /// The length of the first of these words that stands at a place.
    fn any(&self, i: usize, words: &[&str]) -> Option<usize> {
        words.iter().find(|w| self.starts(i, w)).map(|w| w.chars().count())
    }

    fn before(&self, i: usize, within: usize) -> String {
        self.chars[i.saturating_sub(within)..i].iter().collect()
    }

    fn behind(&self, i: usize, within: usize) -> String {
        self.chars.iter().skip(i).take(within).collect()
    }

    fn push(&mut self, quantity: Quantity, value: f64, start: usize, end: usize) {
        self.out.push(Reading { quantity, value, start: self.at + start, end: self.at + end });
    }

    /// Words that are a quantity without a number.
    fn word(&mut self, i: usize) -> Option<usize> {
        match self.chars[i] {
            '年' | '全' | '半' | '整' | '终' => self.whole_charge(i),
            '学' => self.whole_charge(i).or_else(|| self.preschool(i)),
            '初' | '高' => self.school_year(i),
            '大' | '中' | '小' => self.kindergarten(i),
            _ => None,
        }
    }

    fn unit(&mut self, start: usize, value: f64, after: usize) {
        if let Some(len) = self.any(after, &["课时", "节课", "次课", "堂课", "讲", "节", "次", "堂"])
        {
            self.lesson(start, value, after, after + len);
        } else if self.any(after, &["元", "块钱", "块"]).is_some()
            || (start > 0 && matches!(self.chars[start - 1], '¥' | '￥'))
        {
            self.amount(start, value, after);
        } else if self.starts(after, "年级") {
            self.grade(start, value, after + 2);
        } else if self.any(after, &["个月", "年", "学期", "学年", "个学期", "季度", "个季度"]).is_some()
        {
            self.months(start, value, after);
        } else if let Some(len) = self.any(after, &["分钟", "个半小时", "个小时", "小时"]) {
            self.duration(start, value, after, after + len);
        } else if let Some(len) = self.any(after, &["周岁", "岁"]) {
            self.age(start, value, after + len);
        } else if let Some(upper) = self.range_end(after) {
            self.lower_end(start, value, upper);
        } else if self.chars.get(after) == Some(&'周') && !self.starts(after, "周年") {
            self.rhythm(start, after + 1, Some(value), None);
        } else if self.chars.get(after) == Some(&'月') {
            self.date(start, value, after);
        } else if self.chars.get(after) == Some(&'天') {
            self.days(start, value, after + 1);
        } else {
            self.bare_price(start, value, after);
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

    /// The lower end of "3—6岁", "6—36个月婴幼儿", "一至三年级".
    fn lower_end(&mut self, start: usize, value: f64, (_, after): (f64, usize)) {
        if let Some(len) = self.any(after, &["周岁", "岁"]) {
            self.push(Quantity::Age, value, start, after + len);
        } else if self.starts(after, "年级") {
            self.grade(start, value, after + 2);
        } else if self.starts(after, "个月") && self.is_months_of_life(start, after + 2) {
            self.push(Quantity::Age, value / 12.0, start, after + 2);
        }
    }
}

#[cfg(test)]
mod tests;
