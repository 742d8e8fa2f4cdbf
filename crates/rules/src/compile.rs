//! A pack made ready to run: one automaton for every word of every rule, and a table that says which rules a word
//! opens.

use crate::document::Document;
use crate::facts;
use crate::pack::{Pack, Rule, Suppressors};
use crate::query::{Expr, Fact, Field};
use daachorse::charwise::CharwiseDoubleArrayAhoCorasick;
use guanlan_model::Kind;
use guanlan_text::normalise;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Why a pack cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// A rule with nothing to look for: only exclusions, or only words that vanish in normal form.
    #[error("rule {0} has no word or fact that could open it")]
    Opening(String),
    /// More words than the automaton can hold.
    #[error("the automaton of all rule words and names cannot be built: {0}")]
    Automaton(String),
}

/// A word of the automaton.
pub(crate) type Word = u32;

/// An expression over words of the automaton.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// Any of these words, sorted.
    Words(Vec<Word>),
    All {
        all: Vec<Node>,
        none: Vec<Node>,
    },
    Any(Vec<Node>),
    Near {
        left: Box<Node>,
        right: Box<Node>,
        distance: usize,
        ordered: bool,
    },
    Sentence(Box<Node>),
    Paragraph(Box<Node>),
    In(Field, Box<Node>),
    Fact(Fact),
}

/// How far a suppressor of a rule reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Sentence,
    Paragraph,
    Article,
}

#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub matches: Node,
    pub suppress: Vec<(Reach, Node)>,
}

/// What a word does besides standing in rules.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Duty {
    pub promo: bool,
    pub news: bool,
    pub never: bool,
}

/// A word. Small, because a country's register has millions of names.
#[derive(Debug)]
struct Entry {
    chars: u32,
    /// The name pattern it is; [`NO_NAME`] when it is none, further ones are in [`Compiled::more_names`].
    name: u32,
    first: Edge,
    last: Edge,
    duty: Duty,
    in_rule: bool,
}

const NO_NAME: u32 = u32::MAX;

/// What may not stand beside a word: a letter beside a letter, a figure beside a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Free,
    Letter,
    Figure,
}

impl Edge {
    fn of(c: Option<char>) -> Edge {
        match c {
            Some(c) if c.is_ascii_alphabetic() => Edge::Letter,
            Some(c) if c.is_ascii_digit() => Edge::Figure,
            _ => Edge::Free,
        }
    }

    fn is_broken_by(self, neighbour: Option<char>) -> bool {
        self != Edge::Free && self == Edge::of(neighbour)
    }
}

/// A word found in a document; places as in [`Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub word: Word,
    pub start: usize,
    pub end: usize,
}

/// A name pattern found in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameHit {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Index of the pattern as it was handed to [`Compiled::new`].
    pub pattern: usize,
}

/// Everything the automaton found in one document.
#[derive(Debug, Default)]
pub struct Scan {
    /// Words of rules, sorted by word and place.
    pub(crate) hits: Vec<Hit>,
    /// Words with a duty, sorted by place.
    pub(crate) cues: Vec<(Hit, Duty)>,
    /// Rules that can match at all, sorted.
    pub(crate) open: Vec<u32>,
    /// Name patterns in text order.
    pub names: Vec<NameHit>,
}

impl Scan {
    /// Places of one word.
    pub(crate) fn places(&self, word: Word) -> &[Hit] {
        let from = self.hits.partition_point(|h| h.word < word);
        let upto = from + self.hits[from..].partition_point(|h| h.word == word);
        &self.hits[from..upto]
    }
}

/// A pack with its automaton. Building takes time proportional to the words of the pack and the names; scanning takes
/// time proportional to the text and to what is found in it, not to the number of rules.
pub struct Compiled {
    automaton: Option<CharwiseDoubleArrayAhoCorasick<u32>>,
    entries: Vec<Entry>,
    /// Rules that a word opens. Words of rules come before names, so this is as long as the rules need it.
    opens: Vec<Vec<u32>>,
    /// Words that stand for several name patterns: the others.
    more_names: HashMap<Word, Vec<u32>>,
    pub(crate) compiled: Vec<CompiledRule>,
    rules: Vec<Rule>,
    version: String,
    /// Words of the pack's lists of disguises, in normal form.
    disguises: HashSet<String>,
}

/// Beginning of the names of lists that hold disguised words: `"暗号学科" = ["数xue", …]`.
const DISGUISE_LISTS: &str = "暗号";

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled")
            .field("version", &self.version)
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Builder {
    words: HashMap<String, Word>,
    entries: Vec<Entry>,
    opens: Vec<Vec<u32>>,
    more_names: HashMap<Word, Vec<u32>>,
}

