//! Places and words of the register found in an article, in one pass.
//!
//! Whether an article speaks of a town, a road or a trade is asked for every bearer of every name. All these texts are in
//! one automaton, so that the article is read once, and an answer is a look at a bit.

use crate::place::Home;
use crate::resolve::Field;
use crate::words::words;
use daachorse::charwise::CharwiseDoubleArrayAhoCorasick;
use guanlan_model::Institution;
use guanlan_text::Normal;
use std::collections::HashMap;
use std::ops::Range;

/// A text of the automaton. [`NONE`] for a text that is empty.
pub(crate) type Landmark = u32;
pub(crate) const NONE: Landmark = u32::MAX;

/// What speaks for one institution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Marks {
    /// The county without its suffix, and with it when it has no other form.
    pub bare: Landmark,
    pub county: Landmark,
    pub town: Landmark,
    pub road: Landmark,
    /// The whole address, where it has no road; an address with one is looked for where the road stands.
    pub spot: Landmark,
    /// Index into [`Landmarks::signs`].
    signs: u32,
}

/// The texts of a register.
#[derive(Clone, Default)]
pub(crate) struct Landmarks {
    automaton: Option<CharwiseDoubleArrayAhoCorasick<Landmark>>,
    texts: Vec<String>,
    marks: Vec<Marks>,
    /// Words that say what an institution does, as many institutions have the same.
    signs: Vec<Vec<Landmark>>,
    /// Words that say that training is spoken of.
    pub context: Vec<Landmark>,
}

impl std::fmt::Debug for Landmarks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Landmarks").field("texts", &self.texts.len()).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Builder {
    ids: HashMap<String, Landmark>,
}

impl Builder {
    fn id(&mut self, text: &str) -> Landmark {
        if text.is_empty() {
            return NONE;
        }
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.ids.len() as Landmark;
        self.ids.insert(text.to_owned(), id);
        id
    }
}

impl Landmarks {
    /// `homes` and `trades` belong to the institutions, in their order.
    pub(crate) fn new(institutions: &[Institution], homes: &[Home], trades: &[Vec<String>]) -> Landmarks {
        let words = words();
        let mut builder = Builder::default();
        let context = words.evidence.context.iter().map(|w| builder.id(w)).collect();
        let mut known: HashMap<(&[String], &str), u32> = HashMap::new();
        let mut signs: Vec<Vec<Landmark>> = Vec::new();
        let mut marks = Vec::with_capacity(institutions.len());
        for ((institution, home), own) in institutions.iter().zip(homes).zip(trades) {
            let kind = institution.category.code();
            let number = *known.entry((own, kind)).or_insert_with(|| {
                let spoken = own.iter().filter_map(|t| words.spoken.get(t)).flatten();
                let kinds = words.kinds.get(kind).into_iter().flatten();
                signs.push(own.iter().chain(spoken).chain(kinds).map(|w| builder.id(w)).collect());
                signs.len() as u32 - 1
            });
            marks.push(Marks {
                bare: builder.id(home.county_bare()),
                county: builder.id(&home.county),
                town: builder.id(&home.town),
                road: builder.id(&home.road),
                spot: if home.road.is_empty() { builder.id(&home.spot) } else { NONE },
                signs: number,
            });
        }
        let mut texts = vec![String::new(); builder.ids.len()];
        for (text, id) in builder.ids {
            texts[id as usize] = text;
        }
        let mut sorted: Vec<(&str, Landmark)> = texts.iter().map(String::as_str).zip(0..).collect();
        sorted.sort_unstable();
        // Fails only for more texts than the automaton can number.
        let automaton = CharwiseDoubleArrayAhoCorasick::with_values(sorted).ok();
        Landmarks { automaton, texts, marks, signs, context }
    }

    /// Takes towns, roads and addresses for unknown.
    pub(crate) fn forget_addresses(&mut self) {
        for marks in &mut self.marks {
            *marks = Marks { town: NONE, road: NONE, spot: NONE, ..*marks };
        }
    }

    /// The marks of an institution.
    pub(crate) fn of(&self, institution: usize) -> Option<&Marks> {
        self.marks.get(institution)
    }

    /// Words that say what the institution does, the surest first.
    pub(crate) fn signs(&self, marks: &Marks) -> &[Landmark] {
        self.signs.get(marks.signs as usize).map_or(&[], Vec::as_slice)
    }

    /// The text of a landmark.
    pub(crate) fn text(&self, landmark: Landmark) -> &str {
        self.texts.get(landmark as usize).map_or("", String::as_str)
    }

    /// Finds all landmarks of an article.
    pub(crate) fn sight(&self, title: &Normal, body: &Normal) -> Sights {
        let mut sights = Sights { bits: vec![0; self.texts.len().div_ceil(64)], places: Vec::new() };
        let Some(automaton) = &self.automaton else { return sights };
        for (field, normal) in [(Field::Title, title), (Field::Body, body)] {
            for met in automaton.find_overlapping_iter(normal.as_str()) {
                let landmark = met.value();
                sights.bits[landmark as usize / 64] |= 1 << (landmark % 64);
                let (start, end) = (normal.char_of(met.start()), normal.char_of(met.end()));
                sights.places.push((field, end, start, landmark));
            }
        }
        sights
    }
}

/// The landmarks of one article.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    bits: Vec<u64>,
    /// Field, one past the last character, first character, landmark; in the order of the ends.
    places: Vec<(Field, usize, usize, Landmark)>,
}

impl Sights {
    /// True when the article contains the text.
    pub(crate) fn has(&self, landmark: Landmark) -> bool {
        let (at, bit) = (landmark as usize / 64, landmark % 64);
        self.bits.get(at).is_some_and(|bits| bits >> bit & 1 == 1)
    }

    /// True when a stretch of a field contains the text.
    pub(crate) fn has_within(&self, landmark: Landmark, field: Field, range: &Range<usize>) -> bool {
        self.has(landmark) && self.within(field, range).any(|found| found == landmark)
    }

    /// The landmarks inside a stretch of a field.
    pub(crate) fn within<'s>(
        &'s self,
        field: Field,
        range: &Range<usize>,
    ) -> impl Iterator<Item = Landmark> + 's {
        let (from, upto) = (range.start, range.end);
        let first = self.places.partition_point(|(f, end, _, _)| (*f, *end) <= (field, from));
        self.places[first..]
            .iter()
            .take_while(move |(f, end, _, _)| *f == field && *end <= upto)
            .filter(move |(_, _, start, _)| *start >= from)
            .map(|(_, _, _, landmark)| *landmark)
    }
}

impl Marks {
    /// True when the article names the institution's county, town or road.
    pub(crate) fn are_near(&self, sights: &Sights) -> bool {
        [self.bare, self.county, self.town, self.road].iter().any(|mark| sights.has(*mark))
    }

    /// True when the article names any of its places at all.
    pub(crate) fn are_named(&self, sights: &Sights) -> bool {
        self.are_near(sights) || sights.has(self.spot)
    }

    /// True when a stretch of a field names one.
    pub(crate) fn are_named_within(&self, sights: &Sights, field: Field, range: &Range<usize>) -> bool {
        self.are_named(sights)
            && sights
                .within(field, range)
                .any(|found| [self.bare, self.county, self.town, self.road, self.spot].contains(&found))
    }
}
