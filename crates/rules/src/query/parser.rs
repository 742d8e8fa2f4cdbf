//! From signs and words to the tree. Recursive descent, one function a level of precedence; only brackets recurse.

use super::ast::{Expr, Filter};
use super::lexer::{Kind, Lexer, Token};
use super::names::{Prefix, suggestion};
use super::{Dialect, MAX_DEPTH, QueryError, dates};
use chrono::NaiveDate;
use guanlan_model::{Category, Tier};

/// Most NEAR operators in one chain.
const MAX_CHAIN: usize = 7;

pub(super) struct Parser {
    lexer: Lexer,
    peeked: Option<Token>,
    /// What was read last, for messages about what is missing after it.
    last: Option<Token>,
    clauses: usize,
    dialect: Dialect,
    today: NaiveDate,
}

/// A piece of the tree and the characters it was read from.
struct Read {
    expr: Expr,
    at: usize,
    end: usize,
}

impl Read {
    fn error(&self, message: impl Into<String>) -> QueryError {
        QueryError::new(self.at, self.end - self.at, message)
    }
}

impl Parser {
    pub(super) fn new(input: &str, dialect: Dialect, today: NaiveDate) -> Self {
        Parser { lexer: Lexer::new(input, dialect), peeked: None, last: None, clauses: 0, dialect, today }
    }

    pub(super) fn query(mut self) -> Result<Expr, QueryError> {
        if self.peek()?.kind == Kind::End {
            return Err(QueryError::new(0, 0, "检索式是空的").help("例如：培训 退费 -公益"));
        }
        let read = self.alternatives(0)?;
        let rest = self.next()?;
        if rest.kind == Kind::Close {
            return Err(stray_close(&rest));
        }
        wanted(&read)?;
        Ok(read.expr)
    }

    fn peek(&mut self) -> Result<&Token, QueryError> {
        let token = match self.peeked.take() {
            Some(token) => token,
            None => self.lexer.next()?,
        };
        Ok(self.peeked.insert(token))
    }

    fn next(&mut self) -> Result<Token, QueryError> {
        let token = match self.peeked.take() {
            Some(token) => token,
            None => self.lexer.next()?,
        };
        self.last = Some(token.clone());
        Ok(token)
    }

    fn alternatives(&mut self, depth: usize) -> Result<Read, QueryError> {
        let first = self.all(depth)?;
        if self.peek()?.kind != Kind::Or {
            return Ok(first);
        }
        wanted(&first)?;
        let (at, mut end) = (first.at, first.end);
        let mut branches = Vec::new();
        flatten_or(first.expr, &mut branches);
        while self.peek()?.kind == Kind::Or {
            self.next()?;
            let branch = self.all(depth)?;
            wanted(&branch)?;
            end = branch.end;
            flatten_or(branch.expr, &mut branches);
        }
        Ok(Read { expr: Expr::Or(branches), at, end })
    }

    fn all(&mut self, depth: usize) -> Result<Read, QueryError> {
        let first = self.unless(depth)?;
        let (at, mut end) = (first.at, first.end);
        let mut items = vec![first.expr];
        loop {
            match self.peek()?.kind {
                Kind::End | Kind::Close | Kind::Or => break,
                Kind::And => {
                    self.next()?;
                }
                _ => {}
            }
            let item = self.unless(depth)?;
            end = item.end;
            items.push(item.expr);
        }
        if items.len() == 1 {
            let expr = items.swap_remove(0);
            return Ok(Read { expr, at, end });
        }
        let mut flat = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Expr::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        Ok(Read { expr: Expr::And(flat), at, end })
    }

    fn unless(&mut self, depth: usize) -> Result<Read, QueryError> {
        if self.peek()?.kind != Kind::Not {
            return self.near(depth);
        }
        let sign = self.next()?;
        let following = self.peek()?;
        if following.kind == Kind::Not {
            return Err(QueryError::new(sign.at, following.at + following.len - sign.at, "连续两个“非”")
                .help("去掉其中一个，或两个都去掉"));
        }
        let operand = self.near(depth)?;
        wanted(&operand)?;
        Ok(Read { at: sign.at, end: operand.end, expr: Expr::Not(Box::new(operand.expr)) })
    }

    fn near(&mut self, depth: usize) -> Result<Read, QueryError> {
        let mut left = self.operand(depth)?;
        let mut chain = 0;
        while let Kind::Near { distance, ordered } = self.peek()?.kind {
            let operator = self.next()?;
            chain += 1;
            if chain > MAX_CHAIN {
                let message = format!("连用的 NEAR/BEFORE 太多，最多 {MAX_CHAIN} 个");
                return Err(QueryError::new(operator.at, operator.len, message));
            }
            let right = self.operand(depth)?;
            has_place(&left)?;
            has_place(&right)?;
            let (at, end) = (left.at, right.end);
            let expr =
                Expr::Near { left: Box::new(left.expr), right: Box::new(right.expr), distance, ordered };
            left = Read { expr, at, end };
        }
        Ok(left)
    }

