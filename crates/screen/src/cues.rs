//! Words that say what kind of telling a sentence is: a drill, a denial, a warning, an official act, somebody else.
//!
//! The words are data (`index/cues.toml`). They go into the same automaton as the rules and the names, so looking for
//! them costs nothing extra.

use serde::Deserialize;
use std::ops::Range;
use std::sync::OnceLock;

const SOURCE: &str = include_str!("../../../index/cues.toml");

/// Declares the cues once: the enum, its number of values, and the table of words with one key a cue.
macro_rules! cues {
    ($($(#[doc = $doc:literal])+ $cue:ident => $key:ident,)+) => {
        /// What a cue word says about the text around it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Cue {
            $($(#[doc = $doc])+ $cue),+
        }

        /// Every cue, in the order of its number.
        const ALL: &[Cue] = &[$(Cue::$cue),+];

        /// The file of cue words.
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            $($key: Vec<String>,)+
            strangers: StrangerWords,
        }

        impl Table {
            fn of(&self, cue: Cue) -> &[String] {
                match cue {
                    $(Cue::$cue => &self.$key),+
                }
            }
        }
    };
}

cues! {
    /// An exercise: the fire is not real.
    Drill => drill,
    /// Teaching about dangers.
    Lecture => lecture,
    /// A performance, a contest, a work of art.
    Stage => stage,
    /// A story, a play, a game: what is told did not happen.
    Fiction => fiction,
    /// Rules for everybody: a notice, an appeal, a warning.
    Policy => policy,
    /// The claim is said to be false.
    Denial => denial,
    /// Lies: those of a rumour, or those of an offender.
    Untrue => untrue,
    /// Those who spread a rumour.
    Spreader => spreader,
    /// The claim is said to be true, wholly or partly.
    Upheld => upheld,
    /// The problem is over and somebody checked it.
    Cleared => cleared,
    /// The institution's name or property was abused by somebody else.
    Victim => victim,
    /// What is done to a victim: 冒用, 盗用.
    Preys => preys,
    /// The trade in general, or competitors.
    Others => others,
    /// Something that may happen.
    Doubt => doubt,
    /// "有的", "部分": some of many, when an establishment follows.
    Some => some,
    /// Something that once was.
    Past => past,
    /// What must be or must not be.
    Norm => norm,
    /// An authority acted.
    Acted => acted,
    /// "该机构" and its kind.
    Reference => reference,
    /// "上述机构": all that were named together.
    Plural => plural,
    /// A place or business that is no training institution.
    Bystander => bystander,
    /// Something that happens neither at nor by an institution: on the way home, in a flat.
    Offsite => offsite,
    /// A list of the good ones.
    Whitelist => whitelist,
    /// An institution takes back what it said.
    Withdrawn => withdrawn,
    /// Another unnamed institution: "某艺术培训公司".
    Unnamed => unnamed,
    /// "某", "一家": an establishment without a name follows.
    Indefinite => indefinite,
    /// "另一家": not the one that was told of before.
    Another => another,
    /// Behind a name: the institution is only where something takes place.
    Hosting => hosting,
    /// Praise for what somebody did.
    Praise => praise,
    /// An order or a promise: what follows has not been done yet.
    Pending => pending,
    /// Figures of a campaign: nobody in particular.
    Tally => tally,
    /// Somebody complains, sues or investigates: a case, not general advice.
    Complaint => complaint,
    /// A plain denial in front of what it denies.
    Never => never,
    /// What an institution says it does not do; on its own page only: in news 拒绝 and 没有 are the fault itself.
    Refusal => refusal,
    /// What denies the words in front of it, on an institution's own page: 节假日休息.
    Trailing => trailing,
    /// What is said of the words in front: it is wrong.
    Condemned => condemned,
    /// What becomes of those who break a rule of conduct.
    Dismissed => dismissed,
    /// Prices, money and papers laid open.
    Candid => candid,
    /// What an institution in the news does not do.
    Abstains => abstains,
    /// Nothing was found wrong here.
    Sound => sound,
    /// "对存在问题的单位": everybody who was listed with a problem.
    Listed => listed,
    /// A kind report.
    Warm => warm,
    /// A report of something wrong.
    Harsh => harsh,
    /// Signs that a place operates: it recruits, charges, teaches.
    Operating => operating,
}

/// Words by which institutions are recognised that the register does not know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StrangerWords {
    /// Endings that only names of institutions have. Longer ones first where one ends another.
    pub endings: Vec<String>,
    /// In front of a quotation: it is the name of a place.
    pub named: Vec<String>,
    /// The same, when what is quoted looks like a place.
    pub hinted: Vec<String>,
    /// How a quoted name of a place may end.
    pub quoted_endings: Vec<String>,
    /// A closing quotation mark and what says that a place was quoted.
    pub behind: Vec<String>,
    /// In front of a name without quotation marks.
    pub acting: Vec<String>,
    /// In front of a quotation that ends like an institution.
    pub fronts: Vec<String>,
    /// Endings that make a name only where one is expected.
    pub broad_endings: Vec<String>,
    /// What makes no name of them: 素质教育.
    pub generic: Vec<String>,
    /// How an unnamed institution is spoken of: 某, 一家.
    pub masking: Vec<String>,
    /// What such an institution is: 托管班, 培训机构.
    pub establishments: Vec<String>,
    /// Characters that no name contains.
    pub not_in_names: String,
    /// Behind a quotation: the same.
    pub places: Vec<String>,
    /// Words that no proper name contains: 违规培训中心, 全县托管班.
    pub not_proper: Vec<String>,
    /// Trades: 艺术培训学校 alone is a kind of institution, not a name.
    pub trades: Vec<String>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        toml::from_str(SOURCE)
            .unwrap_or_else(|error| unreachable!("index/cues.toml is compiled in and tested: {error}"))
    })
}

