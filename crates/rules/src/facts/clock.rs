//! Times of day, and when a class ends that begins at one and takes so many lessons.

use super::Reader;
use crate::numerals;
use crate::query::Quantity;

/// Minutes of half a day and of a day.
const HALF_DAY: f64 = 720.0;
const DAY: f64 = 1440.0;
/// How far behind its beginning the length of a class may be told.
const REACH: usize = 40;
/// Longest class that is believed, in minutes.
const LONGEST: f64 = 360.0;

/// A time of day at a place of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    minutes: f64,
    start: usize,
    end: usize,
    /// 晚, 下午 stands in front of it.
    evening: bool,
    /// It is the second of a range: 18:30—20:00.
    second: bool,
}

/// A length of time: minutes, of one lesson or of the whole class.
#[derive(Debug, Clone, Copy)]
pub(super) struct Duration {
    minutes: f64,
    start: usize,
    end: usize,
    per_lesson: bool,
}

impl Reader<'_> {
    /// 20:30, 21点, 晚9点半, 八点五十, 18时30分; the value is minutes after midnight.
    pub(super) fn clock(&mut self, start: usize, hour: f64, after: usize) -> Option<usize> {
        if hour.fract() != 0.0 || !(0.0..=24.0).contains(&hour) {
            return None;
        }
        let (minute, end) = self.minute(after)?;
        let mut minutes = hour * 60.0 + minute;
        let (evening, second) = self.part_of_day(start);
        let night = ["夜", "半夜", "凌晨"].iter().any(|w| self.before(start, 3).contains(w));
        if evening {
            if night && hour < 6.0 {
                // 夜里一点 comes after the evening.
                minutes += DAY;
            } else if minutes < HALF_DAY || (hour == 12.0 && !self.before(start, 4).contains('午')) {
                minutes += HALF_DAY;
            }
        }
        self.push(Quantity::TimeOfDay, minutes, start, end);
        self.clocks.push(Clock { minutes, start, end, evening, second });
        Some(end)
    }

    /// What follows the hour, and where it ends: `:30`, 点, 点半, 点一刻, 点五十, 时30分.
    fn minute(&self, after: usize) -> Option<(f64, usize)> {
        let mark = self.chars.get(after)?;
        if matches!(mark, ':' | '：') {
            let minute = numerals::read(self.chars.get(after + 1..)?)?;
            return (minute.len == 2 && minute.value < 60.0).then_some((minute.value, after + 3));
        }
        if !matches!(mark, '点' | '时')
            || self.any(after, &["点多", "时间", "点击", "点评", "时段", "点名", "时期"]).is_some()
        {
            return None;
        }
        let end = after + 1;
        if self.chars.get(end) == Some(&'半') {
            return Some((30.0, end + 1));
        }
        if let Some(quarters) = [("一刻", 15.0), ("三刻", 45.0)].iter().find(|(w, _)| self.starts(end, w))
        {
            return Some((quarters.1, end + 2));
        }
        let minute = numerals::read(&self.chars[end..]).filter(|m| m.value < 60.0 && m.value.fract() == 0.0);
        match minute {
            Some(m) if self.chars.get(end + m.len) == Some(&'分') => Some((m.value, end + m.len + 1)),
            // 八点五十 without 分; 八点三个人 counts something else.
            Some(m) if *mark == '点' && m.len >= 2 && m.value >= 5.0 && self.ends_phrase(end + m.len) => {
                Some((m.value, end + m.len))
            }
            _ => Some((0.0, end)),
        }
    }

    /// Nothing that a number could count follows.
    fn ends_phrase(&self, i: usize) -> bool {
        const AFTER_TIMES: &[char] = &[
            '，', '。', '、', '；', '！', '？', '）', ')', '”', '-', '—', '~', '至', '到', '才', '还', '仍',
            '下', '上', '放', '结', '开', '前', '后', '了', '许', '左', '的', '就', '都', '起', '以', '教',
            '课', '孩', '学', ' ', '\n', '|',
        ];
        self.chars.get(i).is_none_or(|c| AFTER_TIMES.contains(c))
    }

    /// Whether it is in the afternoon or later, and whether it is the second end of a range.
    fn part_of_day(&self, start: usize) -> (bool, bool) {
        let last = self.clocks.last().filter(|c| {
            let between = self.chars.get(c.end..start).unwrap_or_default();
            !between.is_empty() && between.len() <= 3 && between.iter().all(|c| "-—~至到～ ".contains(*c))
        });
        let before = self.before(start, 6);
        let said = ["晚", "下午", "夜", "傍晚"].iter().any(|w| before.contains(w));
        (said || last.is_some_and(|c| c.evening), last.is_some())
    }

    /// 45分钟, 两小时, 一个半小时.
    pub(super) fn duration(&mut self, start: usize, value: f64, after: usize, end: usize) {
        const PER_LESSON: &[&str] =
            &["每课时", "每节", "每节课", "每堂", "每堂课", "一节", "一节课", "单节", "课时", "每课", "节课"];
        let minutes = match self.chars.get(after) {
            Some('分') => value,
            _ if self.starts(after, "个半小时") => value * 60.0 + 30.0,
            _ => value * 60.0,
        };
        let front = self.before(start, 4);
        let front = front.trim_end_matches(['为', '：', ':', '约', '时', '长', ' ']);
        let per_lesson = PER_LESSON.iter().any(|w| front.ends_with(w))
            || self.any(end, &["/节", "/课时", "一节", "每节"]).is_some();
        self.durations.push(Duration { minutes, start, end, per_lesson });
    }

    /// "19:30集合，每次训练两课时，每课时50分钟" ends at 21:10.
    pub(super) fn endings(&mut self) {
        const BEGINS: &[&str] =
            &["开始", "开课", "上课", "集合", "开班", "开练", "起", "开讲", "入场", "签到", "准时"];
        let clocks = std::mem::take(&mut self.clocks);
        for (n, clock) in clocks.iter().enumerate() {
            let ranged = clock.second || clocks.get(n + 1).is_some_and(|next| next.second);
            let behind = self.behind(clock.end, 4);
            if ranged || !BEGINS.iter().any(|w| behind.contains(w)) {
                continue;
            }
            let reach = clocks.get(n + 1).map_or(usize::MAX, |next| next.start).min(clock.end + REACH);
            let first = self.durations.partition_point(|d| d.start < clock.end);
            let Some(length) = self.durations.get(first).filter(|d| d.start < reach) else { continue };
            let line = self.chars.get(clock.end..length.start).unwrap_or_default();
            if line.contains(&'\n') {
                continue;
            }
            let count =
                if length.per_lesson { self.lessons_between(clock.end, length.end + 8) } else { Some(1.0) };
            let Some(total) = count.map(|c| c * length.minutes).filter(|t| *t <= LONGEST) else { continue };
            let end = length.end;
            self.push(Quantity::TimeOfDay, clock.minutes + total, clock.start, end);
        }
    }

    /// How many lessons are taken in a row, told between two places.
    fn lessons_between(&self, from: usize, upto: usize) -> Option<f64> {
        let next = self.lessons.partition_point(|(_, start, _)| *start < from);
        self.lessons.get(next).filter(|(count, start, _)| *start < upto && *count <= 8.0).map(|l| l.0)
    }
}