    fn operand(&mut self, depth: usize) -> Result<Read, QueryError> {
        let before = self.last.take();
        let token = self.next()?;
        let (at, end) = (token.at, token.at + token.len);
        let leaf = |expr| Ok(Read { expr, at, end });
        match token.kind {
            Kind::Word(word) => self.count(at, token.len).and_then(|()| leaf(Expr::Term(word))),
            Kind::Phrase(words) => self.count(at, token.len).and_then(|()| leaf(Expr::Phrase(words))),
            Kind::List(name) => self.count(at, token.len).and_then(|()| leaf(Expr::List(name))),
            Kind::Fact(fact) => self.count(at, token.len).and_then(|()| leaf(Expr::Fact(fact))),
            Kind::Open => self.group(&token, depth),
            Kind::Sentence | Kind::Paragraph => self.scope(&token, depth),
            Kind::Field(prefix) => self.prefixed(&token, prefix, depth),
            Kind::Close if !matches!(before, Some(Token { kind: Kind::Open, .. })) && depth == 0 => {
                Err(stray_close(&token))
            }
            Kind::And | Kind::Or | Kind::Not | Kind::Near { .. } | Kind::Close | Kind::End => {
                Err(self.missing(before.as_ref(), &token))
            }
        }
    }

    fn count(&mut self, at: usize, len: usize) -> Result<(), QueryError> {
        self.clauses += 1;
        let limit = self.dialect.max_clauses();
        if self.clauses > limit {
            return Err(QueryError::new(at, len, format!("检索词太多，最多 {limit} 个"))
                .help("请分成几次检索，或去掉一部分词"));
        }
        Ok(())
    }

    /// What stands between an opening bracket, already read, and its closing one.
    fn group(&mut self, open: &Token, depth: usize) -> Result<Read, QueryError> {
        if depth >= MAX_DEPTH {
            let message = format!("括号嵌套太深，最多 {MAX_DEPTH} 层");
            return Err(QueryError::new(open.at, open.len, message));
        }
        let inner = self.alternatives(depth + 1)?;
        let close = self.next()?;
        if close.kind != Kind::Close {
            return Err(QueryError::new(open.at, open.len, "括号没有闭合").help("在末尾补上『)』"));
        }
        Ok(Read { expr: inner.expr, at: open.at, end: close.at + close.len })
    }

    fn scope(&mut self, open: &Token, depth: usize) -> Result<Read, QueryError> {
        let inner = self.group(open, depth)?;
        wanted(&inner)?;
        let name = if open.kind == Kind::Sentence { "句" } else { "段" };
        if contains(&inner.expr, |expr| matches!(expr, Expr::In(..) | Expr::Filter(_))) {
            return Err(inner
                .error(format!("『{name}(…)』里不能再写字段或筛选条件"))
                .help(format!("字段写在外面，例如：正文:{name}(甲 乙) 来源:日报")));
        }
        let boxed = Box::new(inner.expr);
        let expr = if open.kind == Kind::Sentence { Expr::Sentence(boxed) } else { Expr::Paragraph(boxed) };
        Ok(Read { expr, at: inner.at, end: inner.end })
    }

    fn prefixed(&mut self, token: &Token, prefix: Prefix, depth: usize) -> Result<Read, QueryError> {
        let Prefix::Text(field) = prefix else {
            return self.filter(token, prefix);
        };
        let following = self.peek()?;
        if matches!(following.kind, Kind::Not) {
            return Err(QueryError::new(following.at, following.len, "排除号应写在字段前面")
                .help(format!("例如：-{}:甲", prefix.name())));
        }
        if matches!(following.kind, Kind::Field(_)) {
            return Err(QueryError::new(
                token.at,
                following.at + following.len - token.at,
                "两个字段不能连写",
            )
            .help("中间加空格，或分开写成两个条件"));
        }
        let operand = self.operand(depth)?;
        wanted(&operand)?;
        if contains(&operand.expr, |expr| matches!(expr, Expr::In(..) | Expr::Filter(_))) {
            return Err(operand.error("字段的括号里不能再写字段或筛选条件").help("请把它们移到括号外面"));
        }
        Ok(Read { expr: Expr::In(field, Box::new(operand.expr)), at: token.at, end: operand.end })
    }

    fn filter(&mut self, token: &Token, prefix: Prefix) -> Result<Read, QueryError> {
        let name = prefix.name();
        if self.dialect == Dialect::Rule {
            return Err(QueryError::new(
                token.at,
                token.len,
                format!("『{name}:』只用于档案检索，不能写在规则里"),
            )
            .help("规则的适用范围请用 applies_to、institution_types 等键"));
        }
        let (value, at, len) = self.lexer.value()?;
        if value.is_empty() {
            return Err(QueryError::new(at, 0, format!("『{name}:』后面缺少内容"))
                .help(format!("例如：{name}:{}；内容里有空格或括号时请加引号", example(prefix))));
        }
        self.count(at, len)?;
        let filter = match prefix {
            Prefix::Source => Filter::Source(value),
            Prefix::Tier => Filter::Tier(tier(&value, at, len)?),
            Prefix::Category => Filter::Category(category(&value, at, len)?),
            Prefix::Date => {
                let (from, to) = dates::read(&value, at, self.today)?;
                Filter::Date { from, to }
            }
            Prefix::Institution | Prefix::Text(_) => Filter::Institution(value),
        };
        Ok(Read { expr: Expr::Filter(filter), at: token.at, end: at + len })
    }

