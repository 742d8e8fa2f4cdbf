//! Training institutions that are named and not in the register.

use crate::mentions::Cast;
use guanlan_rules::Document;
use guanlan_text::is_han;

/// An institution that the register does not know, at a place of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stranger {
    pub start: usize,
    pub end: usize,
    pub name: String,
}

/// Endings that only institutions have. Longer ones first where one ends another.
const ENDINGS: &[&str] = &[
    "培训学校", "培训中心", "培训部", "补习学校", "补习班", "补习社", "辅导班", "辅导中心", "辅导站", "托管班", "托管中心", "托管站", "托管部", "午托班", "晚托班", "午托",
    "小饭桌", "托育园", "托育中心", "早教中心", "家教中心", "艺术学校", "艺术中心", "艺校", "画室", "琴行", "书院", "学堂", "国学馆", "武馆", "武校", "棋院", "跆拳道馆",
    "舞蹈工作室", "美术工作室", "教育工作室", "自习室", "研学社", "成长中心", "教育中心", "职业技能培训学校", "职业学校", "教育科技有限公司", "教育咨询有限公司",
    "教育信息咨询有限公司", "文化传播有限公司", "文化艺术有限公司",
];

/// Words in front of a quoted name that say it is the name of a place.
const NAMED: &[&str] = &["名为", "名叫", "叫做", "叫", "取名", "号称", "招牌为", "招牌是", "挂牌", "挂着", "门头为", "店名为", "对外称"];

/// Words behind a quoted name that say the same.
const PLACES: &[&str] = &[
    "的场所", "的机构", "的培训", "的托管", "的自习室", "的工作室", "的学校", "的中心", "的画室", "的班", "的公司", "的店", "的点", "的家教", "的补习", "的辅导", "的营地",
];

/// Words that no proper name contains: 违规培训中心, 全县托管班.
const NOT_PROPER: &[&str] = &[
    "校外", "全县", "全市", "全省", "全国", "我县", "本县", "我市", "各", "某", "该", "这", "那", "其", "违规", "无证", "非法", "学科", "部分", "家", "所", "多", "些", "个", "每", "任何", "未",
    "证照", "附近", "周边", "他", "她", "你", "我", "小区", "社区", "一个", "正规", "公办", "民办", "县", "年", "月", "日", "类", "等", "及", "和", "与", "在", "被", "对", "将", "是", "有", "的", "了",
    "作业", "网帖", "指责", "责令", "黑心", "要找", "寻找", "处置", "检查", "来到", "走进", "接收", "转到", "新学期", "协调", "联合", "家长", "孩子", "学生", "涉事", "问题", "上述", "私自", "私人",
    "名", "暑期", "寒假", "暑假", "职业技能", "专业", "就业", "党", "团", "老年", "青少年", "新时代", "妇女", "儿童", "就近", "镇", "街道", "村", "乡",
];

/// Trades: 艺术培训学校 alone is a kind of institution, not a name.
const TRADES: &[&str] = &[
    "艺术", "舞蹈", "美术", "音乐", "书法", "书画", "体育", "科技", "文化", "教育", "语言", "英语", "外语", "编程", "机器人", "游泳", "武术", "棋类", "早期教育", "婴幼儿", "课后", "课外",
    "文化课", "劳动", "综合", "心理", "家庭教育", "艺术类", "体育类",
];

/// Longest proper part of a name without quotation marks.
const PROPER: usize = 8;

/// Finds the strangers of a document, in text order.
pub(crate) fn find(document: &Document<'_>, cast: &Cast) -> Vec<Stranger> {
    let mut found = Vec::new();
    for (at, normal) in document.fields() {
        let chars: Vec<char> = normal.as_str().chars().collect();
        quoted(&chars, at, &mut found);
        unquoted(&chars, at, &mut found);
    }
    found.retain(|s| {
        let mention = cast.mentions.partition_point(|m| m.end <= s.start);
        let elsewhere = cast.elsewhere.partition_point(|(_, end, _)| *end <= s.start);
        cast.mentions.get(mention).is_none_or(|m| m.start >= s.end)
            && cast.elsewhere.get(elsewhere).is_none_or(|(start, _, _)| *start >= s.end)
    });
    found.sort_by_key(|s| (s.start, std::cmp::Reverse(s.end)));
    found.dedup_by(|later, earlier| later.start < earlier.end);
    found
}

