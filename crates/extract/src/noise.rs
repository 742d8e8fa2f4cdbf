//! What one line of a Chinese page is: a sentence of the article, or one of the things that stand around it.

use crate::lines::Line;
use regex::Regex;
use std::sync::LazyLock;

/// What a line looks like on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// At least one sentence, with that many characters outside links.
    Sentence(usize),
    /// A numbered item, a table row, the name of an attachment: text without punctuation.
    Item,
    /// Short text that could be a subheading, a caption or a label.
    Plain,
    /// Plain text beside a link.
    Mixed,
    /// Little but links, with that many characters in them.
    Links(usize),
    /// A date and nothing else: a byline above the text, a signature below it.
    DateAlone,
    /// Date, source, font size, print: what stands between a title and its text.
    Byline,
    /// 责任编辑, 相关新闻, 分享到: what stands behind the text.
    Closing(usize),
    /// 相关新闻, 推荐阅读: the title of a box that may also stand in the middle of the text.
    Box(usize),
    /// A copyright notice or a disclaimer.
    Legal(usize),
    /// "Follow us", "scan the code".
    Call(usize),
}

impl Role {
    /// How much the line speaks for (or against) belonging to the article.
    pub fn score(self) -> i64 {
        let n = |chars: usize| i64::try_from(chars).unwrap_or(i64::MAX / 4);
        match self {
            Role::Sentence(chars) => n(chars),
            Role::Item => 2,
            Role::Plain | Role::DateAlone => 0,
            Role::Mixed => -8,
            Role::Links(chars) => -(n(chars).min(60) + 10),
            Role::Byline => -25,
            Role::Closing(chars) | Role::Box(chars) => -(n(chars).min(40) + 120),
            Role::Legal(chars) => -(n(chars) + 150),
            Role::Call(chars) => -(n(chars) / 2 + 20),
        }
    }
}

/// Characters a line must have to count as a sentence.
const SENTENCE_CHARS: usize = 20;

struct Patterns {
    sentence: Regex,
    attachment: Regex,
    numbered: Regex,
    closing: Regex,
    boxed: Regex,
    legal: Regex,
    call: Regex,
    date: Regex,
    date_alone: Regex,
    byline: Regex,
    label: Regex,
    button: Regex,
}

/// A line that begins with one of these stands behind the article.
const CLOSING: &str = r"(?x)^[\W_]*(?:
    (?:责任|本文|值班|网络|执行|实习)?编[辑輯审]\s?[:：] | 責任編輯 | 责编
  | 猜你喜欢 | 为您推荐 | 大家都在看
  | [你您]可能(?:还|也|会)?(?:喜欢|感兴趣|想看|关心)
  | 热门(?:推荐|新闻|文章|评论) | [最]?熱門(?:新聞)? | (?:热点|排行|点击排行)(?:[\W_]|新闻|推荐|榜|$) | 图片新闻 | 专题推荐
  | 更多(?:精彩|相关|新闻|关于|熱門) | 没有相关(?:新闻|内容)
  | 网友(?:评论|跟贴|留言|点评)(?:[\W_]|$) | 我要(?:评论|留言|纠错) | 发表(?:评论|留言) | 评论\( | 跟贴 | 暂无评论 | 盖楼 | 请您对[该本]文
  | 分享(?:到|至|给|：|:) | 分享$ | 推荐给[朋好]友 | 手机看新闻 | 复制(?:收藏|成功)
  | 上一[篇条页] | 下一[篇条页] | 打印本 | 返回(?:首页|顶部) | 回到顶部 | 友情链接
  | (?:打印|关闭|關閉|收藏|返回|已推荐|登录|注册|昵称|验证码|投稿|爆料)(?:[\W_]|$)
  | 版权(?:声明|与免责|所有) | 版權 | 免责(?:声明|条款) | 免責 | (?:特别|郑重|法律)声明 | 声明[:：]
  | 关键[词字]\s?[:：] | 標籤 | 标签\s?[:：]
)";
const BOX: &str = r"(?x)^[\W_]*(?:
    相关(?:新闻|阅读|报道|链接|文章|专题|推荐|内容|资讯|稿件)(?:[\W_]|$) | 相關(?:新聞|閱讀|報導|文章|連結)
  | 延伸[閱阅][讀读] | 推荐阅读 | 推薦閱讀 | 编辑(?:推荐|精选) | 精彩推荐
)";
/// A line that says one of these anywhere speaks for the site, not for the article. Notices say 未经许可不得办学 and
/// 违者依法追究 as well: only copying makes it a site's own.
const LEGAL: &str = r"(?x)
    凡(?:本网|注明|本站|来源) | 并不代表本[网站] | 不代表本[网站报] | 不代表.{0,12}(?:观点|立场|立場|觀點) | 仅代表作者 | 與本[網站]立場
  | 未[经經].{0,14}(?:授权|许可|书面|授權|許可|同意).{0,24}(?:转载|轉載|摘编|复制|镜像|刊用|转贴) | 侵权必究 | 务经书面授权
  | 如有侵权 | 涉及版权 | 版权(?:归|属|均属) | 风险自[担负] | 仅供参考.{0,10}(?:投资|买卖) | 不构成.{0,6}投资
  | 意见或建议.{0,12}(?:反馈|平台) | Copyright | All\ [Rr]ights