impl Builder {
    /// The word for a text, in normal form; nothing when the normal form is empty.
    fn word(&mut self, text: &str) -> Option<Word> {
        let normal = normalise(text);
        let text = normal.as_str().trim();
        if text.is_empty() {
            return None;
        }
        if let Some(word) = self.words.get(text) {
            return Some(*word);
        }
        let word = self.entries.len() as Word;
        self.words.insert(text.to_owned(), word);
        self.entries.push(Entry {
            chars: text.chars().count() as u32,
            name: NO_NAME,
            first: Edge::of(text.chars().next()),
            last: Edge::of(text.chars().next_back()),
            duty: Duty::default(),
            in_rule: false,
        });
        Some(word)
    }

    fn open(&mut self, word: Word, rule: u32) {
        if self.opens.len() <= word as usize {
            self.opens.resize_with(word as usize + 1, Vec::new);
        }
        self.opens[word as usize].push(rule);
    }

    fn name(&mut self, word: Word, pattern: u32) {
        let entry = &mut self.entries[word as usize];
        if entry.name == NO_NAME {
            entry.name = pattern;
        } else {
            self.more_names.entry(word).or_default().push(pattern);
        }
    }

    fn duty(&mut self, texts: &[String], set: impl Fn(&mut Duty)) {
        for text in texts {
            if let Some(word) = self.word(text) {
                set(&mut self.entries[word as usize].duty);
            }
        }
    }

    fn words(&mut self, texts: &[String]) -> Vec<Word> {
        let mut words: Vec<Word> = texts.iter().filter_map(|t| self.word(t)).collect();
        for word in &words {
            self.entries[*word as usize].in_rule = true;
        }
        words.sort_unstable();
        words.dedup();
        words
    }

    fn node(&mut self, expr: &Expr, lists: &BTreeMap<String, Vec<String>>) -> Node {
        match expr {
            Expr::Term(text) | Expr::Phrase(text) => Node::Words(self.words(std::slice::from_ref(text))),
            Expr::List(name) => Node::Words(lists.get(name).map(|l| self.words(l)).unwrap_or_default()),
            Expr::And(parts) => {
                let (mut all, mut none) = (Vec::new(), Vec::new());
                for part in parts {
                    match part {
                        Expr::Not(inner) => none.push(self.node(inner, lists)),
                        other => all.push(self.node(other, lists)),
                    }
                }
                Node::All { all, none }
            }
            Expr::Or(parts) => any(parts.iter().map(|p| self.node(p, lists)).collect()),
            Expr::Not(inner) => Node::All { all: Vec::new(), none: vec![self.node(inner, lists)] },
            Expr::Near { left, right, distance, ordered } => Node::Near {
                left: Box::new(self.node(left, lists)),
                right: Box::new(self.node(right, lists)),
                distance: *distance as usize,
                ordered: *ordered,
            },
            Expr::Sentence(inner) => Node::Sentence(Box::new(self.node(inner, lists))),
            Expr::Paragraph(inner) => Node::Paragraph(Box::new(self.node(inner, lists))),
            Expr::In(field, inner) => Node::In(*field, Box::new(self.node(inner, lists))),
            Expr::Fact(fact) => Node::Fact(*fact),
            Expr::Filter(_) => Node::Words(Vec::new()),
        }
    }

    /// The fewest words of which one must occur for the node to match; nothing when there is no such set.
    fn opening(&mut self, node: &Node) -> Option<Vec<Word>> {
        match node {
            Node::Words(words) => (!words.is_empty()).then(|| words.clone()),
            Node::All { all, .. } => all.iter().filter_map(|n| self.opening(n)).min_by_key(Vec::len),
            Node::Any(parts) => {
                let sets: Option<Vec<Vec<Word>>> = parts.iter().map(|n| self.opening(n)).collect();
                sets.map(|s| s.concat())
            }
            Node::Near { left, right, .. } => {
                [self.opening(left), self.opening(right)].into_iter().flatten().min_by_key(Vec::len)
            }
            Node::Sentence(inner) | Node::Paragraph(inner) | Node::In(_, inner) => self.opening(inner),
            Node::Fact(fact) => {
                Some(facts::openers(fact.quantity).iter().filter_map(|w| self.word(w)).collect())
            }
        }
    }
}

/// Alternatives; words are put into one set.
fn any(parts: Vec<Node>) -> Node {
    let (mut words, mut others) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Node::Words(more) => words.extend(more),
            other => others.push(other),
        }
    }
    words.sort_unstable();
    words.dedup();
    if others.is_empty() {
        return Node::Words(words);
    }
    if !words.is_empty() {
        others.insert(0, Node::Words(words));
    }
    Node::Any(others)
}

fn reach_of(expr: &Expr) -> Reach {
    match expr {
        Expr::Paragraph(_) => Reach::Paragraph,
        Expr::In(Field::Title, _) => Reach::Article,
        _ => Reach::Sentence,
    }
}

