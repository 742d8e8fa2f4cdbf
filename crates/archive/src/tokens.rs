//! What the index is made of: words for ranking, bigrams and single characters for exactness. All of them are given
//! the normal form; the tokenizers of the library are not used (its n-grams carry no positions).

use guanlan_text::Segmenter;
use std::str::CharIndices;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Every two neighbouring characters, whatever they are; the position is that of the first character.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bigrams;

/// Every letter, digit or Han character by itself, each once: it is only asked whether a text holds it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Singles;

/// Words of jieba's search mode.
#[derive(Debug, Clone)]
pub(crate) struct Words(pub(crate) Segmenter);

pub(crate) struct BigramStream<'a> {
    text: &'a str,
    chars: CharIndices<'a>,
    first: Option<usize>,
    second: Option<(usize, char)>,
    token: Token,
}

impl Tokenizer for Bigrams {
    type TokenStream<'a> = BigramStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> BigramStream<'a> {
        let mut chars = text.char_indices();
        let first = chars.next().map(|(at, _)| at);
        let second = chars.next();
        BigramStream { text, chars, first, second, token: Token::default() }
    }
}

impl TokenStream for BigramStream<'_> {
    fn advance(&mut self) -> bool {
        let (Some(from), Some((middle, last))) = (self.first, self.second) else { return false };
        let to = middle + last.len_utf8();
        self.token.text.clear();
        self.token.text.push_str(self.text.get(from..to).unwrap_or_default());
        self.token.offset_from = from;
        self.token.offset_to = to;
        self.token.position = self.token.position.wrapping_add(1);
        self.first = Some(middle);
        self.second = self.chars.next();
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

pub(crate) struct SingleStream {
    chars: std::vec::IntoIter<char>,
    token: Token,
}

impl Tokenizer for Singles {
    type TokenStream<'a> = SingleStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> SingleStream {
        let mut chars: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
        chars.sort_unstable();
        chars.dedup();
        SingleStream { chars: chars.into_iter(), token: Token::default() }
    }
}

impl TokenStream for SingleStream {
    fn advance(&mut self) -> bool {
        let Some(c) = self.chars.next() else { return false };
        self.token.text.clear();
        self.token.text.push(c);
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

pub(crate) struct WordStream {
    words: std::vec::IntoIter<guanlan_text::Token>,
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream {
        WordStream { words: self.0.search_tokens(text).into_iter(), token: Token::default() }
    }
}

impl TokenStream for WordStream {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else { return false };
        self.token.text = word.text;
        self.token.offset_from = word.start;
        self.token.offset_to = word.end;
        self.token.position = word.position;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(mut stream: impl TokenStream) -> Vec<(String, usize)> {
        let mut out = Vec::new();
        stream.process(&mut |token| out.push((token.text.clone(), token.position)));
        out
    }

    #[test]
    fn bigrams_carry_positions_and_singles_stand_once() {
        let expected: Vec<(String, usize)> = [("退费", 0), ("费，", 1), ("，a", 2), ("a\n", 3), ("\n😀", 4)]
            .map(|(t, p)| (t.to_owned(), p))
            .into();
        assert_eq!(tokens(Bigrams.token_stream("退费，a\n😀")), expected);
        assert_eq!(tokens(Bigrams.token_stream("退")), []);
        assert_eq!(tokens(Bigrams.token_stream("")), []);
        assert_eq!(tokens(Singles.token_stream("退，a\n退a")), [("a".to_owned(), 0), ("退".to_owned(), 1)]);
    }
}
