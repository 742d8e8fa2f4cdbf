//! Closed vocabularies shared by rules, findings and alerts.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A word that is not in a closed vocabulary. The message lists what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{word}`, expected one of: {expected}")]
pub struct UnknownWord {
    /// Which vocabulary was asked, in English.
    pub what: &'static str,
    /// The word as it was given.
    pub word: String,
    /// The words that would have been accepted.
    pub expected: String,
}

/// Implements the three faces of a closed vocabulary: its code, its screen name, and parsing.
macro_rules! vocabulary {
    ($type:ident, $what:literal, { $($variant:ident => $code:literal, $zh:literal;)+ }) => {
        impl $type {
            /// Every value, in the order of the vocabulary.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            /// The stable code used in files, the database and the API.
            pub fn code(self) -> &'static str {
                match self { $($type::$variant => $code),+ }
            }

            /// The name people see, in Chinese.
            pub fn zh(self) -> &'static str {
                match self { $($type::$variant => $zh),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.code())
            }
        }

        impl FromStr for $type {
            type Err = $crate::UnknownWord;

            /// Accepts the code or the Chinese name.
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word.trim() {
                    $($code | $zh => Ok($type::$variant),)+
                    _ => Err($crate::UnknownWord {
                        what: $what,
                        word: word.to_owned(),
                        expected: [$($code),+].join(", "),
                    }),
                }
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.code())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use vocabulary;

/// How soon a person must look at it. Ordered: `Low < Medium < High < Urgent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Weekly batch.
    Low,
    /// Within three working days.
    Medium,
    /// Same day.
    High,
    /// Within the hour.
    Urgent,
}

vocabulary!(Severity, "severity", {
    Low => "low", "低";
    Medium => "medium", "中";
    High => "high", "高";
    Urgent => "urgent", "紧急";
});

/// The fifteen kinds of problem a finding can belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Category {
    Fire,
    Injury,
    ChildHarm,
    FoodHealth,
    ClosureRefund,
    Fraud,
    Fees,
    Licence,
    Scope,
    Covert,
    Advertising,
    Content,
    Staff,
    Data,
    Penalty,
}

vocabulary!(Category, "category", {
    Fire => "fire", "消防安全";
    Injury => "injury", "人身与场所安全";
    ChildHarm => "child-harm", "侵害未成年人";
    FoodHealth => "food-health", "食品与卫生";
    ClosureRefund => "closure-refund", "闭店与退费";
    Fraud => "fraud", "诈骗与集资";
    Fees => "fees", "收费";
    Licence => "licence", "证照资质";
    Scope => "scope", "超范围培训";
    Covert => "covert", "隐形变异培训";
    Advertising => "advertising", "广告宣传";
    Content => "content", "内容导向";
    Staff => "staff", "从业人员";
    Data => "data", "个人信息";
    Penalty => "penalty", "处罚通报";
});
