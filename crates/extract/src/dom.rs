//! HTML to a tree, within limits that hold before the parser can be hurt.
//!
//! html5ever takes time quadratic in nesting depth and in the number of attributes of one tag. Text is therefore
//! fed in small pieces; between two pieces the tree is measured, and a page past a limit is left unparsed.

use dom_query::{Document, NodeId};
use html5ever::tendril::StrTendril;
use html5ever::tendril::TendrilSink;
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeBuilderOpts, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, parse_document};
use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};
use std::collections::HashMap;

/// Bytes of text that become a tree.
pub const MAX_DOM_BYTES: usize = 8 << 20;
/// Nesting depth; browsers stop at the same number.
const MAX_DEPTH: u32 = 512;
/// Nodes of one tree.
const MAX_NODES: usize = 200_000;
/// Sum of the depths of all nodes: the parser and its readers walk up from a node more than once.
const MAX_DEPTH_SUM: u64 = 6_000_000;
/// Bytes handed to the parser between two measurements.
const PIECE: usize = 4_096;
/// Separators (white space, quotes, slashes) allowed in a token that spans whole pieces: an open tag with thousands
/// of attributes. Comments are cheap for the parser and may be long.
const MAX_SEPARATORS_IN_TAG: usize = 4_000;
const MAX_SEPARATORS_IN_COMMENTS: usize = 200_000;

/// The page is past a limit and has no tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooComplex;

/// Parses at most [`MAX_DOM_BYTES`] of HTML.
///
/// # Errors
/// [`TooComplex`] past 512 levels, 200,000 nodes, a depth of all nodes together that no honest page has, or a tag with thousands of attributes.
pub fn parse(html: &str) -> Result<Document, TooComplex> {
    let html = without_inline_images(prefix(html, MAX_DOM_BYTES));
    let opts = ParseOpts {
        tree_builder: TreeBuilderOpts { scripting_enabled: false, ..Default::default() },
        ..Default::default()
    };
    let mut parser = parse_document(MeasuringSink::default(), opts);
    let mut rest: &str = &html;
    let mut before = "";
    let mut silence = Silence::default();
    while !rest.is_empty() {
        let piece = prefix(rest, PIECE);
        let calls = parser.tokenizer.sink.sink.calls.get();
        parser.process(StrTendril::from_slice(piece));
        let sink = &parser.tokenizer.sink.sink;
        if sink.too_complex.get() || silence.grows(sink.calls.get() == calls, before, piece) {
            return Err(TooComplex);
        }
        before = piece;
        rest = rest.get(piece.len()..).unwrap_or_default();
    }
    let sink = parser.finish();
    if sink.too_complex.get() { Err(TooComplex) } else { Ok(sink.document) }
}

