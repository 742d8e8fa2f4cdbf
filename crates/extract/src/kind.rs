//! What a page is, before anyone calls it an article.

use crate::lines::Line;
use crate::meta::Meta;
use crate::noise::{Role, role};
use guanlan_model::PageKind;

/// Everything the decision looks at.
pub(crate) struct Look<'a> {
    pub html: &'a str,
    pub meta: &'a Meta,
    pub title: &'a str,
    /// Every visible line.
    pub lines: &'a [Line],
    /// The lines taken for the article.
    pub body: &'a [Line],
    /// How often links alone stand between two sentences.
    pub teasers: usize,
    /// The page itself (not its address) states when it was published.
    pub dated: bool,
}

/// Characters of visible text above which a page is not a wall or an error page, whatever words it contains.
const WALL_CHARS: usize = 1_200;
/// Characters of a line that tells why there is no page; longer ones are sentences that mention such a thing.
const MESSAGE_CHARS: usize = 80;
/// Han characters below which a body with a picture is a picture.
const IMAGE_HAN: usize = 80;

const CHALLENGES: [&str; 30] = [
    "环境异常",
    "完成验证后即可继续访问",
    "滑动验证",
    "拖动滑块",
    "人机验证",
    "请输入验证码",
    "安全验证",
    "访问验证",
    "您的访问请求被拦截",
    "访问被拦截",
    "请求被拦截",
    "网站防火墙",
    "Web应用防火墙",
    "云防护",
    "创宇盾",
    "安全狗",
    "云锁",
    "访问过于频繁",
    "访问太频繁",
    "请求过于频繁",
    "访问被拒绝",
    "Access Denied",
    "403 Forbidden",
    "Request blocked",
    "Just a moment",
    "Checking your browser",
    "请开启JavaScript",
    "请启用JavaScript",
    "enable JavaScript",
    "您的IP",
];
const SCRIPT_WALLS: [&str; 8] = [
    "$_ts",
    "__jsl_clearance",
    "acw_sc__v2",
    "_cf_chl",
    "cf-challenge",
    "WZWS-RAY",
    "waf_cookie",
    "document.cookie",
];
const LOGINS: [&str; 6] = ["请登录", "请先登录", "登录后", "用户登录", "扫码登录", "账号登录"];
const MISSING: [&str; 23] = [
    "页面不存在",
    "网页不存在",
    "页面未找到",
    "页面找不到",
    "找不到页面",
    "找不到该页",
    "找不到您",
    "您访问的页面",
    "您要查看的页面",
    "页面已删除",
    "页面走丢",
    "文章不存在",
    "文章已删除",
    "文章已被删除",
    "内容不存在",
    "内容已删除",
    "信息不存在",
    "已被发布者删除",
    "链接已失效",
    "该页无法显示",
    "Not Found",
    "已下线",
    "栏目不存在",
];

pub(crate) fn kind(look: &Look<'_>) -> PageKind {
    let visible: usize = look.lines.iter().map(Line::chars).sum();
    let own: usize = look.body.iter().map(Line::own_chars).sum();
    if visible < WALL_CHARS && is_challenge(look, visible, own) {
        return PageKind::Challenge;
    }
    if visible < WALL_CHARS && is_missing(look, own) {
        return PageKind::SoftNotFound;
    }
    let images: usize = look.body.iter().map(|l| l.images).sum();
    let han = han_chars(look.body);
    if is_list(look, own) {
        return PageKind::List;
    }
    match (han, images) {
        (h, 3..) if h < images * 40 && own > 0 => PageKind::Gallery,
        (h, 1..) if h < IMAGE_HAN && !reads_like_text(look.body) => PageKind::Image,
        _ if own == 0 => PageKind::Empty,
        _ => PageKind::Article,
    }
}

fn is_challenge(look: &Look<'_>, visible: usize, own: usize) -> bool {
    let script_wall = visible < 60 && SCRIPT_WALLS.iter().any(|m| look.html.contains(m));
    let login = own < 120
        && LOGINS.iter().any(|m| look.lines.iter().any(|l| l.text.contains(m)))
        && (look.html.contains("type=\"password\"") || visible < 200);
    script_wall || (!look.dated && (login || (own < 300 && says(look, &CHALLENGES))))
}

fn is_missing(look: &Look<'_>, own: usize) -> bool {
    let numbered = |text: &str| text.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with("404");
    let by_number = messages(look).any(|text| numbered(text) && text.chars().count() <= MESSAGE_CHARS / 2);
    !look.dated && own < 300 && (by_number || says(look, &MISSING))
}

/// The title and the lines short enough for a message. What a dated article says is no message.
fn messages<'a>(look: &'a Look<'_>) -> impl Iterator<Item = &'a str> {
    let short = look.lines.iter().filter(|l| l.chars() <= MESSAGE_CHARS).map(|l| l.text.as_str());
    [look.meta.title.as_str(), look.title].into_iter().chain(short)
}

fn says(look: &Look<'_>, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| messages(look).any(|text| text.contains(phrase)))
}

/// Links to articles and little else, or teasers between links.
fn is_list(look: &Look<'_>, own: usize) -> bool {
    let titles = |lines: &[Line]| {
        lines.iter().filter(|l| l.link_chars >= 8 && l.link_chars * 10 >= l.chars() * 6).count()
    };
    if look.teasers >= 6 && look.teasers * 5 >= look.body.len() * 2 {
        return true;
    }
    let body: usize = look.body.iter().map(Line::chars).sum();
    let mostly_links = titles(look.body) >= 6 && body > own * 2;
    let nothing_else = own < 60 && titles(look.lines) >= 10 && !look.dated;
    (mostly_links || nothing_else) && !look.body.iter().any(|l| matches!(role(l), Role::Sentence(_)))
}

/// At least one sentence that is not a link.
fn reads_like_text(body: &[Line]) -> bool {
    body.iter().any(|l| l.own_chars() >= 40 && l.text.contains(['。', '！', '？']))
}

fn han_chars(lines: &[Line]) -> usize {
    lines.iter().flat_map(|l| l.text.chars()).filter(|c| is_han(*c)).count()
}

/// CJK unified ideographs, extension A and the compatibility block.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}