";
/// An invitation to follow or download. Full sentences tell where something can be found.
const CALL: &str = r"(?x)
    (?:扫描|长按|扫码|微信|公众号|微博|客户端|手机|Facebook|facebook|專頁|APP|App|下载).{0,30}
    (?:关注|關注|下载|订阅|專頁|公众号|二维码|follow|扫描|阅读|即時掌握|获取)
  | (?:关注|欢迎关注|請關注|點讚|加入).{0,12}(?:微信|公众号|微博|Facebook|粉絲)
  | 点击(?:进入|查看|此处) | 扫描?二维码 | 扫一扫 | 微信扫
";
const DATE: &str =
    r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|\d{1,2}月\d{1,2}日\s*\d{1,2}:\d{2}";
/// Words of a byline; two of them, or one and a date, make one.
const BYLINE: &str = r"(?x)
    (?:来源|來源|稿源|出处|作者|编辑|责编|记者|发布时间|发布日期|时间|時間|日期|点击数?|点击率|浏览(?:量|次数)?|阅读(?:量|次数)?|人气|字号|字體|字体|更新)\s?[:：∶]
  | 字[号體体] | 大\s?中\s?小 | 打印 | 分享 | 收藏 | 评论 | 評論 | 参与 | 手机看新闻 | 我要 | 您(?:现在)?(?:的|所在)位置 | 您当前的位置 | 当前位置
  | 首页\s?[>»›] | 纠错 | 转发 | 列印 | 轉寄
";
/// Words of a byline that need no second one.
const LABEL: &str = r"(?x)
    (?:来源|來源|稿源|出处|编辑|责编|发布时间|发布日期|点击数?|点击率|浏览(?:量|次数)?|阅读(?:量|次数)?|人气|字号|字體|字体)\s?[:：∶]
  | 字[号體体] | 有\d+人 | 手机看新闻 | 您(?:现在)?(?:的|所在)位置 | 您当前的位置 | 当前位置 | 首页\s?[>»›] | 大\s?中\s?小
";
const BUTTON: &str = r"^[\W_]*(?:打印|分享|收藏|评论|評論|纠错|转发|列印|轉寄|字号|全屏观看|点击查看大图|点击图片|點下放大)[\W\d_]*$";

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| Patterns::new().ok());

impl Patterns {
    fn new() -> Result<Self, regex::Error> {
        Ok(Self {
            sentence: Regex::new(r"[。！？；!?]|[，,].*[，,。.]|[a-z]{3}\.(?:\s|$)")?,
            attachment: Regex::new(r"^附件|(?i)\.(?:docx?|pdf|xlsx?|zip|rar|wps|et)\b")?,
            numbered: Regex::new(r"^\s*[（(]?[0-9一二三四五六七八九十]{1,3}[、.．)）:：]|\t")?,
            closing: Regex::new(CLOSING)?,
            boxed: Regex::new(BOX)?,
            legal: Regex::new(LEGAL)?,
            call: Regex::new(CALL)?,
            date: Regex::new(DATE)?,
            date_alone: Regex::new(
                r"^(?:[0-9]{4}\s?年\s?[0-9]{1,2}\s?月\s?[0-9]{1,2}\s?日|[〇○零一二三四五六七八九]{4}年.{1,3}月.{1,3}日)$",
            )?,
            byline: Regex::new(BYLINE)?,
            label: Regex::new(LABEL)?,
            button: Regex::new(BUTTON)?,
        })
    }

    fn is_byline(&self, text: &str, chars: usize) -> bool {
        let full_stop = text.contains('。');
        if chars > 120 || (full_stop && chars > 40) {
            return false;
        }
        let dated = self.date.is_match(text);
        let words = self.byline.find_iter(text).count();
        let short = chars <= 40 && !full_stop;
        (dated && (words >= 1 || chars <= 30))
            || (short && (words >= 2 || self.label.is_match(text)))
            || self.button.is_match(text)
    }
}

