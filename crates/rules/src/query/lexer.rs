//! From characters to the words and signs of the language.

use super::ast::{Comparison, Fact, Quantity};
use super::names::{Prefix, QUANTITIES, suggestion};
use super::{Dialect, QueryError};
use guanlan_text::is_han;

/// One sign or word. `at` and `len` count characters of the input.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) at: usize,
    pub(super) len: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Word(String),
    Phrase(String),
    List(String),
    Field(Prefix),
    Fact(Fact),
    Open,
    Close,
    /// `句(`
    Sentence,
    /// `段(`
    Paragraph,
    And,
    Or,
    Not,
    Near {
        distance: u32,
        ordered: bool,
    },
    End,
}

/// Reads one token after another. Full-width signs count as their ASCII twins; words keep the characters as written.
pub(super) struct Lexer {
    written: Vec<char>,
    /// The same characters, one for one, with width and quotes folded.
    folded: Vec<char>,
    pos: usize,
    dialect: Dialect,
}

const LONGEST_NAME: usize = 8;

impl Lexer {
    pub(super) fn new(input: &str, dialect: Dialect) -> Self {
        let written: Vec<char> = input.chars().collect();
        let folded = written.iter().map(|&c| fold(c)).collect();
        Lexer { written, folded, pos: 0, dialect }
    }

    pub(super) fn next(&mut self) -> Result<Token, QueryError> {
        self.skip_space();
        let at = self.pos;
        let single = |kind| Ok(Token { kind, at, len: 1 });
        match self.here() {
            None => Ok(Token { kind: Kind::End, at, len: 0 }),
            Some('(') => self.advance(1, || single(Kind::Open)),
            Some(')') => self.advance(1, || single(Kind::Close)),
            Some('|') => self.advance(1, || single(Kind::Or)),
            Some('-') => self.minus(),
            Some('@') => self.list(),
            Some('"' | '「' | '『') => self.phrase(),
            Some('」' | '』') => {
                Err(QueryError::new(at, 1, "引号没有开头").help("在前面补上『「』，或删去这个引号"))
            }
            Some(_) => self.word(),
        }
    }

    /// The value of a filter: a quoted phrase, or everything up to a space, bracket, bar or quote. Returns the text
    /// with its position; empty text when nothing stands there.
    pub(super) fn value(&mut self) -> Result<(String, usize, usize), QueryError> {
        self.skip_space();
        if matches!(self.here(), Some('"' | '「' | '『')) {
            let token = self.phrase()?;
            let text = if let Kind::Phrase(text) = token.kind { text } else { String::new() };
            return Ok((text, token.at + 1, token.len.saturating_sub(2)));
        }
        let at = self.pos;
        let text = self.run();
        Ok((text, at, self.pos - at))
    }

    fn here(&self) -> Option<char> {
        self.folded.get(self.pos).copied()
    }

    fn advance<T>(&mut self, by: usize, then: impl FnOnce() -> T) -> T {
        self.pos += by;
        then()
    }

    fn skip_space(&mut self) {
        while self.here().is_some_and(is_space) {
            self.pos += 1;
        }
    }

    /// Takes everything up to the next delimiter, as written.
    fn run(&mut self) -> String {
        let start = self.pos;
        while self.here().is_some_and(|c| !is_delimiter(c)) {
            self.pos += 1;
        }
        self.written.get(start..self.pos).unwrap_or_default().iter().collect()
    }

    fn folded_text(&self, from: usize, to: usize) -> String {
        self.folded.get(from..to).unwrap_or_default().iter().collect()
    }

    fn minus(&mut self) -> Result<Token, QueryError> {
        let at = self.pos;
        self.pos += 1;
        match self.here() {
            Some(c) if !is_space(c) && c != ')' && c != '|' => Ok(Token { kind: Kind::Not, at, len: 1 }),
            _ => Err(QueryError::new(at, 1, "『-』后面要紧跟被排除的词").help("例如：培训 -公益")),
        }
    }

    fn list(&mut self) -> Result<Token, QueryError> {
        let at = self.pos;
        self.pos += 1;
        let name = self.run();
        let len = self.pos - at;
        if self.dialect == Dialect::Search {
            return Err(
                QueryError::new(at, len, "『@列表』只能用在规则里").help("在检索中请直接写出要找的词")
            );
        }
        if name.is_empty() {
            return Err(QueryError::new(at, len, "『@』后面缺少列表名").help("例如：@学科词"));
        }
        Ok(Token { kind: Kind::List(name), at, len })
    }

    fn phrase(&mut self) -> Result<Token, QueryError> {
        let at = self.pos;
        let close = match self.here() {
            Some('「') => '」',
            Some('『') => '』',
            _ => '"',
        };
        let start = at + 1;
        let inside = self.folded.get(start..).unwrap_or_default().iter().position(|&c| c == close);
        let Some(length) = inside else {
            return Err(QueryError::new(at, 1, "引号没有闭合").help("在短语末尾补上引号"));
        };
        let end = start + length;
        self.pos = end + 1;
        let text: String = self.written.get(start..end).unwrap_or_default().iter().collect();
        let len = self.pos - at;
        if !is_searchable(&text) {
            return Err(QueryError::new(at, len, "引号里没有可检索的文字"));
        }
        Ok(Token { kind: Kind::Phrase(text), at, len })
    }

