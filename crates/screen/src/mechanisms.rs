//! Parts of screening that can be switched off one by one, to measure what each is worth.

/// Which parts of screening take part. All of them, unless something is to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mechanisms {
    /// Who is at fault: excuses (a drill, praise, a victim, a denial) and institutions the register does not know.
    pub roles: bool,
    /// Words that hold hits back: those of the rule and those of the whole pack.
    pub suppressors: bool,
    /// Numbers read from the text; without them no condition on a number is met.
    pub facts: bool,
    /// The register as evidence: licence, scope, type and address. Without it these conditions do not restrict.
    pub register: bool,
    /// Words with something inserted, and the lists of disguises.
    pub evasion: bool,
    /// Whom a sentence concerns that names nobody.
    pub coreference: bool,
    /// The learned part: what the wording of an article speaks for and against.
    pub wording: bool,
}

impl Default for Mechanisms {
    fn default() -> Self {
        Mechanisms {
            roles: true,
            suppressors: true,
            facts: true,
            register: true,
            evasion: true,
            coreference: true,
            wording: true,
        }
    }
}

/// A name that is no mechanism.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("没有“{0}”这个机制；可以写 {names}，用逗号分开", names = Mechanisms::NAMES.join("、"))]
pub struct UnknownMechanism(pub String);

impl Mechanisms {
    /// The names that [`Mechanisms::without`] knows.
    pub const NAMES: [&'static str; 7] =
        ["roles", "suppressors", "facts", "register", "evasion", "coreference", "wording"];

    /// Everything but the named mechanisms: `roles,facts`.
    ///
    /// # Errors
    /// A name that is none of [`Mechanisms::NAMES`].
    pub fn without(names: &str) -> Result<Mechanisms, UnknownMechanism> {
        let mut on = Mechanisms::default();
        for name in names.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            let switch = match name {
                "roles" => &mut on.roles,
                "suppressors" => &mut on.suppressors,
                "facts" => &mut on.facts,
                "register" => &mut on.register,
                "evasion" => &mut on.evasion,
                "coreference" => &mut on.coreference,
                "wording" => &mut on.wording,
                other => return Err(UnknownMechanism(other.to_owned())),
            };
            *switch = false;
        }
        Ok(on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_switches_one_thing_off() {
        let switches = |m: Mechanisms| {
            [m.roles, m.suppressors, m.facts, m.register, m.evasion, m.coreference, m.wording]
        };
        for (index, name) in Mechanisms::NAMES.iter().enumerate() {
            let off = switches(Mechanisms::without(name).unwrap());
            assert!(off.iter().enumerate().all(|(i, on)| *on == (i != index)), "{name}");
        }
        assert_eq!(Mechanisms::without("").unwrap(), Mechanisms::default());
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = Mechanisms::without("roles,luck").unwrap_err().to_string();
        assert!(error.contains("luck") && Mechanisms::NAMES.iter().all(|n| error.contains(n)), "{error}");
    }
}