/// Judges one line by itself.
pub(crate) fn role(line: &Line) -> Role {
    let Some(p) = PATTERNS.as_ref() else {
        return Role::Plain;
    };
    let (text, chars) = (line.text.as_str(), line.chars());
    if p.attachment.is_match(text) {
        return Role::Item;
    }
    if chars < 600 && p.legal.is_match(text) {
        return Role::Legal(chars);
    }
    if p.closing.is_match(text) {
        // A long line that begins like this is more likely a sentence about it.
        return if chars <= 60 { Role::Closing(chars) } else { Role::Call(0) };
    }
    if chars <= 60 && p.boxed.is_match(text) {
        return Role::Box(chars);
    }
    let full_stop = text.ends_with('。');
    if ((chars <= 60 && !full_stop) || (line.links > 0 && chars <= 200)) && p.call.is_match(text) {
        return Role::Call(chars);
    }
    let sentence = p.sentence.is_match(text);
    let linked = line.link_chars * 2 > chars;
    if linked && !(chars >= 40 && sentence) {
        return Role::Links(line.link_chars);
    }
    if chars <= 14 && p.date_alone.is_match(text) {
        return Role::DateAlone;
    }
    if p.is_byline(text, chars) {
        return Role::Byline;
    }
    let own = if linked { chars } else { line.own_chars() };
    if own >= SENTENCE_CHARS && sentence {
        Role::Sentence(own)
    } else if line.links > 0 && own < SENTENCE_CHARS {
        Role::Mixed
    } else if p.numbered.is_match(text) || own >= 60 {
        Role::Item
    } else {
        Role::Plain
    }
}

/// True for a line of at least 40 characters that reads as a sentence.
pub(crate) fn is_long_sentence(line: &Line) -> bool {
    line.chars() >= 40 && PATTERNS.as_ref().is_some_and(|p| p.sentence.is_match(&line.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let line = |text: &str, link_chars: usize| Line {
            text: text.into(),
            link_chars,
            links: usize::from(link_chars > 0),
            ..Line::default()
        };
        type Is = fn(&Role) -> bool;
        let table: [(&str, usize, Is); 22] = [
            ("2026年11月24日", 0, |r| *r == Role::DateAlone),
            ("二〇二六年十一月二十四日", 0, |r| *r == Role::DateAlone),
            ("11月23日，云溪县教体局联合多部门开展检查，发现问题三处。", 0, |r| {
                matches!(r, Role::Sentence(_))
            }),
            ("2026-11-24 08:30 来源：云溪县融媒体中心 字号 大 中 小", 0, |r| {
                *r == Role::Byline
            }),
            ("您当前的位置：首页 > 新闻 > 教育", 0, |r| *r == Role::Byline),
            ("评论(3)", 0, |r| matches!(r, Role::Closing(_))),
            ("责任编辑：张三", 0, |r| matches!(r, Role::Closing(_))),
            ("相关新闻", 0, |r| matches!(r, Role::Box(_))),
            ("上一篇：云溪县召开会议", 7, |r| matches!(r, Role::Closing(_))),
            ("凡注明“来源：云溪网”的作品，未经本网授权不得转载。", 0, |r| {
                matches!(r, Role::Legal(_))
            }),
            ("扫描二维码关注云溪发布", 0, |r| matches!(r, Role::Call(_))),
            ("关闭违规培训机构十二家", 0, |r| *r == Role::Plain),
            ("注册会计师培训火热报名", 0, |r| *r == Role::Plain),
            (
                "你可能不知道，这家机构没有办学许可证，老师也没有教师资格证。",
                0,
                |r| matches!(r, Role::Sentence(_)),
            ),
            ("未经审批许可，任何机构和个人不得开展学科类培训。", 0, |r| {
                matches!(r, Role::Sentence(_))
            }),
            ("严禁擅自举办，违者将依法追究责任，并向社会公布。", 0, |r| {
                matches!(r, Role::Sentence(_))
            }),
            ("家长可以下载手机客户端获取机构名单。", 0, |r| {
                matches!(r, Role::Plain | Role::Sentence(_))
            }),
            ("欢迎关注云溪发布微信公众号", 0, |r| matches!(r, Role::Call(_))),
            ("云溪县公布今年第三批名单", 12, |r| matches!(r, Role::Links(_))),
            ("附件：云溪县校外培训机构名录.xlsx", 17, |r| *r == Role::Item),
            ("1、晨星艺术培训中心", 0, |r| *r == Role::Item),
            ("家长反映退费难", 0, |r| *r == Role::Plain),
        ];
        for (text, link_chars, is) in table {
            let found = role(&line(text, link_chars));
            assert!(is(&found), "{text}: {found:?}");
        }
    }
}
