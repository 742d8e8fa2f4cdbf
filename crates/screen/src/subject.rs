//! Who acts in a stretch of text, when it is none of the registered institutions that the article names.
//!
//! A word for somebody else breaks a tie only where it can be the one who acts: 食堂 right behind a name is the
//! institution's own, 在酒店 is a place, and 一家机构 before any name is the institution that will be named.

use crate::cues::Cue;
use crate::mentions::Mention;
use crate::tie::Scene;
use guanlan_rules::Document;
use std::collections::BTreeSet;
use std::ops::Range;

/// Words of one kind that are looked at in one stretch.
const MOST: usize = 20;

/// Characters behind 某 or 一家 in which the kind of establishment is named.
const KIND: usize = 8;

/// Endings of words for an establishment.
const ESTABLISHMENTS: &[&str] = &[
    "机构",
    "公司",
    "学校",
    "中心",
    "店",
    "馆",
    "班",
    "培训点",
    "托管点",
    "教学点",
    "园",
    "企业",
    "厂",
    "工作室",
    "训练营",
    "夏令营",
    "俱乐部",
    "琴行",
    "画室",
    "书院",
    "学堂",
    "营地",
    "基地",
    "酒吧",
    "会所",
];

/// Words of teaching and care: an establishment with one of them may be the institution that the article is about.
const OF_THE_TRADE: &[&str] = &[
    "培训",
    "机构",
    "学",
    "教",
    "托",
    "艺",
    "舞",
    "画",
    "琴",
    "棋",
    "泳",
    "球",
    "武",
    "拳",
    "道",
    "体",
    "营",
    "研",
    "书",
    "编程",
    "幼",
    "练",
    "辅",
    "中心",
    "公司",
    "工作室",
    "俱乐部",
    "基地",
];

/// 在青松舞蹈隔壁, 青松舞蹈北侧: the name only says where something is.
fn is_landmark(document: &Document<'_>, name: &Mention) -> bool {
    const SIDES: &[&str] = &[
        "隔壁",
        "对面",
        "旁边",
        "斜对面",
        "附近",
        "周边",
        "东侧",
        "西侧",
        "南侧",
        "北侧",
        "东边",
        "西边",
        "南边",
        "北边",
        "楼下的",
        "楼上的",
        "楼下一",
        "楼上一",
        "往东",
        "往西",
        "往南",
        "往北",
    ];
    let clause = document.clause(name.start);
    let upto = (name.end + 6).min(clause.end.max(name.end));
    let behind = document.slice(name.end, upto).trim_start_matches(['”', '」', '的']);
    let behind =
        ["基地", "校区", "门店", "大楼"].iter().find_map(|w| behind.strip_prefix(w)).unwrap_or(behind);
    SIDES.iter().any(|w| behind.starts_with(w))
}

/// Mentions of institutions that are only by: they say where something is, stand next door, or have the same name and
/// nothing to do with it.
pub(crate) fn bystanders(document: &Document<'_>, names: &[Mention]) -> Vec<bool> {
    let apart: BTreeSet<usize> =
        names.iter().filter(|name| is_apart(document, name)).map(|name| name.institution).collect();
    let mut by: Vec<bool> = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let joined = index > 0
            && by[index - 1]
            && is_aside(document, &names[index - 1])
            && matches!(document.slice(names[index - 1].end.min(name.start), name.start), "、" | "和" | "与");
        by.push(
            joined
                || apart.contains(&name.institution)
                || is_landmark(document, name)
                || is_aside(document, name),
        );
    }
    by
}

/// 楼上的青松舞蹈, 隔壁场地正在训练的青松舞蹈: next door to where something happens.
fn is_aside(document: &Document<'_>, name: &Mention) -> bool {
    const BY: &[&str] = &[
        "楼上",
        "楼下",
        "隔壁",
        "路过",
        "旁边",
        "一墙之隔",
        "同一栋楼",
        "同楼",
        "邻近",
        "正在附近",
        "正好路过",
    ];
    let clause = document.clause(name.start);
    let front = document.slice(clause.start, name.start).trim_end_matches(['“', '「']);
    front.ends_with('的') && front.chars().count() <= 14 && BY.iter().any(|w| front.starts_with(w))
}

