//! TOML files to a [`Pack`], with every problem named by its place.

use super::raw::{ByType, File, RawExample, RawRule};
use super::{
    Example, Pack, PackProblem, PackTexts, RegisterCondition, Rule, Suppressors, toml_words, version,
};
use crate::query::{Dialect, Expr, nearest, parse};
use chrono::NaiveDate;
use guanlan_model::{Category, InstitutionType, Kind, Severity};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;
use toml::Spanned;

/// Largest pack file that is read, in bytes.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// Reads every `*.toml` of a folder, in the order of their names. All problems are reported together.
///
/// # Errors
/// Unreadable files, TOML errors, unknown keys or words, rules whose expression cannot be read, duplicate ids,
/// lists that no file defines.
pub fn load_dir(dir: &Path) -> Result<Pack, Vec<PackProblem>> {
    let (files, mut problems) = texts(dir);
    let name = dir.file_name().map_or_else(|| "rules".to_owned(), |n| n.to_string_lossy().into_owned());
    let (pack, more) = read_texts(PackTexts { name, files, changes: Vec::new() });
    problems.extend(more);
    if problems.is_empty() && pack.rules.is_empty() {
        problems.push(PackProblem {
            file: dir.display().to_string(),
            line: 1,
            column: 1,
            rule: None,
            message: "没有找到规则。请放入至少一个含 [[rule]] 的 .toml 文件".to_owned(),
            written: String::new(),
        });
    }
    if problems.is_empty() { Ok(pack) } else { Err(problems) }
}

fn texts(dir: &Path) -> (Vec<(String, String)>, Vec<PackProblem>) {
    let problem = |file: String, message: String| PackProblem {
        file,
        line: 1,
        column: 1,
        rule: None,
        message,
        written: String::new(),
    };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            return (
                Vec::new(),
                vec![problem(dir.display().to_string(), format!("无法打开规则文件夹：{}", told(&error)))],
            );
        }
    };
    let mut paths: Vec<_> =
        entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    paths.sort();
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let too_large = fs::metadata(&path).is_ok_and(|m| m.len() > LARGEST_FILE);
        match fs::read_to_string(&path) {
            _ if too_large => problems.push(problem(name, "文件超过 4 MB，请拆分".to_owned())),
            Ok(text) => files.push((name, text)),
            Err(error) => problems.push(problem(name, format!("无法读取：{}", told(&error)))),
        }
    }
    (files, problems)
}

/// What the system says about a file, in Chinese.
fn told(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "没有这个文件或文件夹".to_owned(),
        ErrorKind::PermissionDenied => "没有读取权限".to_owned(),
        ErrorKind::NotADirectory => "这不是文件夹".to_owned(),
        ErrorKind::InvalidData => "不是 UTF-8 文本".to_owned(),
        _ => format!("系统错误 {}", error.raw_os_error().unwrap_or_default()),
    }
}

/// Reads a pack from texts that are already in memory: file name and content, in order.
///
/// # Errors
/// As [`load_dir`], except that an empty pack is fine.
pub fn load_texts(name: &str, files: &[(&str, &str)]) -> Result<Pack, Vec<PackProblem>> {
    let files = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    PackTexts { name: name.to_owned(), files, changes: Vec::new() }.read()
}

/// Reads a pack; rules with problems are left out.
pub(super) fn read_texts(texts: PackTexts) -> (Pack, Vec<PackProblem>) {
    let mut reader = Reader { name: texts.name.clone(), ..Reader::default() };
    for (file, text) in &texts.files {
        reader.file(file, text);
    }
    for (file, text) in &texts.changes {
        reader.change = Some(Change::default());
        reader.file(file, text);
    }
    reader.undefined_lists();
    reader.approvers_lead();
    let pack = Pack {
        version: version(&reader.name, &reader.content),
        rules: reader.rules,
        lists: reader.lists,
        disguised: reader.disguised,
        suppressors: reader.suppressors,
        texts,
    };
    (pack, reader.problems)
}