impl Compiled {
    /// Builds the automaton of a pack and of `names`, which are found beside the rules in the same pass.
    ///
    /// # Errors
    /// A rule that nothing can open, or more words than the automaton can hold.
    pub fn new<'n>(pack: &Pack, names: impl Iterator<Item = &'n str>) -> Result<Compiled, CompileError> {
        let mut builder = Builder::default();
        let mut compiled = Vec::with_capacity(pack.rules.len());
        for (index, rule) in pack.rules.iter().enumerate() {
            let matches = builder.node(&rule.matches, &pack.lists);
            let opening = builder.opening(&matches).ok_or_else(|| CompileError::Opening(rule.id.clone()))?;
            for word in opening {
                builder.open(word, index as u32);
            }
            let alternatives = match &rule.suppress {
                Some(Expr::Or(parts)) => parts.clone(),
                Some(other) => vec![other.clone()],
                None => Vec::new(),
            };
            let suppress = alternatives.iter().map(|e| (reach_of(e), builder.node(e, &pack.lists))).collect();
            compiled.push(CompiledRule { matches, suppress });
        }
        let Suppressors { promo, news, never } = &pack.suppressors;
        builder.duty(promo, |d| d.promo = true);
        builder.duty(news, |d| d.news = true);
        builder.duty(never, |d| d.never = true);
        for (pattern, name) in names.enumerate() {
            if let Some(word) = builder.word(name) {
                builder.name(word, pattern as u32);
            }
        }
        let automaton = automaton(&builder.words)?;
        let (rules, version) = (pack.rules.clone(), pack.version.clone());
        let disguises = pack
            .lists
            .iter()
            .filter(|(name, _)| name.starts_with(DISGUISE_LISTS))
            .flat_map(|(_, words)| words.iter().map(|w| normalise(w).as_str().to_owned()))
            .collect();
        Ok(Compiled {
            automaton,
            entries: builder.entries,
            opens: builder.opens,
            more_names: builder.more_names,
            compiled,
            rules,
            version,
            disguises,
        })
    }

    /// The rules in the order of the pack; [`crate::Match::rule`] counts in it.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Version of the pack.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// True for a word in normal form that a list of disguises holds (a list whose name begins with 暗号): pinyin,
    /// homophones, look-alikes and split characters, as data.
    pub fn is_disguise(&self, word: &str) -> bool {
        self.disguises.contains(word)
    }

    /// Finds every rule word and every name in one pass over title and body.
    pub fn scan(&self, document: &Document<'_>) -> Scan {
        let mut scan = Scan::default();
        let Some(automaton) = &self.automaton else { return scan };
        for (at, normal) in document.fields() {
            let text = normal.as_str();
            for found in automaton.find_overlapping_iter(text) {
                let word = found.value();
                let Some(entry) = self.entries.get(word as usize) else { continue };
                let bounded = !entry.first.is_broken_by(text[..found.start()].chars().next_back())
                    && !entry.last.is_broken_by(text[found.end()..].chars().next());
                if bounded {
                    let end = normal.char_of(found.end()) + at;
                    self.note(&mut scan, Hit { word, start: end - entry.chars as usize, end }, entry);
                }
            }
        }
        scan.hits.sort_unstable();
        scan.cues.sort_unstable_by_key(|(hit, _)| (hit.start, hit.end));
        scan.names.sort_unstable();
        scan.open.sort_unstable();
        scan.open.dedup();
        scan
    }

    fn note(&self, scan: &mut Scan, hit: Hit, entry: &Entry) {
        if entry.in_rule {
            scan.hits.push(hit);
        }
        if entry.duty.promo || entry.duty.news || entry.duty.never {
            scan.cues.push((hit, entry.duty));
        }
        if let Some(rules) = self.opens.get(hit.word as usize) {
            scan.open.extend_from_slice(rules);
        }
        if entry.name != NO_NAME {
            let (start, end) = (hit.start, hit.end);
            let more = self.more_names.get(&hit.word).into_iter().flatten();
            let patterns = std::iter::once(&entry.name).chain(more);
            scan.names.extend(patterns.map(|p| NameHit { start, end, pattern: *p as usize }));
        }
    }

    /// True when the rule reads articles of this kind.
    pub(crate) fn reads(&self, rule: u32, kind: Kind) -> bool {
        self.rules.get(rule as usize).is_some_and(|r| r.applies_to.contains(&kind))
    }
}

fn automaton(
    words: &HashMap<String, Word>,
) -> Result<Option<CharwiseDoubleArrayAhoCorasick<u32>>, CompileError> {
    if words.is_empty() {
        return Ok(None);
    }
    let mut sorted: Vec<(&str, Word)> = words.iter().map(|(text, word)| (text.as_str(), *word)).collect();
    sorted.sort_unstable();
    CharwiseDoubleArrayAhoCorasick::with_values(sorted)
        .map(Some)
        .map_err(|e| CompileError::Automaton(e.to_string()))
}