    fn word(&mut self) -> Result<Token, QueryError> {
        let at = self.pos;
        if self.dialect == Dialect::Rule && self.here().is_some_and(is_comparison) {
            return Err(QueryError::new(at, 1, "比较号前面缺少数量").help("例如：课时>60、金额>=5000"));
        }
        while let Some(c) = self.here() {
            if c == ':' && self.looks_like_field(at) {
                return self.field(at);
            }
            if is_delimiter(c) || (is_comparison(c) && self.stands_for_fact(at)) {
                break;
            }
            self.pos += 1;
        }
        let name = self.folded_text(at, self.pos);
        if self.dialect == Dialect::Rule
            && let Some(comparison_at) = self.comparison_ahead()
            && self.stands_for_fact(at)
        {
            return self.fact(at, &name, comparison_at);
        }
        let text: String = self.written.get(at..self.pos).unwrap_or_default().iter().collect();
        let len = self.pos - at;
        if self.dialect == Dialect::Search && is_fact_like(&name) {
            return Err(QueryError::new(at, len, format!("『{text}』这样的数量条件只能写在规则里"))
                .help("若要查找这些字本身，请加引号"));
        }
        self.keyword(&name, at, len)?.map_or_else(|| plain_word(text, at, len), Ok)
    }

    fn looks_like_field(&self, at: usize) -> bool {
        let name = self.folded.get(at..self.pos).unwrap_or_default();
        let address = self.folded.get(self.pos + 1..self.pos + 3) == Some(&['/', '/']);
        (1..=LONGEST_NAME).contains(&name.len())
            && !address
            && (name.iter().all(|&c| is_han(c)) || name.iter().all(char::is_ascii_alphabetic))
    }

    fn field(&mut self, at: usize) -> Result<Token, QueryError> {
        let name = self.folded_text(at, self.pos);
        let len = self.pos - at;
        self.pos += 1;
        match Prefix::named(&name) {
            Some(prefix) => Ok(Token { kind: Kind::Field(prefix), at, len: len + 1 }),
            None => {
                let near = suggestion(&name, Prefix::ALL.iter().map(|prefix| prefix.name()));
                Err(QueryError::new(at, len, format!("未知字段『{name}』{near}"))
                    .help("若要查找带冒号的文字本身，请加引号"))
            }
        }
    }

    fn keyword(&mut self, name: &str, at: usize, len: usize) -> Result<Option<Token>, QueryError> {
        let kind = match name {
            "且" | "AND" => Kind::And,
            "或" | "OR" => Kind::Or,
            "非" | "NOT" => Kind::Not,
            "句" | "段" if self.here() == Some('(') => {
                self.pos += 1;
                let kind = if name == "句" { Kind::Sentence } else { Kind::Paragraph };
                return Ok(Some(Token { kind, at, len: len + 1 }));
            }
            _ => return near(name, at, len),
        };
        Ok(Some(Token { kind, at, len }))
    }

    /// True when the characters from `at` can only be meant as the name of a quantity.
    fn stands_for_fact(&self, at: usize) -> bool {
        let name = self.folded.get(at..self.pos).unwrap_or_default();
        self.dialect == Dialect::Rule && (1..=4).contains(&name.len()) && name.iter().all(|&c| is_han(c))
    }

    fn comparison_ahead(&self) -> Option<usize> {
        let rest = self.folded.get(self.pos..)?;
        let offset = rest.iter().position(|&c| !is_space(c))?;
        rest.get(offset).filter(|&&c| is_comparison(c)).map(|_| self.pos + offset)
    }

    fn fact(&mut self, at: usize, name: &str, comparison_at: usize) -> Result<Token, QueryError> {
        let name_len = self.pos - at;
        self.pos = comparison_at;
        let comparison = self.comparison();
        self.skip_space();
        let value_at = self.pos;
        self.run();
        let value = self.folded_text(value_at, self.pos);
        let len = self.pos - at;
        let Some((quantity, _)) = QUANTITIES.iter().find(|(_, known)| *known == name) else {
            let near = suggestion(name, QUANTITIES.iter().map(|(_, name)| *name));
            return Err(QueryError::new(at, name_len, format!("未知数量『{name}』{near}"))
                .help("若要查找这些字本身，请加引号"));
        };
        match fact_value(*quantity, &value) {
            Ok(value) => {
                let fact = Fact { quantity: *quantity, comparison, value };
                Ok(Token { kind: Kind::Fact(fact), at, len })
            }
            Err(message) => Err(QueryError::new(value_at, value.chars().count(), message)),
        }
    }

    fn comparison(&mut self) -> Comparison {
        let first = self.here();
        self.pos += 1;
        let equal = self.here() == Some('=');
        if equal {
            self.pos += 1;
        }
        match (first, equal) {
            (Some('>'), false) => Comparison::Greater,
            (Some('>' | '≥'), _) => Comparison::GreaterOrEqual,
            (Some('<'), false) => Comparison::Less,
            (Some('<' | '≤'), _) => Comparison::LessOrEqual,
            _ => Comparison::Equal,
        }
    }
}