#[derive(Default)]
struct Reader {
    name: String,
    content: Vec<u8>,
    rules: Vec<Rule>,
    lists: BTreeMap<String, Vec<String>>,
    disguised: BTreeMap<String, Vec<String>>,
    /// Who approves institutions of a type, by the department that leads otherwise.
    approvers: BTreeMap<String, BTreeMap<InstitutionType, String>>,
    suppressors: Suppressors,
    ids: BTreeSet<String>,
    /// Lists that rules name: list, file, line, column, rule.
    named: Vec<(String, PackProblem)>,
    problems: Vec<PackProblem>,
    /// Set while a file is read that is laid over those before it.
    change: Option<Change>,
}

/// What a change has replaced or added so far.
#[derive(Default)]
struct Change {
    ids: BTreeSet<String>,
    lists: BTreeSet<String>,
    suppressors: bool,
}

/// Where in a file the reader is.
struct Place<'a> {
    file: &'a str,
    text: &'a str,
    rule: Option<String>,
}

impl Place<'_> {
    fn problem(&self, at: Range<usize>, message: String) -> PackProblem {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        let written = self.text.lines().nth(line - 1).unwrap_or_default().to_owned();
        PackProblem { file: self.file.to_owned(), line, column, rule: self.rule.clone(), message, written }
    }

    /// A fault `at` so many characters into a string: its own place when the string is written as it is, the start
    /// of the string when it has escapes.
    fn within(&self, string: &Spanned<String>, at: usize, message: String) -> PackProblem {
        let span = string.span();
        let raw = self.text.get(span.clone()).unwrap_or_default();
        let start = match raw.find(string.get_ref().as_str()) {
            Some(quotes) => {
                let into: usize = string.get_ref().chars().take(at).map(char::len_utf8).sum();
                span.start + quotes + into
            }
            None => span.start,
        };
        self.problem(start..start, message)
    }

    /// Reads a word of a closed vocabulary.
    fn word<T: FromStr>(&self, word: &Spanned<String>, what: &str, expected: &str) -> Result<T, PackProblem> {
        word.get_ref().parse().map_err(|_| {
            let known: Vec<&str> = expected.split('、').collect();
            let near =
                nearest(word.get_ref(), &known).map(|n| format!("，是否指“{n}”？")).unwrap_or_default();
            self.problem(word.span(), format!("{what}“{}”不认识{near}　可用：{expected}", word.get_ref()))
        })
    }
}

fn codes<T: Copy + 'static>(all: &[T], code: fn(T) -> &'static str) -> String {
    all.iter().map(|t| code(*t)).collect::<Vec<_>>().join("、")
}

