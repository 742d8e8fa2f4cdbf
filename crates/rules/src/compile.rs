//! A pack made ready to run: one automaton for every word of every rule, and a table that says which rules a word
//! opens.

use crate::disguise::{self, Disguise, Spelling};
use crate::facts;
use crate::gate::Gate;
use crate::pack::{Pack, Rule, Suppressors};
use crate::query::{Expr, Fact, Field};
use crate::scan::Edges;
use daachorse::charwise::CharwiseDoubleArrayAhoCorasick;
use guanlan_model::{Form, Kind};
use guanlan_text::normalise;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Why a pack cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// A rule with nothing to look for: only exclusions, or only words that vanish in normal form.
    #[error("规则 {0} 没有能触发它的词或数量条件")]
    Opening(String),
    /// More words than the automaton can hold.
    #[error("规则词和机构名太多，无法编译（{0}）")]
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

impl Duty {
    pub(crate) fn is_any(self) -> bool {
        self.promo || self.news || self.never
    }
}

/// A word of the pack.
#[derive(Debug)]
pub(crate) struct Entry {
    pub chars: u32,
    pub edges: Edges,
    pub duty: Duty,
    /// Written in the pack; otherwise only the disguise of a word, and to be weighed as one.
    pub plain: bool,
    /// Stands for other words: [`Compiled::aliases`].
    pub disguised: bool,
}

/// A pack with its automaton. Building takes time proportional to the words of the pack and the names; scanning takes
/// time proportional to the text and to what is found in it, not to the number of rules.
pub struct Compiled {
    /// Words of the pack have their index as value; the names follow, in their order.
    pub(crate) automaton: Option<CharwiseDoubleArrayAhoCorasick<Word>>,
    /// The words that only hold back, and the words that were handed over with them.
    pub(crate) asides: Option<CharwiseDoubleArrayAhoCorasick<Word>>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) gate: Gate,
    pub(crate) compiled: Vec<CompiledRule>,
    rules: Vec<Rule>,
    version: String,
    /// The words that a disguised one stands for.
    pub(crate) aliases: HashMap<Word, Vec<(Word, Form)>>,
    /// Disguises in normal form.
    disguises: HashMap<String, Disguise>,
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
    /// Disguised spellings by the list that they join.
    spelled: HashMap<String, Vec<Word>>,
    aliases: HashMap<Word, Vec<(Word, Form)>>,
    disguises: HashMap<String, Disguise>,
}

impl Builder {
    /// The word for a text that is written in the pack or the register; nothing when its normal form is empty.
    fn word(&mut self, text: &str) -> Option<Word> {
        let word = self.entry(text)?;
        self.entries[word as usize].plain = true;
        Some(word)
    }