fn quoted(chars: &[char], at: usize, out: &mut Vec<Stranger>) {
    let mut open = None;
    for (i, c) in chars.iter().enumerate() {
        match c {
            '“' | '「' => open = Some(i + 1),
            '”' | '」' => {
                if let Some(start) = open.take()
                    && is_quoted_name(chars, start, i)
                {
                    out.push(Stranger { start: at + start, end: at + i, name: chars[start..i].iter().collect() });
                }
            }
            '\n' => open = None,
            _ => {}
        }
    }
}

fn is_quoted_name(chars: &[char], start: usize, end: usize) -> bool {
    let inside = &chars[start..end];
    if !(2..=16).contains(&inside.len()) || inside.iter().any(|c| matches!(c, '，' | '。' | '！' | '？' | '、' | '：')) {
        return false;
    }
    let front: String = chars[start.saturating_sub(6)..start - 1].iter().collect();
    let behind: String = chars[(end + 1).min(chars.len())..(end + 5).min(chars.len())].iter().collect();
    let entry = {
        let line: String = chars[..start - 1].iter().rev().take_while(|c| **c != '\n').collect();
        // Reversed: the mark behind the number comes first.
        (2..=4).contains(&line.chars().count())
            && line.starts_with(['.', '、', '．', ')', '）'])
            && line.chars().any(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c))
    };
    let text: String = inside.iter().collect();
    let ends = ENDINGS.iter().any(|e| text.ends_with(e));
    entry || ends || NAMED.iter().any(|n| front.ends_with(n)) || PLACES.iter().any(|p| behind.starts_with(p))
}

fn unquoted(chars: &[char], at: usize, out: &mut Vec<Stranger>) {
    for i in 0..chars.len() {
        let Some(ending) = ENDINGS.iter().find(|e| starts(&chars[i..], e)) else { continue };
        let end = i + ending.chars().count();
        if chars.get(end).is_some_and(|c| is_han(*c) && "长里内生员".contains(*c)) {
            continue;
        }
        let run = chars[..i].iter().rev().take(PROPER + 1).take_while(|c| is_han(**c)).count();
        let proper: String = chars[i - run..i].iter().collect();
        let Some(name) = proper_part(&proper) else { continue };
        let start = i - name.chars().count();
        out.push(Stranger { start: at + start, end: at + end, name: chars[start..end].iter().collect() });
    }
}

/// The proper name at the end of a run of characters: what follows the last word that no name contains.
fn proper_part(run: &str) -> Option<&str> {
    let cut = NOT_PROPER.iter().filter_map(|w| run.rfind(w).map(|at| at + w.len())).max().unwrap_or(0);
    let name = run.get(cut..)?;
    let length = name.chars().count();
    // Without a boundary in sight the run may be any sentence.
    let bounded = cut > 0 || run.chars().count() < PROPER;
    (bounded && (2..=6).contains(&length) && !TRADES.contains(&name)).then_some(name)
}

fn starts(chars: &[char], word: &str) -> bool {
    let mut n = 0;
    word.chars().all(|c| {
        n += 1;
        chars.get(n - 1) == Some(&c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Vec<String> {
        find(&Document::new("", body), &Cast::default()).into_iter().map(|s| s.name).collect()
    }

    #[test]
    fn names_of_unknown_institutions_are_found() {
        for (text, expected) in [
            ("发现一家名为“小博士”的场所，无营业执照", vec!["小博士"]),
            ("1.“学霸家园”，锦苑小区5栋，负责人肖某", vec!["学霸家园"]),
            ("对“博识家教中心”予以取缔", vec!["博识家教中心"]),
            ("位于河西路的飞鸿托管班被查封", vec!["飞鸿托管班"]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn general_talk_names_nobody() {
        for text in ["全县校外培训中心要引以为戒", "他说：“不要相信，我们没有跑路。”", "一家托管班", "宣传“名师一对一”课程", "各类艺术培训学校"] {
            assert_eq!(names(text), Vec::<String>::new(), "{text}");
        }
    }
}