fn near(name: &str, at: usize, len: usize) -> Result<Option<Token>, QueryError> {
    // With its distance the operator is unmistakable in small letters too.
    let upper = if name.contains('/') { name.to_ascii_uppercase() } else { name.to_owned() };
    let (operator, rest) = match (upper.strip_prefix("NEAR"), upper.strip_prefix("BEFORE")) {
        (Some(rest), _) => ("NEAR", rest),
        (_, Some(rest)) => ("BEFORE", rest),
        _ => return Ok(None),
    };
    let Some(number) = rest.strip_prefix('/') else {
        if rest.is_empty() {
            return Err(QueryError::new(at, len, format!("『{operator}』要写明距离"))
                .help(format!("例如：甲 {operator}/20 乙，表示相距不超过 20 个字")));
        }
        return Ok(None);
    };
    let number_at = at + operator.len() + 1;
    match number.parse::<u32>() {
        Ok(distance @ 1..=500) => {
            Ok(Some(Token { kind: Kind::Near { distance, ordered: operator == "BEFORE" }, at, len }))
        }
        _ => Err(QueryError::new(number_at, number.chars().count(), "距离应为 1–500 个字")
            .help(format!("例如：甲 {operator}/20 乙"))),
    }
}

fn plain_word(text: String, at: usize, len: usize) -> Result<Token, QueryError> {
    if text.starts_with('*') || text.ends_with('*') {
        return Err(QueryError::new(at, len, "不支持通配符『*』")
            .help("直接写出要找的字即可，检索按字面包含匹配；要找『*』本身请加引号"));
    }
    if len > 2 && text.starts_with('/') && text.ends_with('/') {
        return Err(QueryError::new(at, len, "不支持正则表达式").help("可用“或”、NEAR/20 或引号短语代替"));
    }
    if !is_searchable(&text) {
        return Err(QueryError::new(at, len, format!("『{text}』里没有可检索的文字")));
    }
    Ok(Token { kind: Kind::Word(text), at, len })
}

/// Reads the number of a fact: lessons, yuan, months, years, or a clock time as minutes after midnight.
fn fact_value(quantity: Quantity, text: &str) -> Result<f64, String> {
    if quantity == Quantity::TimeOfDay {
        return clock(text).ok_or_else(|| "时刻应写成 时:分，例如 20:30".to_owned());
    }
    let expected = || "这里应为数字，例如 60、0.5万".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    if number.len() > 20 {
        return Err(expected());
    }
    let number: f64 = number.parse().map_err(|_| expected())?;
    let (factor, unit) = match (rest.strip_prefix('万'), rest.strip_prefix('千')) {
        (Some(unit), _) => (10_000.0, unit),
        (_, Some(unit)) => (1_000.0, unit),
        _ => (1.0, rest),
    };
    let units: &[&str] = match quantity {
        Quantity::Lessons => &["", "课时", "节"],
        Quantity::Amount => &["", "元"],
        Quantity::Months => &["", "个月", "月"],
        Quantity::Age => &["", "岁", "周岁"],
        Quantity::Grade => &["", "年级"],
        Quantity::TimeOfDay => &[],
    };
    if !units.contains(&unit) {
        return Err(expected());
    }
    let value = (number * factor * 10_000.0).round() / 10_000.0;
    if value > 1e9 { Err("数字太大".to_owned()) } else { Ok(value) }
}

fn clock(text: &str) -> Option<f64> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hours) || minutes.len() != 2 || !two_digits(minutes) {
        return None;
    }
    let total = hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok().filter(|m| *m < 60)?;
    (total <= 24 * 60).then_some(f64::from(total))
}

fn is_fact_like(folded: &str) -> bool {
    QUANTITIES
        .iter()
        .any(|(_, name)| folded.strip_prefix(name).is_some_and(|rest| rest.starts_with(is_comparison)))
}

/// One for one: full-width ASCII, ideographic space, the minus sign and curly quotes become plain ASCII.
pub(super) fn fold(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        '−' => '-',
        '“' | '”' | '„' | '‟' => '"',
        other => other,
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
}

fn is_delimiter(c: char) -> bool {
    is_space(c) || matches!(c, '(' | ')' | '|' | '"' | '「' | '」' | '『' | '』')
}

fn is_comparison(c: char) -> bool {
    matches!(c, '>' | '<' | '=' | '≥' | '≤')
}

fn is_searchable(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// True when the text can be written as a filter value or list name without quotes.
pub(super) fn is_bare_value(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| !is_delimiter(fold(c)))
}

/// True when the text, written without quotes, is read back as one word.
pub(super) fn is_bare_word(text: &str) -> bool {
    [Dialect::Search, Dialect::Rule].into_iter().any(|dialect| {
        let mut lexer = Lexer::new(text, dialect);
        let first = lexer.next();
        matches!(first, Ok(Token { kind: Kind::Word(word), .. }) if word == text)
    })
}