    fn entry(&mut self, text: &str) -> Option<Word> {
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
            edges: Edges::of(text),
            duty: Duty::default(),
            plain: false,
            disguised: false,
        });
        Some(word)
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
        words.sort_unstable();
        words.dedup();
        words
    }

    /// The words of a list, with the disguised spellings that belong to it.
    fn list(&mut self, name: &str, lists: &BTreeMap<String, Vec<String>>) -> Vec<Word> {
        let mut words = lists.get(name).map(|l| self.words(l)).unwrap_or_default();
        if let Some(spelled) = self.spelled.get(name) {
            words.extend(spelled);
            words.sort_unstable();
            words.dedup();
        }
        words
    }

    /// Spellings of the words that the pack wants to find disguised; they join lists of the pack.
    fn spell(&mut self, pack: &Pack) {
        for (list, words) in &pack.disguised {
            let mut spelled = Vec::new();
            for text in words.iter().map(|w| normalise(w).as_str().to_owned()) {
                if let Some(plain) = self.word(&text) {
                    let spellings = disguise::all_spellings(&text);
                    spelled.extend(spellings.into_iter().filter_map(|s| self.disguise(plain, &text, s)));
                }
            }
            self.spelled.insert(list.clone(), spelled);
        }
    }

    /// Lets the words that somebody might want to hide be found in the spellings that are safe for any word.
    fn spell_all(&mut self, rules: &[CompiledRule]) {
        let wanted = wanted(rules);
        let mut texts: Vec<(String, Word)> = (self.words.iter())
            .filter(|(_, word)| self.entries[**word as usize].plain && wanted.binary_search(word).is_ok())
            .map(|(text, word)| (text.clone(), *word))
            .collect();
        texts.sort_unstable();
        for (text, plain) in texts {
            for spelling in disguise::spellings(&text) {
                self.disguise(plain, &text, spelling);
            }
        }
    }

    /// Lets a spelling stand for its word.
    fn disguise(&mut self, plain: Word, text: &str, spelling: Spelling) -> Option<Word> {
        let word = self.entry(&spelling.text).filter(|w| *w != plain)?;
        self.entries[word as usize].disguised = true;
        let aliases = self.aliases.entry(word).or_default();
        if aliases.iter().all(|(known, _)| *known != plain) {
            aliases.push((plain, spelling.form));
        }
        let disguise = Disguise { form: spelling.form, word: text.to_owned() };
        let known = self.disguises.entry(spelling.text).or_insert_with(|| disguise.clone());
        if (disguise.form, &disguise.word) < (known.form, &known.word) {
            *known = disguise;
        }
        Some(word)
    }

    /// What each disguise is. A word that a rule looks for as it is written is none, except in a list of code words.
    fn disguises(&mut self, pack: &Pack) -> HashMap<String, Disguise> {
        let coded: HashSet<String> = (pack.lists.iter())
            .filter(|(name, _)| name.starts_with(DISGUISE_LISTS))
            .flat_map(|(_, words)| words.iter().map(|w| normalise(w).as_str().to_owned()))
            .collect();
        let mut all = std::mem::take(&mut self.disguises);
        let plain = |text: &str| {
            self.words.get(text).and_then(|w| self.entries.get(*w as usize)).is_some_and(|e| e.plain)
        };
        all.retain(|text, _| coded.contains(text) || !plain(text));
        for text in coded {
            all.entry(text).or_insert(Disguise { form: Form::Disguised, word: String::new() });
        }
        all
    }

    fn node(&mut self, expr: &Expr, lists: &BTreeMap<String, Vec<String>>) -> Node {
        match expr {
            Expr::Term(text) | Expr::Phrase(text) => Node::Words(self.words(std::slice::from_ref(text))),
            Expr::List(name) => Node::Words(self.list(name, lists)),
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
}

/// False for a node with nothing to look for.
fn can_open(node: &Node) -> bool {
    match node {
        Node::Words(words) => !words.is_empty(),
        Node::All { all, .. } => all.iter().any(can_open),
        Node::Any(parts) => parts.iter().all(can_open),
        Node::Near { left, right, .. } => can_open(left) || can_open(right),
        Node::Sentence(inner) | Node::Paragraph(inner) | Node::In(_, inner) => can_open(inner),
        Node::Fact(_) => true,
    }
}

/// Words of rules, without those that only exclude or hold back: what somebody might want to hide.
fn wanted(rules: &[CompiledRule]) -> Vec<Word> {
    fn collect(node: &Node, out: &mut Vec<Word>) {
        match node {
            Node::Words(words) => out.extend(words),
            Node::All { all: parts, .. } | Node::Any(parts) => parts.iter().for_each(|n| collect(n, out)),
            Node::Near { left, right, .. } => [left, right].into_iter().for_each(|n| collect(n, out)),
            Node::Sentence(inner) | Node::Paragraph(inner) | Node::In(_, inner) => collect(inner, out),
            Node::Fact(_) => {}
        }
    }
    let mut out = Vec::new();
    rules.iter().for_each(|rule| collect(&rule.matches, &mut out));
    out.sort_unstable();
    out.dedup();
    out
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
        Compiled::with_asides(pack, names, std::iter::empty())
    }

    /// The same, with words that are looked for only where a rule matches ([`Compiled::asides`]), as are those that
    /// hold rules back.
    ///
    /// # Errors
    /// As [`Compiled::new`].
    pub fn with_asides<'n>(
        pack: &Pack,
        names: impl Iterator<Item = &'n str>,
        asides: impl Iterator<Item = &'n str>,
    ) -> Result<Compiled, CompileError> {
        let mut builder = Builder::default();
        builder.spell(pack);
        let mut compiled = Vec::with_capacity(pack.rules.len());
        for rule in &pack.rules {
            let matches = builder.node(&rule.matches, &pack.lists);
            if !can_open(&matches) {
                return Err(CompileError::Opening(rule.id.clone()));
            }
            let alternatives = match &rule.suppress {
                Some(Expr::Or(parts)) => parts.clone(),
                Some(other) => vec![other.clone()],
                None => Vec::new(),
            };
            let suppress = alternatives.iter().map(|e| (reach_of(e), builder.node(e, &pack.lists))).collect();
            compiled.push(CompiledRule { matches, suppress });
        }
        builder.spell_all(&compiled);
        let Suppressors { promo, news, never } = &pack.suppressors;
        builder.duty(promo, |d| d.promo = true);
        builder.duty(news, |d| d.news = true);
        builder.duty(never, |d| d.never = true);
        let gate = Gate::new(&compiled, &builder.aliases.clone(), |text| builder.word(text));
        let first = first_words(&compiled, &builder);
        let (now, later): (Vec<_>, Vec<_>) = builder
            .words
            .iter()
            .partition(|(_, word)| first.get(**word as usize).is_some_and(|first| *first));
        let count = builder.words.len() as Word;
        let automaton = automaton(&now, count, names)?;
        let asides = self::automaton(&later, count, asides)?;
        let (rules, version) = (pack.rules.clone(), pack.version.clone());
        let disguises = builder.disguises(pack);
        Ok(Compiled {
            automaton,
            asides,
            entries: builder.entries,
            gate,
            compiled,
            rules,
            version,
            aliases: builder.aliases,
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

    /// What a stretch of the normal form is, when it is the disguise of a word: a generated spelling, or a word of a
    /// list whose name begins with 暗号.
    pub fn disguise(&self, stretch: &str) -> Option<&Disguise> {
        self.disguises.get(stretch)
    }

    /// True when the rule reads articles of this kind.
    pub(crate) fn reads(&self, rule: u32, kind: Kind) -> bool {
        self.rules.get(rule as usize).is_some_and(|r| r.applies_to.contains(&kind))
    }
}

/// Which words are looked for in every article: those that rules match, in every spelling.
fn first_words(rules: &[CompiledRule], builder: &Builder) -> Vec<bool> {
    fn note(node: &Node, words: &HashMap<String, Word>, first: &mut [bool]) {
        match node {
            Node::Words(words) => words.iter().for_each(|w| first[*w as usize] = true),
            Node::All { all, none } => all.iter().chain(none).for_each(|n| note(n, words, first)),
            Node::Any(parts) => parts.iter().for_each(|n| note(n, words, first)),
            Node::Near { left, right, .. } => [left, right].into_iter().for_each(|n| note(n, words, first)),
            Node::Sentence(inner) | Node::Paragraph(inner) | Node::In(_, inner) => note(inner, words, first),
            Node::Fact(fact) => facts::openers(fact.quantity)
                .iter()
                .filter_map(|w| words.get(*w))
                .for_each(|w| first[*w as usize] = true),
        }
    }
    let mut first: Vec<bool> = builder.entries.iter().map(|entry| entry.disguised).collect();
    rules.iter().for_each(|rule| note(&rule.matches, &builder.words, &mut first));
    first
}

/// Nearly always the text itself.
fn in_normal_form(text: &str) -> Cow<'_, str> {
    let normal = normalise(text);
    if normal.as_str() == text { Cow::Borrowed(text) } else { Cow::Owned(normal.as_str().to_owned()) }
}

/// Words keep their numbers; the names are numbered from `first_name` on.
fn automaton<'n>(
    words: &[(&String, &Word)],
    first_name: Word,
    names: impl Iterator<Item = &'n str>,
) -> Result<Option<CharwiseDoubleArrayAhoCorasick<Word>>, CompileError> {
    let names: Vec<Cow<'n, str>> = names.map(in_normal_form).collect();
    let names = names.iter().zip(first_name..).map(|(name, word)| (name.as_ref(), word));
    let mut sorted: Vec<(&str, Word)> = words.iter().map(|(text, word)| (text.as_str(), **word)).collect();
    sorted.extend(names.filter(|(name, _)| !name.is_empty()));
    if sorted.is_empty() {
        return Ok(None);
    }
    sorted.sort_unstable();
    CharwiseDoubleArrayAhoCorasick::with_values(sorted)
        .map(Some)
        .map_err(|e| CompileError::Automaton(e.to_string()))
}