    fn missing(&self, before: Option<&Token>, found: &Token) -> QueryError {
        let after = match before.map(|token| &token.kind) {
            Some(Kind::Open | Kind::Sentence | Kind::Paragraph) if found.kind == Kind::Close => {
                let at = before.map_or(found.at, |token| token.at);
                return QueryError::new(at, found.at + 1 - at, "括号里是空的")
                    .help("在括号里写上检索词，或删去括号");
            }
            Some(kind) => sign(kind),
            None => None,
        };
        match (after, sign(&found.kind)) {
            (Some(after), _) => QueryError::new(found.at, found.len, format!("『{after}』后面缺少检索词")),
            (None, Some(found_sign)) => {
                QueryError::new(found.at, found.len, format!("『{found_sign}』前面缺少检索词"))
            }
            (None, None) => QueryError::new(found.at, found.len, "这里缺少检索词"),
        }
    }
}

fn flatten_or(expr: Expr, into: &mut Vec<Expr>) {
    match expr {
        Expr::Or(inner) => into.extend(inner),
        other => into.push(other),
    }
}

fn stray_close(token: &Token) -> QueryError {
    QueryError::new(token.at, token.len, "多余的右括号").help("删去它，或在前面补上『(』")
}

/// Refuses what only excludes: it would mean "everything else".
fn wanted(read: &Read) -> Result<(), QueryError> {
    let only_excludes = match &read.expr {
        Expr::Not(_) => true,
        Expr::And(items) => items.iter().all(|item| matches!(item, Expr::Not(_))),
        _ => false,
    };
    if only_excludes {
        return Err(read.error("这里只有排除词，没有要找的词").help("至少写一个要找的词，例如：培训 -公益"));
    }
    Ok(())
}

/// Refuses an operand of NEAR that stands at no place in the text.
fn has_place(read: &Read) -> Result<(), QueryError> {
    fn placed(expr: &Expr) -> bool {
        match expr {
            Expr::Term(_) | Expr::Phrase(_) | Expr::List(_) | Expr::Fact(_) | Expr::Near { .. } => true,
            Expr::Or(branches) => branches.iter().all(placed),
            _ => false,
        }
    }
    if placed(&read.expr) {
        return Ok(());
    }
    Err(read
        .error("NEAR/BEFORE 的两边只能是词、短语，或用“或”连起来的词")
        .help("例如：(退费 | 退款) NEAR/20 跑路；字段写在整个括号外面：标题:(甲 NEAR/5 乙)"))
}

fn contains(expr: &Expr, is: fn(&Expr) -> bool) -> bool {
    is(expr)
        || match expr {
            Expr::And(items) | Expr::Or(items) => items.iter().any(|item| contains(item, is)),
            Expr::Not(inner) | Expr::Sentence(inner) | Expr::Paragraph(inner) | Expr::In(_, inner) => {
                contains(inner, is)
            }
            Expr::Near { left, right, .. } => contains(left, is) || contains(right, is),
            Expr::Term(_) | Expr::Phrase(_) | Expr::List(_) | Expr::Filter(_) | Expr::Fact(_) => false,
        }
}

fn sign(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::And => Some("且"),
        Kind::Or => Some("或"),
        Kind::Not => Some("非"),
        Kind::Near { ordered: false, .. } => Some("NEAR"),
        Kind::Near { ordered: true, .. } => Some("BEFORE"),
        Kind::Open => Some("("),
        Kind::Sentence => Some("句("),
        Kind::Paragraph => Some("段("),
        Kind::Field(prefix) => Some(prefix.name()),
        Kind::Word(_) | Kind::Phrase(_) | Kind::List(_) | Kind::Fact(_) | Kind::Close | Kind::End => None,
    }
}

fn example(prefix: Prefix) -> &'static str {
    match prefix {
        Prefix::Institution => "青禾教育",
        Prefix::Source => "云溪日报",
        Prefix::Tier => "省",
        Prefix::Category => "收费",
        Prefix::Date => "近7天",
        Prefix::Text(_) => "退费",
    }
}

fn tier(value: &str, at: usize, len: usize) -> Result<Tier, QueryError> {
    let plain = value.strip_suffix('级').unwrap_or(value);
    plain.parse().map_err(|_| {
        let near = suggestion(plain, Tier::ALL.iter().map(|tier| tier.zh()));
        QueryError::new(at, len, format!("未知级别『{value}』{near}"))
    })
}

fn category(value: &str, at: usize, len: usize) -> Result<Category, QueryError> {
    value.parse().map_err(|_| {
        let near = suggestion(value, Category::ALL.iter().map(|category| category.zh()));
        QueryError::new(at, len, format!("未知类别『{value}』{near}"))
    })
}