/// 与同名的青松舞蹈没有关系, 青松舞蹈负责人说“我们跟那边没有关系”.
fn is_apart(document: &Document<'_>, name: &Mention) -> bool {
    const APART: &[&str] = &["无关", "没有关", "没关系", "关系", "关联", "无涉"];
    const NOT: &[&str] = &["无", "没", "不存在", "毫不"];
    const THEM: &[&str] = &["那边", "那家", "他们", "对方", "该店", "同名"];
    let clause = document.clause(name.start);
    let sentence = document.sentence(name.start);
    let front = document.slice(clause.start, name.start);
    let joined = front.rfind(['与', '和', '跟', '同']).is_some_and(|at| {
        let between: String = front[at..].chars().skip(1).collect();
        let between = between.trim_end_matches(['“', '「']);
        between.is_empty()
            || (between.ends_with('的') && between.chars().count() <= 20)
            || between.ends_with(['县', '市', '区'])
    });
    let denies = |text: &str| {
        APART
            .iter()
            .any(|w| text.find(w).is_some_and(|at| NOT.iter().any(|n| text[..at + w.len()].contains(n))))
    };
    if joined && denies(document.slice(name.end.min(clause.end), clause.end)) {
        return true;
    }
    let behind = document.slice(name.end.min(sentence.end), sentence.end);
    ["只是重名", "仅是重名", "仅重名", "恰好重名", "重名而已", "只是同名"].iter().any(|w| behind.contains(w))
        || (denies(behind)
            && THEM
                .iter()
                .any(|w| behind.find(w).is_some_and(|at| behind[..at].ends_with(['跟', '与', '和']))))
}

