//! Words, by jieba.

use jieba_rs::Jieba;
use std::sync::{Arc, OnceLock};

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The word.
    pub text: String,
    /// First byte in the text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Ordinal for phrase queries; overlapping words of search mode share the ordinal of their place.
    pub position: usize,
}

/// Cuts Chinese text into words. Clones share one dictionary.
#[derive(Clone)]
pub struct Segmenter {
    jieba: Arc<Jieba>,
}

impl std::fmt::Debug for Segmenter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Segmenter")
    }
}

/// The dictionary without additions is loaded once for the whole process.
fn plain() -> &'static Arc<Jieba> {
    static PLAIN: OnceLock<Arc<Jieba>> = OnceLock::new();
    PLAIN.get_or_init(|| Arc::new(Jieba::new()))
}

impl Segmenter {
    /// A segmenter that knows the general dictionary and these words. Loading takes a moment the first time.
    pub fn new(words: impl IntoIterator<Item = String>) -> Segmenter {
        let mut words = words.into_iter().filter(|w| !w.trim().is_empty()).peekable();
        if words.peek().is_none() {
            return Segmenter { jieba: Arc::clone(plain()) };
        }
        let mut jieba = Jieba::clone(plain());
        for word in words {
            jieba.add_word(word.trim(), None, None);
        }
        Segmenter { jieba: Arc::new(jieba) }
    }

    /// Words for a search index: long words also yield the shorter words inside them. Punctuation and spaces are
    /// left out. Give it the normal form when the index holds the normal form.
    pub fn search_tokens(&self, text: &str) -> Vec<Token> {
        self.jieba
            .cut_for_search(text, true)
            .into_iter()
            .filter(|t| t.word.chars().any(char::is_alphanumeric))
            .map(|t| Token {
                text: t.word.to_owned(),
                start: t.byte_start,
                end: t.byte_end,
                position: t.start,
            })
            .collect()
    }

    /// Words in reading order, without overlap; for ranking and for reading.
    pub fn words<'a>(&self, text: &'a str) -> Vec<&'a str> {
        self.jieba.cut(text, true).into_iter().map(|t| t.word).collect()
    }
}

/// True when the stretch between two characters of a text takes the end of one word or the beginning of another:
/// 点招 in 教学点招收. A stretch inside one word, or made of whole words, cuts nothing. Uses the general dictionary,
/// which is loaded on the first call.
pub fn cuts_words(text: &str, start: usize, end: usize) -> bool {
    plain().cut(text, false).into_iter().any(|t| {
        let overlaps = t.start < end && start < t.end;
        let inside = start <= t.start && t.end <= end;
        let around = t.start <= start && end <= t.end;
        overlaps && !inside && !around
    })
}

/// How often a word of the general dictionary must have been counted to be one that people know: 术学 and 文班 stand
/// in it as well.
const KNOWN: usize = 10;

/// True for a word of the general dictionary that people know. The dictionary is loaded on the first call.
pub fn is_word(text: &str) -> bool {
    plain().has_word(text) && plain().suggest_freq(text) >= KNOWN
}

/// True when a known word of more than one character has a part in the stretch between two characters of a text:
/// 术学 in 武术学校.
pub fn in_words(text: &str, start: usize, end: usize) -> bool {
    plain().cut(text, false).iter().any(|t| {
        let length = t.end - t.start;
        // Three characters do not stand side by side by chance, however rare the word.
        t.start < end && start < t.end && length > 1 && (length > 2 || is_word(t.word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_operator_are_words() {
        let text = "云溪县青松艺术闭店";
        let own = Segmenter::new(["青松艺术".to_owned()]);
        assert!(own.words(text).contains(&"青松艺术"));
        assert!(own.search_tokens(text).iter().any(|t| t.text == "青松艺术"));
    }

    #[test]
    fn a_stretch_that_cuts_words_is_seen() {
        assert!(cuts_words("另开教学点招收学员", 4, 6), "点招");
        assert!(cuts_words("他不必过关也行", 2, 4), "必过");
        assert!(!cuts_words("签约保过不过退费", 2, 4), "保过");
        assert!(!cuts_words("家长要求退费未果", 4, 6), "退费");
    }

    #[test]
    fn words_of_the_dictionary_are_known() {
        assert!(is_word("屋里") && is_word("滑雪"));
        assert!(!is_word("树学") && !is_word("鹰语") && !is_word("术学"));
        assert!(in_words("武术学校招生", 1, 3));
        assert!(!in_words("周一树学一天", 2, 4));
    }

    #[test]
    fn tokens_carry_their_bytes_and_no_punctuation() {
        let text = "退费难，跑路。";
        let tokens = Segmenter::new([]).search_tokens(text);
        assert!(!tokens.is_empty());
        for token in tokens {
            assert_eq!(&text[token.start..token.end], token.text);
            assert!(token.text.chars().all(char::is_alphanumeric));
        }
    }
}
