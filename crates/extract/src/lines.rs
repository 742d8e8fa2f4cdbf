//! A tree as lines of text, each with what is needed to judge it: how much of it is links, and what it sits in.

use dom_query::{NodeData, NodeId, NodeRef};
use std::collections::HashSet;

/// Bytes of text taken from one page.
pub const MAX_TEXT_BYTES: usize = 2 << 20;

/// One line of visible text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// White space folded, never empty.
    pub text: String,
    /// Characters of it that sit inside links.
    pub link_chars: usize,
    /// Links that begin in it.
    pub links: usize,
    /// Pictures that stand in it or directly before it.
    pub images: usize,
    /// 1 to 6 inside a heading, 0 elsewhere.
    pub heading: u8,
    /// A row of a table, or an item of a list.
    pub item: bool,
}

impl Line {
    /// Characters in the line.
    pub fn chars(&self) -> usize {
        self.text.chars().count()
    }

    /// Characters outside links.
    pub fn own_chars(&self) -> usize {
        self.chars().saturating_sub(self.link_chars)
    }
}

/// The visible text below a node, line by line; at most [`MAX_TEXT_BYTES`].
pub(crate) fn lines(root: &NodeRef<'_>) -> Vec<Line> {
    let mut writer = Writer::default();
    let mut next = Some(*root);
    while let Some(node) = next {
        let children = writer.open(&node);
        next = if children { node.first_child() } else { None };
        let mut at = node;
        while next.is_none() {
            writer.close(&at);
            if at.id == root.id {
                break;
            }
            next = at.next_sibling();
            match at.parent() {
                Some(parent) if next.is_none() => at = parent,
                _ => break,
            }
        }
        if writer.bytes > MAX_TEXT_BYTES {
            break;
        }
    }
    writer.end_line();
    writer.lines
}

/// True for elements whose text a reader never sees as text.
fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "head"
            | "title"
            | "select"
            | "textarea"
            | "button"
            | "iframe"
            | "svg"
            | "object"
            | "embed"
            | "canvas"
            | "video"
            | "audio"
    )
}

fn breaks_line(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
            | "ul"
            | "br"
            | "caption"
    )
}

fn heading_level(name: &str) -> u8 {
    match name.as_bytes() {
        [b'h', n @ b'1'..=b'6'] => n - b'0',
        _ => 0,
    }
}

#[derive(Default)]
struct Writer {
    lines: Vec<Line>,
    line: Line,
    bytes: usize,
    in_link: usize,
    heading: u8,
    item: usize,
    data_tables: HashSet<NodeId>,
    in_data_row: usize,
    images: usize,
}

impl Writer {
    /// Takes a node in; true when its children are to be read.
    fn open(&mut self, node: &NodeRef<'_>) -> bool {
        if let Some(text) = text_of(node) {
            self.push(&text);
            return false;
        }
        let Some(name) = node.qual_name_ref().map(|q| q.local.clone()) else {
            return true;
        };
        let name: &str = &name;
        if is_silent(name) {
            return false;
        }
        match name {
            "a" => {
                self.in_link += 1;
                self.line.links += 1;
            }
            "img" => self.images += 1,
            "table" if is_data_table(node) => {
                self.data_tables.insert(node.id);
            }
            "td" | "th" => self.cell(),
            _ => {}
        }
        if breaks_line(name) && self.in_data_row == 0 {
            self.end_line();
        } else if breaks_line(name) {
            self.space();
        }
        match heading_level(name) {
            0 => {}
            level => self.heading = level,
        }
        if matches!(name, "li" | "tr" | "dd" | "dt") {
            self.item += 1;
        }
        if name == "tr" && self.is_data_row(node) {
            self.in_data_row += 1;
        }
        true
    }

    fn close(&mut self, node: &NodeRef<'_>) {
        let Some(name) = node.qual_name_ref().map(|q| q.local.clone()) else {
            return;
        };
        let name: &str = &name;
        if is_silent(name) {
            return;
        }
        if name == "tr" && self.is_data_row(node) {
            self.in_data_row = self.in_data_row.saturating_sub(1);
        }
        if breaks_line(name) && self.in_data_row == 0 {
            self.end_line();
        } else if breaks_line(name) {
            self.space();
        }
        match name {
            "a" => self.in_link = self.in_link.saturating_sub(1),
            "li" | "tr" | "dd" | "dt" => self.item = self.item.saturating_sub(1),
            _ => {}
        }
        if heading_level(name) > 0 {
            self.heading = 0;
        }
    }

    fn is_data_row(&self, row: &NodeRef<'_>) -> bool {
        !self.data_tables.is_empty() && row.ancestors_it(Some(2)).any(|a| self.data_tables.contains(&a.id))
    }

