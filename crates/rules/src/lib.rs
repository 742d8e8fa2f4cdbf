//! The query language, rule packs, compilation and evaluation.
//!
//! A [`Pack`] is read from TOML, compiled with the names of a register into one automaton ([`Compiled`]), and run over
//! [`Document`]s: [`Compiled::find`] meets words and names, [`Compiled::scan`] places those of rules that can match,
//! [`Compiled::matches`] finds the rules, [`Compiled::held_back`] what speaks
//! against a match in the text itself. Whom a match concerns is decided in the screening room.
//!
//! What a rule's keys mean beyond the grammar of [`query`]:
//!
//! | key | meaning |
//! |---|---|
//! | `match` | bare AND is article-wide; the **first** operand of an AND is the trigger: its places are tied to an institution, the others are conditions. Inside `句(…)` the whole stretch is the trigger |
//! | `suppress` | every alternative of the top-level OR holds hits of its sentence back; `段(…)` those of its paragraph; `标题:…` those of the article |
//! | `licence = "invalid"` | only for an institution whose licence is not valid on the article's day |
//! | `outside_scope = true` | only when the trigger's words are not covered by the approved scope; lists named `科目·…` say which words are one subject |
//! | `address = "unregistered"` | only when the text gives an address (road and number, building and part) within 40 characters of the trigger, in its line or the next one, that is not the registered one |
//! | `at_least = 3` | only when three different triggers are found for one institution |
//! | `[suppressors]` | `promo`: up to 12 characters in front of any part of a hit, same clause; `news`: anywhere in the sentence, unless a `never` word says that an authority acted |
//! | lists named `暗号…` | words of these lists are shown as code words and lower the confidence |
//! | `[approver."教体局"]` | who leads instead of 教体局, by institution type: who approves, supervises; a rule's own `lead_for` comes first |
//! | `lead_for`, `co_for` | lead, or more departments that take part, for institutions of a type |
//! | `[disguised]` | `"暗号学科" = ["数学"]`: the list also holds every disguised spelling of 数学: 树学, shu学, shuxue, 米女攵学 |

mod catalogue;
mod compile;
mod disguise;
mod document;
mod drafted;
mod evaluate;
mod examples;
mod facts;
mod gate;
mod numerals;
mod pack;
pub mod query;
mod reading;
mod scan;
mod written;

pub use catalogue::catalogue;
pub use compile::{CompileError, Compiled};
pub use disguise::Disguise;
pub use document::Document;
pub use drafted::{Drafted, LARGEST_DRAFT, draft_over};
pub use evaluate::{Match, Named, different};
pub use examples::check_examples;
pub use pack::{
    Example, Pack, PackProblem, PackTexts, RegisterCondition, Rule, Suppressors, builtin, load_dir,
    load_texts,
};
pub use reading::Reading;
pub use scan::{NameHit, Occurrences, Scan};
pub use written::written;