/// The words for [`crate::strangers`].
pub(crate) fn stranger_words() -> &'static StrangerWords {
    &table().strangers
}

/// Every cue word, in the order in which [`CueTable`] expects their patterns.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|cue| table().of(*cue)).map(String::as_str)
}

/// Words without which nobody unknown is named.
pub(crate) fn signs_of_strangers() -> impl Iterator<Item = &'static str> {
    let strangers = stranger_words();
    let names = strangers.endings.iter().chain(&strangers.quoted_endings);
    let around = strangers.named.iter().chain(&strangers.places).chain(&strangers.fronts);
    let around = around.chain(&strangers.behind).chain(&strangers.acting);
    names.chain(around).map(String::as_str)
}

/// The cues of one document by what they say, each sorted by place.
#[derive(Debug)]
pub(crate) struct Cues {
    found: Vec<Vec<(usize, usize)>>,
}

impl Default for Cues {
    fn default() -> Self {
        Cues { found: vec![Vec::new(); ALL.len()] }
    }
}

/// Maps a pattern's ordinal among [`words`] to its cue.
#[derive(Debug)]
pub(crate) struct CueTable {
    cues: Vec<Cue>,
}

impl CueTable {
    pub(crate) fn new() -> CueTable {
        CueTable { cues: ALL.iter().flat_map(|cue| table().of(*cue).iter().map(|_| *cue)).collect() }
    }

    /// The cue of a word.
    pub(crate) fn cue(&self, ordinal: usize) -> Option<Cue> {
        self.cues.get(ordinal).copied()
    }
}

impl Cues {
    /// Files one found cue word. Words come in text order.
    pub(crate) fn note(&mut self, cue: Cue, start: usize, end: usize) {
        if let Some(places) = self.found.get_mut(cue as usize) {
            places.push((start, end));
        }
    }

    fn places(&self, cue: Cue) -> &[(usize, usize)] {
        self.found.get(cue as usize).map_or(&[], Vec::as_slice)
    }

    /// All cues of a kind.
    pub(crate) fn all(&self, cue: Cue) -> &[(usize, usize)] {
        self.places(cue)
    }

    /// The cues of a kind that begin inside a range.
    pub(crate) fn within(&self, cue: Cue, range: Range<usize>) -> &[(usize, usize)] {
        let places = self.places(cue);
        let from = places.partition_point(|(s, _)| *s < range.start);
        let upto = places.partition_point(|(s, _)| *s < range.end);
        &places[from..upto.max(from)]
    }

    /// The first cue of a kind that begins inside a range.
    pub(crate) fn first_in(&self, cue: Cue, range: Range<usize>) -> Option<(usize, usize)> {
        let places = self.places(cue);
        places.get(places.partition_point(|(s, _)| *s < range.start)).copied().filter(|(s, _)| *s < range.end)
    }

    /// True when a cue of a kind begins inside a range.
    pub(crate) fn any_in(&self, cue: Cue, range: Range<usize>) -> bool {
        self.first_in(cue, range).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_cue() {
        let slots = CueTable::new();
        let mut ordinal = 0;
        for cue in ALL {
            for _ in table().of(*cue) {
                assert_eq!(slots.cue(ordinal), Some(*cue));
                ordinal += 1;
            }
        }
        assert_eq!(ordinal, words().count());
    }
}