impl Scene<'_> {
    /// Somebody else acts inside a stretch.
    pub(crate) fn other_actor(&self, range: Range<usize>) -> bool {
        self.other_establishment(range.clone())
            || self.actor(Cue::Offsite, &range, |_| true)
            || self.actor(Cue::Bystander, &range, |place| !self.is_place(place) && !self.is_own(place))
    }

    /// Another establishment is brought up inside a stretch.
    pub(crate) fn other_establishment(&self, range: Range<usize>) -> bool {
        self.stranger_in(range.clone())
            || self.abroad(&range)
            || self.actor(Cue::Another, &range, |_| true)
            || self.actor(Cue::Unnamed, &range, |place| self.is_new(place))
            || self.actor(Cue::Indefinite, &range, |place| {
                (self.is_of_another_trade(place) && !self.is_place(place))
                    || (self.is_new(place) && self.is_establishment(place))
            })
    }

    /// Somebody the register does not know is named inside a stretch.
    pub(crate) fn stranger_in(&self, range: Range<usize>) -> bool {
        let next = self.strangers.partition_point(|s| s.start < range.start);
        self.strangers.get(next).is_some_and(|s| s.start < range.end)
    }

    /// A name of the register is used in another county inside a stretch.
    fn abroad(&self, range: &Range<usize>) -> bool {
        let next = self.elsewhere.partition_point(|(s, _, _)| *s < range.start);
        self.elsewhere.get(next).is_some_and(|(s, _, _)| *s < range.end)
    }

    /// A cue outside of every name stands in a stretch and passes a check.
    fn actor(&self, cue: Cue, range: &Range<usize>, acts: impl Fn((usize, usize)) -> bool) -> bool {
        let words = self.cues.within(cue, range.clone());
        words.iter().copied().take(MOST).any(|place| !self.inside_name(place.0) && acts(place))
    }

    pub(crate) fn inside_name(&self, place: usize) -> bool {
        let next = self.mentions.partition_point(|m| m.end <= place);
        self.mentions.get(next).is_some_and(|m| m.start <= place)
    }

    /// 在邻市一家酒店, 酒店门口: where something happens.
    fn is_place(&self, (start, end): (usize, usize)) -> bool {
        const FRONT: &[char] = &['在', '到', '从', '于', '往', '去', '至', '进', '经', '离'];
        const REACH: usize = 5;
        const BEHIND: &[&str] = &["里", "内", "门口", "门前", "旁", "外", "对面"];
        let clause = self.document.clause(start);
        let front = self.document.slice(start.saturating_sub(REACH).max(clause.start), start);
        let behind = self.document.slice(end, (end + 2).min(clause.end.max(end)));
        front.ends_with(FRONT) || front.contains(['在', '于']) || BEHIND.iter().any(|w| behind.starts_with(w))
    }

    /// 青松舞蹈的食堂, 该校食堂: a part of the institution.
    fn is_own(&self, (start, _): (usize, usize)) -> bool {
        const NEAR: usize = 2;
        let last = self.mentions.partition_point(|m| m.end <= start).checked_sub(1);
        let behind_name = last.is_some_and(|i| {
            let end = self.mentions[i].end;
            start - end <= NEAR && matches!(self.document.slice(end, start), "" | "的" | "”" | "”的")
        });
        let clause = self.document.clause(start);
        let front = self.document.slice(start.saturating_sub(NEAR).max(clause.start), start);
        behind_name
            || ["其", "校", "园", "馆", "机构", "中心", "自家", "自设", "自办"]
                .iter()
                .any(|w| front.ends_with(w))
    }

    /// An unnamed establishment is somebody new once the text has named the only institution that it is about; before,
    /// it is the way to introduce it. 是一家, 作为一家 describe the one that was named.
    fn is_new(&self, (start, _): (usize, usize)) -> bool {
        let clause = self.document.clause(start);
        let front = self.document.slice(start.saturating_sub(2).max(clause.start), start);
        let describes = ["是", "为", "系", "成", "叫", "像", "任何", "每"].iter().any(|w| front.ends_with(w));
        let body = self.document.body_start();
        let named = || self.mentions.iter().any(|m| m.start >= body && m.end <= start);
        !describes && (self.only.is_none() || named() || self.is_away(start))
    }

    /// 安平县某公司: in a place that is not in the address of anybody who is named.
    fn is_away(&self, start: usize) -> bool {
        const LONGEST: usize = 4;
        let clause = self.document.clause(start);
        let front = self.document.slice(start.saturating_sub(LONGEST).max(clause.start), start);
        if ["邻县", "临县", "邻市", "临市", "外县", "外市", "外地", "外省"].iter().any(|w| front.ends_with(w))
        {
            return true;
        }
        let Some(suffix) = front.chars().last().filter(|c| matches!(c, '市' | '县' | '省' | '州')) else {
            return false;
        };
        let place: Vec<char> = front.chars().collect();
        let [.., a, b, _] = place[..] else { return false };
        if ['我', '本', '全', '该', '某', '出', '在', '各'].contains(&b) {
            return false;
        }
        let name: String = [a, b, suffix].iter().collect();
        let home = |m: &Mention| {
            let of = self.institutions.get(m.institution);
            of.is_none_or(|i| i.name.contains(&name) || i.address.contains(&name))
        };
        !self.mentions.iter().take(MOST).any(home)
    }

    /// 一家马场, 一家饭店: no institution of the trade.
    fn is_of_another_trade(&self, (start, end): (usize, usize)) -> bool {
        const SHOPS: &[char] =
            &['场', '店', '馆', '厂', '吧', '房', '院', '所', '行', '社', '城', '铺', '厅', '坊', '摊'];
        let clause = self.document.clause(start);
        let behind: String = self.document.slice(end, (end + 5).min(clause.end.max(end))).chars().collect();
        self.document.slice(start, end) == "一家"
            && !OF_THE_TRADE.iter().any(|w| behind.contains(w))
            && behind.chars().take_while(|c| !"的，、（“".contains(*c)).skip(1).any(|c| SHOPS.contains(&c))
    }

    /// 对饭店负责人立案: an authority acts inside the stretch, and against somebody else.
    pub(crate) fn aimed_elsewhere(&self, range: Range<usize>) -> bool {
        const NEAR: usize = 15;
        let acts = self.cues.within(Cue::Acted, range);
        !acts.is_empty()
            && acts.iter().take(MOST).all(|&(act, _)| {
                let from = act.saturating_sub(NEAR).max(self.document.clause(act).start);
                let front = self.document.slice(from, act);
                let Some(at) = front.rfind('对') else { return false };
                let target = from + front[..at].chars().count()..act;
                let other = [Cue::Bystander, Cue::Unnamed, Cue::Spreader]
                    .iter()
                    .any(|cue| self.cues.any_in(*cue, target.clone()));
                other
                    && !self.cues.any_in(Cue::Reference, target.clone())
                    && self.mentions_in(target).is_empty()
            })
    }

    /// 某文化公司, 一家舞蹈机构: the kind of establishment follows.
    pub(crate) fn is_establishment(&self, (start, end): (usize, usize)) -> bool {
        let clause = self.document.clause(start);
        let behind = self.document.slice(end, (end + KIND).min(clause.end.max(end)));
        let phrase = behind
            .split(['的', '、', '（', '“', '在', '里', '和', '与', '被', '把', '了'])
            .next()
            .unwrap_or("");
        !phrase.starts_with(['长', '人', '三', '四', '子', '老'])
            && ESTABLISHMENTS.iter().any(|w| phrase.contains(w))
    }
}