    /// Cells of one row are told apart by a tab in data tables, by a space elsewhere.
    fn cell(&mut self) {
        if self.in_data_row == 0 {
            self.space();
        } else if !self.line.text.is_empty() {
            self.line.text.truncate(self.line.text.trim_end().len());
            self.line.text.push('\t');
        }
    }

    fn space(&mut self) {
        if !self.line.text.is_empty() && !self.line.text.ends_with([' ', '\t']) {
            self.line.text.push(' ');
        }
    }

    fn push(&mut self, text: &str) {
        let before = self.line.text.len();
        for c in text.chars() {
            match c {
                '\u{200B}'..='\u{200F}' | '\u{FEFF}' | '\u{AD}' | '\0' => {}
                c if c.is_whitespace() => self.space(),
                c => {
                    self.line.text.push(c);
                    self.line.link_chars += usize::from(self.in_link > 0);
                }
            }
        }
        self.bytes += self.line.text.len().saturating_sub(before);
        if self.line.text.len() > before {
            self.line.heading = self.line.heading.max(self.heading);
            self.line.item |= self.item > 0;
        }
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        line.text.truncate(line.text.trim_end().len());
        if line.text.is_empty() {
            return;
        }
        line.images = std::mem::take(&mut self.images);
        self.lines.push(line);
    }
}

fn text_of(node: &NodeRef<'_>) -> Option<String> {
    node.query_or(None, |n| match &n.data {
        NodeData::Text { contents } => Some(contents.to_string()),
        _ => None,
    })
}

/// Rows of short cells, as opposed to a table that only places things on the page.
fn is_data_table(table: &NodeRef<'_>) -> bool {
    let (mut rows, mut cells, mut chars) = (0_usize, 0_usize, 0_usize);
    for node in table.descendants_it() {
        if let Some(name) = node.qual_name_ref().map(|q| q.local.clone()) {
            match &*name {
                "table" | "form" | "ul" | "h1" | "h2" => return false,
                "tr" => rows += 1,
                "td" | "th" => cells += 1,
                _ => {}
            }
        } else {
            chars += node.query_or(0, |n| match &n.data {
                NodeData::Text { contents } => contents.trim().chars().count(),
                _ => 0,
            });
        }
    }
    rows >= 2 && cells >= rows * 2 && chars <= cells * 60
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;

    fn read(html: &str) -> Vec<Line> {
        lines(&dom::parse(html).unwrap().root())
    }

    fn texts(html: &str) -> Vec<String> {
        read(html).into_iter().map(|l| l.text).collect()
    }

    #[test]
    fn blocks_and_breaks_make_lines_inline_elements_do_not() {
        for (html, expected) in [
            ("<p>云溪<b>县</b>公<i></i>布</p>", vec!["云溪县公布"]),
            (
                "<div>第一行<br>第二行<div>第三行</div>第四行</div>",
                vec!["第一行", "第二行", "第三行", "第四行"],
            ),
            ("<p>  两边\n 有空白&nbsp;&nbsp; </p>", vec!["两边 有空白"]),
            ("<p>零\u{200B}宽\u{FEFF}</p>", vec!["零宽"]),
            (
                "<p>前<script>x</script><style>y</style><noscript>z</noscript>后</p><select><option>选</select>",
                vec!["前后"],
            ),
            ("<ul><li>一</li><li><p>二</p></li></ul>", vec!["一", "二"]),
        ] {
            assert_eq!(texts(html), expected, "{html}");
        }
    }

    #[test]
    fn data_tables_give_rows_and_layout_tables_give_lines() {
        let data = "<table><tr><th>序号</th><th>名称</th></tr><tr><td><p>1</p></td><td><p>启航<br>教育</p></td></tr></table>";
        assert_eq!(texts(data), ["序号\t名称", "1\t启航 教育"]);
        let long = "云溪县公布校外培训机构名录，共一百家。".repeat(20);
        let layout =
            format!("<table><tr><td>左<p>下</p></td><td><p>{long}</p><p>{long}</p></td></tr></table>");
        assert_eq!(texts(&layout), ["左", "下", &long, &long]);
        let nested = format!("<table><tr><td>{data}</td><td>右</td></tr></table>");
        assert_eq!(texts(&nested), ["序号\t名称", "1\t启航 教育", "右"]);
    }

    #[test]
    fn links_headings_and_pictures_are_counted() {
        let found = read("<h2>标题</h2><p>看<a href=1>这里</a>和<a href=2>那里</a></p><img src=a><li>项");
        let plain: Vec<_> =
            found.iter().map(|l| (l.heading, l.links, l.link_chars, l.images, l.item)).collect();
        assert_eq!(plain, [(2, 0, 0, 0, false), (0, 2, 4, 0, false), (0, 0, 0, 1, true)]);
    }
}