impl Reader {
    fn file(&mut self, file: &str, text: &str) {
        self.content.extend_from_slice(file.as_bytes());
        self.content.extend_from_slice(text.as_bytes());
        let place = Place { file, text, rule: None };
        let parsed: File = match toml::from_str(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                let rule = rule_above(text, at.start);
                self.problems
                    .push(Place { rule, ..place }.problem(at, toml_words::in_chinese(error.message())));
                return;
            }
        };
        if let Some(head) = parsed.pack {
            self.name = head.version.map_or(head.name.clone(), |v| format!("{}-{v}", head.name));
        }
        self.lists(parsed.lists);
        for (list, words) in parsed.disguised {
            self.lists.entry(list.clone()).or_default();
            // A change gives a whole new set of words, as it does for a list.
            if self.change.is_some() {
                self.disguised.remove(&list);
            }
            self.disguised.entry(list).or_default().extend(words);
        }
        for (lead, approvers) in parsed.approver {
            match by_type(&place, approvers) {
                Ok(approvers) => self.approvers.entry(lead).or_default().extend(approvers),
                Err(problem) => self.problems.push(problem),
            }
        }
        if let Some(lists) = parsed.suppressors {
            if let Some(change) = &mut self.change
                && !std::mem::replace(&mut change.suppressors, true)
            {
                self.suppressors = Suppressors::default();
            }
            self.suppressors.promo.extend(lists.promo);
            self.suppressors.news.extend(lists.news);
            self.suppressors.never.extend(lists.never);
        }
        for raw in parsed.rules {
            let place = Place { file, text, rule: Some(raw.id.get_ref().clone()) };
            match self.rule(&place, raw) {
                Ok(rule) => match self.rules.iter_mut().find(|known| known.id == rule.id) {
                    Some(known) => *known = rule,
                    None => self.rules.push(rule),
                },
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    fn lists(&mut self, lists: BTreeMap<String, Vec<String>>) {
        for (name, words) in lists {
            if let Some(change) = &mut self.change
                && change.lists.insert(name.clone())
            {
                self.lists.remove(&name);
            }
            self.lists.entry(name).or_default().extend(words);
        }
    }

    fn rule(&mut self, place: &Place<'_>, raw: RawRule) -> Result<Rule, PackProblem> {
        let id = raw.id.get_ref().clone();
        let well_formed =
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !well_formed {
            return Err(place.problem(raw.id.span(), "id 只能用小写字母、数字和连字符".to_owned()));
        }
        let ids = self.change.as_mut().map_or(&mut self.ids, |change| &mut change.ids);
        if !ids.insert(id.clone()) {
            return Err(place.problem(raw.id.span(), "id 与另一条规则重复".to_owned()));
        }
        let applies_to = raw
            .applies_to
            .iter()
            .map(|k| place.word(k, "文章类型", &codes(Kind::ALL, Kind::code)))
            .collect::<Result<Vec<Kind>, _>>()?;
        if applies_to.is_empty() {
            return Err(place.problem(raw.id.span(), "applies_to 不能为空，可用：news、promo".to_owned()));
        }
        let institution_types = raw
            .institution_types
            .iter()
            .map(|t| institution_type(place, t))
            .collect::<Result<Vec<InstitutionType>, _>>()?;
        let register =
            register_conditions(place, raw.licence.as_ref(), raw.outside_scope, raw.address.as_ref())?;
        let at_least = match &raw.at_least {
            Some(count) if !(1..=9).contains(count.get_ref()) => {
                return Err(place.problem(count.span(), "at_least 只能是 1 至 9".to_owned()));
            }
            Some(count) => *count.get_ref(),
            None => 1,
        };
        let first_kind = applies_to[0];
        Ok(Rule {
            category: place.word(&raw.category, "类别", &codes(Category::ALL, Category::code))?,
            severity: place.word(&raw.severity, "级别", &codes(Severity::ALL, Severity::code))?,
            matches: self.expression(place, &raw.matches)?,
            suppress: raw.suppress.as_ref().map(|s| self.expression(place, s)).transpose()?,
            examples: raw
                .examples
                .into_iter()
                .map(|e| example(place, e, first_kind))
                .collect::<Result<_, _>>()?,
            match_text: raw.matches.into_inner(),
            line: place.problem(raw.id.span(), String::new()).line,
            file: place.file.to_owned(),
            name: raw.name,
            orientation: raw.orientation,
            lead: raw.lead,
            co: raw.co,
            lead_for: by_type(place, raw.lead_for)?,
            co_for: by_type(place, raw.co_for)?,
            basis_policy: raw.basis_policy,
            basis_penalty: raw.basis_penalty,
            id,
            applies_to,
            institution_types,
            register,
            at_least,
        })
    }

    fn expression(&mut self, place: &Place<'_>, text: &Spanned<String>) -> Result<Expr, PackProblem> {
        let expr = parse(text.get_ref(), Dialect::Rule, NaiveDate::default()).map_err(|error| {
            let help = error.help.as_ref().map(|h| format!("（{h}）")).unwrap_or_default();
            place.within(text, error.at, format!("表达式第 {} 个字符：{}{help}", error.at + 1, error.message))
        })?;
        let mut lists = Vec::new();
        list_names(&expr, &mut lists);
        for name in lists {
            let problem = place.problem(text.span(), format!("词表 @{name} 没有定义，请在 [lists] 中加入"));
            self.named.push((name, problem));
        }
        Ok(expr)
    }

    /// Who approves, supervises: rules whose lead approves institutions of other types only. What a rule says itself
    /// stands.
    fn approvers_lead(&mut self) {
        for rule in &mut self.rules {
            for (kind, approver) in self.approvers.get(&rule.lead).into_iter().flatten() {
                rule.lead_for.entry(*kind).or_insert_with(|| approver.clone());
            }
        }
    }

    /// Lists may be defined in any file of the folder, so this is known only at the end.
    fn undefined_lists(&mut self) {
        let lists = &self.lists;
        let known: Vec<&str> = lists.keys().map(String::as_str).collect();
        let missing = self.named.drain(..).filter(|(name, _)| !lists.contains_key(name));
        self.problems.extend(missing.map(|(name, mut problem)| {
            if let Some(near) = nearest(&name, &known) {
                problem.message += &format!("；是否指 @{near}？");
            }
            problem
        }));
    }
}

fn register_conditions(
    place: &Place<'_>,
    licence: Option<&Spanned<String>>,
    outside_scope: bool,
    address: Option<&Spanned<String>>,
) -> Result<Vec<RegisterCondition>, PackProblem> {
    let mut conditions = Vec::new();
    match licence {
        Some(word) if word.get_ref() == "invalid" => conditions.push(RegisterCondition::LicenceInvalid),
        Some(word) => return Err(place.problem(word.span(), "licence 只能是 \"invalid\"".to_owned())),
        None => {}
    }
    if outside_scope {
        conditions.push(RegisterCondition::OutsideScope);
    }
    match address {
        Some(word) if word.get_ref() == "unregistered" => {
            conditions.push(RegisterCondition::AddressUnregistered)
        }
        Some(word) => return Err(place.problem(word.span(), "address 只能是 \"unregistered\"".to_owned())),
        None => {}
    }
    Ok(conditions)
}

fn by_type<T>(place: &Place<'_>, named: ByType<T>) -> Result<BTreeMap<InstitutionType, T>, PackProblem> {
    named.into_iter().map(|(word, what)| Ok((institution_type(place, &word)?, what))).collect()
}

fn institution_type(place: &Place<'_>, word: &Spanned<String>) -> Result<InstitutionType, PackProblem> {
    let expected = InstitutionType::ALL.iter().map(|t| t.zh()).collect::<Vec<_>>().join("、");
    place.word(word, "机构类型", &expected)
}

fn example(place: &Place<'_>, raw: RawExample, first_kind: Kind) -> Result<Example, PackProblem> {
    Ok(Example {
        kind: match &raw.kind {
            Some(word) => place.word(word, "文章类型", &codes(Kind::ALL, Kind::code))?,
            None => first_kind,
        },
        institution_type: raw.institution_type.as_ref().map(|t| institution_type(place, t)).transpose()?,
        line: place.problem(raw.text.span(), String::new()).line,
        text: raw.text.into_inner(),
        title: raw.title,
        fires: raw.fires,
    })
}

fn list_names(expr: &Expr, out: &mut Vec<String>) {
    match expr {
        Expr::List(name) => out.push(name.clone()),
        Expr::And(all) | Expr::Or(all) => all.iter().for_each(|e| list_names(e, out)),
        Expr::Not(one) | Expr::Sentence(one) | Expr::Paragraph(one) | Expr::In(_, one) => {
            list_names(one, out)
        }
        Expr::Near { left, right, .. } => {
            list_names(left, out);
            list_names(right, out);
        }
        Expr::Term(_) | Expr::Phrase(_) | Expr::Filter(_) | Expr::Fact(_) => {}
    }
}

/// The id of the rule that a place in the file belongs to, for errors of the TOML reader itself.
fn rule_above(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let start = before.rfind("[[rule]]")?;
    let line = text[start..]
        .lines()
        .take_while(|l| !l.starts_with("[[rule.example]]"))
        .find(|l| l.trim_start().starts_with("id"))?;
    line.split('"').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests;