/// The longest prefix of at most `limit` bytes that ends on a character boundary.
pub fn prefix(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

/// Inline images are base64 of megabytes inside one attribute: nothing to read there.
fn without_inline_images(html: &str) -> Cow<'_, str> {
    const MARK: &str = ";base64,";
    if !html.contains(MARK) {
        return Cow::Borrowed(html);
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(MARK) {
        let (head, tail) = rest.split_at(at + MARK.len());
        out.push_str(head);
        let end = tail.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')));
        rest = tail.get(end.unwrap_or(tail.len())..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Watches tokens that swallow whole pieces without telling the sink anything.
#[derive(Default)]
struct Silence {
    in_comment: bool,
    in_tag: usize,
    in_comments: usize,
}

impl Silence {
    /// True when the silent token is a tag with too many attributes.
    fn grows(&mut self, silent: bool, before: &str, piece: &str) -> bool {
        if !silent {
            self.in_tag = 0;
            self.in_comment = false;
            return false;
        }
        if self.in_tag == 0 && !self.in_comment {
            let opening = before.rfind('<').and_then(|at| before.get(at..));
            let opening = opening.or_else(|| piece.find('<').and_then(|at| piece.get(at..)));
            self.in_comment = opening.is_some_and(|t| t.starts_with("<!"));
        }
        let separators =
            piece.bytes().filter(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'"' | b'\'')).count();
        if self.in_comment {
            self.in_comments += separators;
            return self.in_comments > MAX_SEPARATORS_IN_COMMENTS;
        }
        self.in_tag += separators;
        self.in_tag > MAX_SEPARATORS_IN_TAG
    }
}

/// Builds the tree and measures it: depth of every node, number of nodes, number of calls.
#[derive(Default)]
struct MeasuringSink {
    document: Document,
    depths: RefCell<HashMap<NodeId, u32>>,
    depth_sum: Cell<u64>,
    nodes: Cell<usize>,
    calls: Cell<u64>,
    too_complex: Cell<bool>,
}

impl MeasuringSink {
    fn called(&self) {
        self.calls.set(self.calls.get() + 1);
    }

    fn created(&self) {
        self.called();
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > MAX_NODES {
            self.too_complex.set(true);
        }
    }

    fn placed(&self, parent: Option<NodeId>, child: &NodeOrText<NodeId>) {
        self.called();
        if let NodeOrText::AppendNode(id) = child {
            let mut depths = self.depths.borrow_mut();
            let depth = parent.and_then(|p| depths.get(&p).copied()).unwrap_or(0) + 1;
            depths.insert(*id, depth);
            self.depth_sum.set(self.depth_sum.get() + u64::from(depth));
            if depth > MAX_DEPTH || self.depth_sum.get() > MAX_DEPTH_SUM {
                self.too_complex.set(true);
            }
        } else {
            self.created();
        }
    }

    fn parent_of(&self, id: &NodeId) -> Option<NodeId> {
        self.document.tree.parent_of(id).map(|p| p.id)
    }
}

impl TreeSink for MeasuringSink {
    type ElemName<'a> = Ref<'a, QualName>;
    type Output = Self;
    type Handle = NodeId;

    fn finish(self) -> Self {
        self
    }

    // A hostile page makes a message for every byte; nobody reads them.
    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        self.document.get_document()
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.document.get_template_contents(target)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.document.set_quirks_mode(mode);
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Self::ElemName<'a> {
        self.document.elem_name(target)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> NodeId {
        self.created();
        self.document.create_element(name, attrs, flags)
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        self.created();
        self.document.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeId {
        self.created();
        self.document.create_pi(target, data)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.placed(Some(*parent), &child);
        self.document.append(parent, child);
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        self.placed(self.parent_of(sibling), &child);
        self.document.append_before_sibling(sibling, child);
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        let parent = self.parent_of(element).unwrap_or(*previous);
        self.placed(Some(parent), &child);
        self.document.append_based_on_parent_node(element, previous, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        self.created();
        self.document.append_doctype_to_document(name, public_id, system_id);
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attrs: Vec<Attribute>) {
        self.called();
        self.document.add_attrs_if_missing(target, attrs);
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.called();
        self.document.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        self.called();
        self.document.reparent_children(node, new_parent);
    }

    fn is_mathml_annotation_xml_integration_point(&self, handle: &NodeId) -> bool {
        self.document.is_mathml_annotation_xml_integration_point(handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_past_a_limit_have_no_tree() {
        let attributes: String = (0..100_000).map(|i| format!(" a{i}")).collect();
        for (what, html, fits) in [
            ("500 levels", "<div>".repeat(500), true),
            ("100,000 levels", "<div>".repeat(100_000), false),
            (
                "a wide page at the bottom",
                format!("{}{}", "<div>".repeat(500), "<p>x</p>".repeat(50_000)),
                false,
            ),
            ("lists", "<ul><li>".repeat(20_000), false),
            ("adoption agency", format!("{}{}", "<a>".repeat(40_000), "<i>".repeat(40_000)), false),
            ("too many nodes", "<p>x".repeat(150_000), false),
            ("attributes", format!("<p{attributes}>x"), false),
            ("a long comment", format!("<!--{}--><p>x", "a b ".repeat(20_000)), true),
            (
                "an inline image",
                format!("<img src='data:image/png;base64,{}'>", "a/b/c/".repeat(200_000)),
                true,
            ),
        ] {
            assert_eq!(parse(&html).is_ok(), fits, "{what}");
        }
    }

    #[test]
    fn pieces_do_not_split_characters_or_text() {
        let word = "云溪县".repeat(3_000);
        let document = parse(&format!("<p>{word}</p>")).unwrap();
        assert_eq!(document.select("p").text().as_ref(), word);
    }
}
