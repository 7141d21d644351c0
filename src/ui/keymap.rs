//! Chords to actions: sequences, places, a person's own bindings, and the way back for help and footer.

use std::collections::BTreeMap;

use super::action::{Action, Here, Place};
use super::chord::{Chord, NoChord};

/// What a chord leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This action, by its place in the table.
    Action(usize),
    /// The beginning of a longer sequence.
    Prefix,
    /// Nothing.
    Nothing,
}

/// A binding that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadBinding {
    /// Not a key.
    #[error("the keys of {action}: {cause}")]
    Chord {
        /// The action.
        action: String,
        /// What is wrong.
        cause: NoChord,
    },
    /// No such action.
    #[error("there is no action \"{0}\": the help names them all (portolan, then ?)")]
    Action(String),
    /// Two actions of one place want the same keys.
    #[error("{keys} is bound to both {one} and {other}")]
    Clash {
        /// The keys.
        keys: String,
        /// One action.
        one: String,
        /// The other.
        other: String,
    },
}

#[derive(Clone, Debug)]
struct Binding {
    chords: Vec<Chord>,
    action: usize,
    place: Place,
}

/// The keymap.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

impl Keymap {
    /// The keymap of a table, with a person's bindings (action name to keys) in place of the table's.
    ///
    /// # Errors
    /// [`BadBinding`] for keys that are none, names that are none, and clashes in one place.
    pub fn new(table: &[Action], own: &BTreeMap<String, String>) -> Result<Self, BadBinding> {
        if let Some(unknown) = own
            .keys()
            .find(|name| !table.iter().any(|a| a.name == **name))
        {
            return Err(BadBinding::Action(unknown.clone()));
        }
        let mut bindings: Vec<Binding> = Vec::new();
        for (index, action) in table.iter().enumerate() {
            let keys: Vec<&str> = match own.get(action.name) {
                Some(keys) => vec![keys.as_str()],
                None => action.keys.iter().map(String::as_str).collect(),
            };
            for sequence in keys {
                let chords = sequence
                    .split_whitespace()
                    .map(str::parse)
                    .collect::<Result<Vec<Chord>, NoChord>>()
                    .map_err(|cause| BadBinding::Chord {
                        action: action.name.to_owned(),
                        cause,
                    })?;
                let clash = bindings.iter().find(|b| {
                    (b.chords.starts_with(&chords) || chords.starts_with(&b.chords))
                        && overlap(b.place, action.place)
                });
                if let Some(other) = clash.and_then(|b| table.get(b.action)) {
                    return Err(BadBinding::Clash {
                        keys: sequence.to_owned(),
                        one: other.name.to_owned(),
                        other: action.name.to_owned(),
                    });
                }
                bindings.push(Binding {
                    chords,
                    action: index,
                    place: action.place,
                });
            }
        }
        Ok(Self { bindings })
    }

    /// What the chords pressed so far lead to.
    #[must_use]
    pub fn find(&self, pressed: &[Chord], here: &Here<'_>) -> Found {
        let holding = || self.bindings.iter().filter(|b| b.place.holds(here));
        // What stands on top goes first.
        let exact = holding()
            .filter(|b| b.chords == pressed)
            .max_by_key(|b| matches!(b.place, Place::Overlay(_)));
        if let Some(binding) = exact {
            return Found::Action(binding.action);
        }
        let prefix = holding().any(|b| b.chords.starts_with(pressed));
        if prefix {
            Found::Prefix
        } else {
            Found::Nothing
        }
    }

    /// The keys of an action, as shown: `v t`, `j`, `down`.
    #[must_use]
    pub fn keys(&self, action: usize) -> Vec<String> {
        self.bindings
            .iter()
            .filter(|b| b.action == action)
            .map(|b| {
                let chords: Vec<String> = b.chords.iter().map(Chord::to_string).collect();
                chords.join(" ")
            })
            .collect()
    }

    /// The first of an action's keys that leads to it here: what stands on top may take a key away.
    #[must_use]
    pub fn first(&self, action: usize, here: &Here<'_>) -> Option<String> {
        let mut own = self.bindings.iter().filter(|b| b.action == action);
        let binding = own.find(|b| self.find(&b.chords, here) == Found::Action(action))?;
        let chords: Vec<String> = binding.chords.iter().map(Chord::to_string).collect();
        Some(chords.join(" "))
    }

    /// The actions that continue a sequence, with the keys still missing: what `v` may be followed by.
    #[must_use]
    pub fn continuations(&self, pressed: &[Chord], here: &Here<'_>) -> Vec<(String, usize)> {
        self.bindings
            .iter()
            .filter(|b| b.place.holds(here) && b.chords.len() > pressed.len())
            .filter_map(|b| {
                let rest = b.chords.strip_prefix(pressed)?;
                let rest: Vec<String> = rest.iter().map(Chord::to_string).collect();
                Some((rest.join(" "), b.action))
            })
            .collect()
    }
}

/// Whether two places can hold at once.
fn overlap(a: Place, b: Place) -> bool {
    match (a, b) {
        (Place::Overlay(a), Place::Overlay(b)) => a == b,
        (Place::Overlay(_), _) | (_, Place::Overlay(_)) => false,
        (Place::Everywhere, _) | (_, Place::Everywhere) => true,
        (Place::Views(a), Place::Views(b)) => a.iter().any(|name| b.contains(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<Action> {
        vec![
            Action::new("down", &["j", "down"], "", ""),
            Action::new("tree", &["v t"], "", ""),
            Action::new("more", &["j"], "", "").at(Place::Overlay("scale")),
        ]
    }

    const TREE: Here<'_> = Here {
        view: "tree",
        overlay: None,
    };

    #[test]
    fn sequences_wait_and_overlays_have_keys_of_their_own() {
        let keymap = Keymap::new(&table(), &BTreeMap::new()).unwrap();
        let v = "v".parse().unwrap();
        let t = "t".parse().unwrap();
        let j = "j".parse().unwrap();
        assert_eq!(keymap.find(&[v], &TREE), Found::Prefix);
        assert_eq!(keymap.find(&[v, t], &TREE), Found::Action(1));
        assert_eq!(keymap.find(&[j], &TREE), Found::Action(0));
        let overlay = Here {
            overlay: Some("scale"),
            ..TREE
        };
        assert_eq!(keymap.find(&[j], &overlay), Found::Action(2));
        assert_eq!(keymap.keys(0), ["j", "down"]);
    }

    #[test]
    fn clashes_and_unknown_names_are_said() {
        let own = [("down".to_owned(), "v".to_owned())].into();
        assert!(matches!(
            Keymap::new(&table(), &own),
            Err(BadBinding::Clash { .. })
        ));
        let own = [("downn".to_owned(), "x".to_owned())].into();
        assert!(matches!(
            Keymap::new(&table(), &own),
            Err(BadBinding::Action(_))
        ));
    }
}
