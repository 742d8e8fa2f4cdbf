//! How the invented sites look: five plain content systems of the kind counties really run.

use super::{Layout, Page, Site};
use chrono::{DateTime, Duration, FixedOffset};

/// What is sent for one address.
pub struct Document {
    pub bytes: Vec<u8>,
    pub content_type: &'static str,
    /// Changes when the content does.
    pub stamp: i64,
}

/// One site as a visitor sees it.
pub struct View<'a> {
    pub site: &'a Site,
    pub pages: Vec<&'a Page>,
    pub epoch: DateTime<FixedOffset>,
    pub origin: String,
}

impl View<'_> {
    /// The document at `path`, if there is one.
    pub fn render(&self, path: &str, query: &str) -> Option<Document> {
        let page = self.pages.iter().find(|p| p.path == path);
        match (self.site.layout, path) {
            (Layout::Portal, "/rss.xml") => Some(self.feed("GBK", Duration::zero())),
            (Layout::Stale, "/rss.xml") => Some(self.feed("UTF-8", Duration::days(60))),
            (Layout::Portal, "/jy/") => Some(self.gbk(&self.portal_list())),
            (Layout::Paper, "/list.html") => Some(self.utf8(&self.paper_list(query))),
            (Layout::Government, "/tzgg/") => Some(self.utf8(&self.government_list())),
            (Layout::Institution, "/") => Some(self.utf8(&self.institution_home())),
            (Layout::Portal, _) => page.map(|p| self.gbk(&self.portal_article(p))),
            (Layout::Paper, _) => page.map(|p| self.utf8(&self.paper_article(p))),
            (Layout::Government, _) => page.map(|p| self.utf8(&self.government_article(p))),
            (Layout::Institution, _) => page.map(|p| self.utf8(&self.institution_page(p))),
            (Layout::Stale, _) => page.map(|p| self.utf8(&self.paper_article(p))),
            (Layout::Broken, _) => None,
        }
    }

    fn utf8(&self, html: &str) -> Document {
        let bytes = html.as_bytes().to_vec();
        Document { bytes, content_type: "text/html; charset=utf-8", stamp: self.epoch.timestamp() }
    }

    /// GBK without a charset in the header: the reader must find it in the page, as on many county sites.
    fn gbk(&self, html: &str) -> Document {
        let (bytes, _, _) = encoding_rs::GBK.encode(html);
        Document { bytes: bytes.into_owned(), content_type: "text/html", stamp: self.epoch.timestamp() }
    }

    fn feed(&self, charset: &str, shift: Duration) -> Document {
        let mut items = String::new();
        for p in &self.pages {
            let date = (p.published(self.epoch) - shift).format("%a, %d %b %Y %H:%M:%S +0800");
            items.push_str(&format!(
                "<item><title>{}</title><link>{}{}</link><pubDate>{date}</pubDate></item>\n",
                escape(&p.title),
                self.origin,
                p.path,
            ));
        }
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"{charset}\"?>\n<rss version=\"2.0\"><channel><title>{}</title>\
             <link>{}/</link><description>{}</description>\n{items}</channel></rss>\n",
            escape(&self.site.name),
            self.origin,
            escape(&self.site.name),
        );
        let bytes = match charset {
            "GBK" => encoding_rs::GBK.encode(&xml).0.into_owned(),
            _ => xml.into_bytes(),
        };
        Document { bytes, content_type: "application/rss+xml", stamp: self.epoch.timestamp() }
    }

    fn portal_list(&self) -> String {
        let rows: String = self
            .pages
            .iter()
            .map(|p| {
                let date = p.published(self.epoch).format("%m-%d %H:%M");
                format!(
                    "<tr><td class=\"t\">·<a href=\"{}\">{}</a></td><td class=\"d\">{date}</td></tr>\n",
                    p.path,
                    escape(&p.title)
                )
            })
            .collect();
        format!(
            "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\"><title>教育_{name}</title></head>\
             <body><div class=\"nav\"><a href=\"/\">首页</a> <a href=\"/jy/\">教育</a> <a href=\"/ms/\">民生</a></div>\
             <table class=\"list\">\n{rows}</table><div class=\"foot\">{name} 版权所有</div></body></html>",
            name = escape(&self.site.name),
        )
    }

    fn portal_article(&self, p: &Page) -> String {
        format!(
            "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=gb2312\"><title>{title}_{name}</title></head>\
             <body><div class=\"nav\"><a href=\"/\">首页</a> | <a href=\"/jy/\">教育</a> | <a href=\"/ms/\">民生</a></div>\
             <div class=\"content\"><h1>{title}</h1><div class=\"info\">{date}　来源：{publisher}　<a href=\"#\">字号 大 中 小</a></div>\
             <div class=\"TRS_Editor\">{body}</div><div class=\"editor\">责任编辑：融媒值班</div></div>\
             <div class=\"hot\"><b>热门推荐</b><ul><li><a href=\"/jy/\">教育频道</a></li><li><a href=\"/ms/\">民生频道</a></li></ul></div>\
             <div class=\"foot\">{name} 版权所有 未经授权不得转载</div></body></html>",
            title = escape(&p.title),
            name = escape(&self.site.name),
            date = p.published(self.epoch).format("%Y-%m-%d %H:%M"),
            publisher = escape(p.publisher.as_deref().unwrap_or(&self.site.name)),
            body = paragraphs(&p.body, "　　"),
        )
    }

    fn paper_list(&self, query: &str) -> String {
        const PER_PAGE: usize = 5;
        let number: usize = query.strip_prefix("page=").and_then(|n| n.parse().ok()).unwrap_or(1).max(1);
        let last = self.pages.len().div_ceil(PER_PAGE).max(1);
        let rows: String = self
            .pages
            .iter()
            .skip((number - 1) * PER_PAGE)
            .take(PER_PAGE)
            .map(|p| {
                let date = p.published(self.epoch).format("%Y年%m月%d日");
                format!(
                    "<li class=\"news-item\"><a href=\"{}\">{}</a><span class=\"date\">{date}</span></li>\n",
                    p.path,
                    escape(&p.title)
                )
            })
            .collect();
        let next = if number < last {
            format!("<a class=\"next\" href=\"/list.html?page={}\">下一页</a>", number + 1)
        } else {
            String::new()
        };
        format!(
            "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>本市新闻 - {name}</title></head>\
             <body><header><a href=\"/\">{name}</a></header><ul class=\"news\">\n{rows}</ul><nav>{next}</nav></body></html>",
            name = escape(&self.site.name),
        )
    }

    fn paper_article(&self, p: &Page) -> String {
        format!(
            "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>{title} - {name}</title>\
             <meta name=\"publishdate\" content=\"{iso}\"></head><body><header><a href=\"/\">{name}</a></header>\
             <article><h1>{title}</h1><p class=\"meta\">{date} 来源：{publisher}</p>{body}</article>\
             <footer>{name} 新闻热线</footer></body></html>",
            title = escape(&p.title),
            name = escape(&self.site.name),
            iso = p.published(self.epoch).format("%Y-%m-%d %H:%M:%S"),
            date = p.published(self.epoch).format("%Y年%m月%d日 %H:%M"),
            publisher = escape(p.publisher.as_deref().unwrap_or(&self.site.name)),
            body = paragraphs(&p.body, ""),
        )
    }

    fn government_list(&self) -> String {
        let rows: String = self
            .pages
            .iter()
            .map(|p| {
                let date = p.published(self.epoch).format("%Y-%m-%d");
                format!(
                    "<li><a href=\"{}\" title=\"{t}\">{t}</a><span>{date}</span></li>\n",
                    p.path,
                    t = escape(&p.title)
                )
            })
            .collect();
        format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>通知公告_{name}</title></head><body>\
             <div class=\"location\">您现在的位置：首页 &gt; 通知公告</div><ul class=\"xxgk\">\n{rows}</ul></body></html>",
            name = escape(&self.site.name),
        )
    }

    fn government_article(&self, p: &Page) -> String {
        format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}_{name}</title>\
             <meta name=\"PubDate\" content=\"{date}\"><meta name=\"ContentSource\" content=\"{publisher}\"></head><body>\
             <div class=\"location\">您现在的位置：首页 &gt; 通知公告</div><h2 class=\"title\">{title}</h2>\
             <div class=\"info\">发布日期：{date}　信息来源：{publisher}</div><div class=\"TRS_UEDITOR\">{body}</div>\
             <div class=\"share\">【打印】【关闭】</div></body></html>",
            title = escape(&p.title),
            name = escape(&self.site.name),
            date = p.published(self.epoch).format("%Y-%m-%d %H:%M"),
            publisher = escape(p.publisher.as_deref().unwrap_or(&self.site.name)),
            body = paragraphs(&p.body, ""),
        )
    }

    fn institution_home(&self) -> String {
        let links: String = self
            .pages
            .iter()
            .map(|p| format!("<li><a href=\"{}\">{}</a></li>\n", p.path, escape(&p.title)))
            .collect();
        format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{name}</title></head><body>\
             <h1>{name}</h1><div class=\"intro\">{body}</div><h3>最新动态</h3><ul>\n{links}</ul></body></html>",
            name = escape(&self.site.name),
            body = paragraphs(&self.site.home, ""),
        )
    }

    fn institution_page(&self, p: &Page) -> String {
        format!(
            "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}-{name}</title></head><body>\
             <div><a href=\"/\">首页</a></div><div class=\"article\"><h1>{title}</h1><div class=\"time\">发布时间：{date}</div>\
             {body}</div></body></html>",
            title = escape(&p.title),
            name = escape(&self.site.name),
            date = p.published(self.epoch).format("%Y-%m-%d %H:%M"),
            body = paragraphs(&p.body, ""),
        )
    }
}

fn paragraphs(text: &str, indent: &str) -> String {
    text.lines()
        .filter(|l| !l.trim().is_empty())
        .map(|l| format!("<p>{indent}{}</p>\n", escape(l.trim())))
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
