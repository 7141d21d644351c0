//! Which rows the call tree has: structure only, no text, no drawing.
//!
//! Every element is unfolded once at most: where it comes again, the row says so, and where it comes below itself,
//! that it is a circle. So there are never more rows than links, and one.
//!
//! While nothing is filtered that place is the first one from above. With a filter, it is on a shortest way from the
//! root, and what is left are the links to all that pass, and the ways there.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::model::Model;
use crate::model::element::{Call, Counts, Declared, Element};
use crate::model::key::ElementKey;
use crate::model::query::links::Side;
use crate::ui::Ctx;

/// Most levels below the root; deeper ones start from another element.
pub(super) const LEVELS: u16 = 32;

/// What a row stands for: an element as another one calls it, or is called by it; stable while the link lives.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RowId {
    /// The element of the row above it; `None` for the root.
    pub(super) parent: Option<ElementKey>,
    /// The element.
    pub(super) key: ElementKey,
}

/// Why a row is not unfolded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mark {
    /// It can be.
    #[default]
    None,
    /// The element has its place above.
    Above,
    /// The element has its place below.
    Below,
    /// It is below itself.
    Circle,
    /// There is no room for deeper levels.
    Deep,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: RowId,
    pub(super) depth: u16,
    pub(super) children: bool,
    pub(super) open: bool,
    pub(super) mark: Mark,
}

/// What a person folded and unfolded.
#[derive(Clone, Debug, Default)]
pub(super) struct Folds {
    open: HashSet<ElementKey>,
    shut: HashSet<ElementKey>,
    pub(super) revision: u64,
}

impl Folds {
    /// Whether an element is unfolded; `by_default` where nobody said so.
    fn is_open(&self, key: &ElementKey, by_default: bool) -> bool {
        !self.shut.contains(key) && (by_default || self.open.contains(key))
    }

    pub(super) fn set(&mut self, key: &ElementKey, open: bool) {
        let (into, from) = if open {
            (&mut self.open, &mut self.shut)
        } else {
            (&mut self.shut, &mut self.open)
        };
        from.remove(key);
        into.insert(key.clone());
        self.revision += 1;
    }

    /// Folds everything but what is open by default.
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.shut.clear();
        self.revision += 1;
    }
}

/// All rows, and how many elements there are in all.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) rows: Vec<Row>,
    /// Elements that the root leads to on this side, shown or not, without the root.
    pub(super) reached: usize,
    /// Those of them that have a row.
    pub(super) shown: usize,
}

/// The observed calls and what is declared between two elements, the caller first.
pub(super) fn link<'a>(
    model: &'a Model,
    caller: &ElementKey,
    callee: &ElementKey,
) -> (Option<&'a Call>, Option<&'a Declared>) {
    let call = match model.get(&ElementKey::call(caller.clone(), callee.clone())) {
        Some(Element::Call(call)) => Some(&**call),
        _ => None,
    };
    let declared = match model.get(&ElementKey::declared(caller.clone(), callee.clone())) {
        Some(Element::Declared(declared)) => Some(&**declared),
        _ => None,
    };
    (call, declared)
}

/// Whether so many calls to an element fail, or it is in such a state, that somebody should look.
pub(super) fn is_bad(model: &Model, key: &ElementKey) -> bool {
    let failing = |key| {
        model
            .traffic(key, Side::Callers)
            .is_some_and(Counts::are_failing)
    };
    match model.get(key) {
        Some(Element::Service(service)) if model.is_missed(service) => true,
        Some(element) => element.health().is_bad() || failing(key),
        None => false,
    }
}

/// All that one side of an element leads to.
struct Reached {
    /// Its neighbours of each on that side, in their order.
    next: HashMap<ElementKey, Vec<ElementKey>>,
    /// The one before each on a shortest way from the root.
    before: HashMap<ElementKey, ElementKey>,
    /// Ends of links that fail.
    failing: HashSet<ElementKey>,
}

impl Reached {
    fn of(model: &Model, root: &ElementKey, side: Side) -> Self {
        let mut reached = Self {
            next: HashMap::new(),
            before: HashMap::new(),
            failing: HashSet::new(),
        };
        let mut queue = VecDeque::from([root.clone()]);
        while let Some(key) = queue.pop_front() {
            // What is seen comes before what is only declared, and that before what is only allowed; within
            // these names decide: figures move with every answer, and rows should not.
            let mut found: Vec<(u8, ElementKey)> = Vec::new();
            for neighbour in model.neighbours(&key, side) {
                let class = match (neighbour.call, neighbour.declared) {
                    (Some(_), _) => 0,
                    (None, Some(declared)) if declared.is_only_allowed() => 2,
                    _ => 1,
                };
                let recent = neighbour.call.and_then(|call| call.recent);
                if recent.is_some_and(Counts::are_failing) {
                    reached.failing.insert(neighbour.key.clone());
                }
                found.push((class, neighbour.key.clone()));
            }
            found.sort();
            for (_, other) in &found {
                if other != root && !reached.before.contains_key(other) {
                    reached.before.insert(other.clone(), key.clone());
                    queue.push_back(other.clone());
                }
            }
            let keys = found.into_iter().map(|(_, key)| key).collect();
            reached.next.insert(key, keys);
        }
        reached
    }

    fn next(&self, key: &ElementKey) -> &[ElementKey] {
        self.next.get(key).map_or(&[], Vec::as_slice)
    }

    /// Those that pass what is asked for.
    fn passing(&self, ctx: &Ctx<'_>) -> HashSet<&ElementKey> {
        let is_bad = |key| self.failing.contains(key) || is_bad(ctx.model, key);
        let keys = self.next.keys();
        keys.filter(|key| passes(ctx, key) && (!ctx.only_broken || is_bad(key)))
            .collect()
    }
}

fn passes(ctx: &Ctx<'_>, key: &ElementKey) -> bool {
    match ctx.model.get(key) {
        Some(Element::Type(ty)) => ctx.filter.passes_type(ctx.model, ty),
        Some(element) => ctx.filter.passes_other(ctx.model, key, &element.name()),
        None => false,
    }
}

/// Makes the rows from the root down.
struct Maker<'a> {
    reached: &'a Reached,
    folds: &'a Folds,
    rows: Vec<Row>,
    /// Elements that have their place.
    placed: HashSet<&'a ElementKey>,
    /// The elements of the rows above the one that is made.
    above: Vec<&'a ElementKey>,
}

impl<'a> Maker<'a> {
    fn new(reached: &'a Reached, folds: &'a Folds) -> Self {
        Self {
            reached,
            folds,
            rows: Vec::new(),
            placed: HashSet::new(),
            above: Vec::new(),
        }
    }

    fn push(&mut self, key: &'a ElementKey, mark: Mark) {
        self.rows.push(Row {
            id: RowId {
                parent: self.above.last().map(|key| (*key).clone()),
                key: key.clone(),
            },
            depth: u16::try_from(self.above.len()).unwrap_or(u16::MAX),
            children: false,
            open: false,
            mark,
        });
    }

    fn is_deepest(&self) -> bool {
        self.above.len() >= usize::from(LEVELS)
    }

    /// A row, and those below it as far as they are unfolded.
    fn add(&mut self, key: &'a ElementKey) {
        let next = self.reached.next(key);
        let mark = match self.placed.contains(key) {
            true if self.above.contains(&key) => Mark::Circle,
            true => Mark::Above,
            // Where it comes again with more room, it has its place there.
            false if self.is_deepest() && !next.is_empty() => Mark::Deep,
            false => Mark::None,
        };
        self.push(key, mark);
        if mark != Mark::None {
            return;
        }
        self.placed.insert(key);
        let open = !next.is_empty() && self.folds.is_open(key, self.above.is_empty());
        if let Some(row) = self.rows.last_mut() {
            (row.children, row.open) = (!next.is_empty(), open);
        }
        if open {
            self.above.push(key);
            for other in next {
                self.add(other);
            }
            self.above.pop();
        }
    }

    /// A row, with the links below it to all that pass and the ways there; says whether there is any of them.
    fn add_passing(&mut self, key: &'a ElementKey, passing: &HashSet<&ElementKey>) -> bool {
        let at = self.rows.len();
        self.push(key, Mark::None);
        self.placed.insert(key);
        let deepest = self.is_deepest();
        self.above.push(key);
        let mut leads = false;
        for other in self.reached.next(key) {
            if self.reached.before.get(other) == Some(key) && !deepest {
                leads |= self.add_passing(other, passing);
            } else if passing.contains(other) {
                let is_circle = self.above.contains(&other);
                let mark = if is_circle { Mark::Circle } else { Mark::Above };
                self.push(other, mark);
                leads = true;
            }
        }
        self.above.pop();
        let open = leads && self.folds.is_open(key, true);
        if !open {
            self.rows.truncate(at + 1);
        }
        if !leads && !passing.contains(key) && at > 0 {
            self.rows.truncate(at);
            self.placed.remove(key);
        } else if let Some(row) = self.rows.get_mut(at) {
            (row.children, row.open) = (leads, open);
        }
        leads || passing.contains(key)
    }

    /// Says of repeated rows whether their element has its place above or below.
    fn point(&mut self) {
        let places = self.rows.iter().enumerate();
        let places: HashMap<ElementKey, usize> = places
            .filter(|(_, row)| row.mark == Mark::None)
            .map(|(at, row)| (row.id.key.clone(), at))
            .collect();
        for (at, row) in self.rows.iter_mut().enumerate() {
            if row.mark == Mark::Above {
                row.mark = match places.get(&row.id.key) {
                    Some(place) if *place > at => Mark::Below,
                    Some(_) => Mark::Above,
                    // It is folded away: here it is seen, and nowhere else.
                    None => Mark::None,
                };
            }
        }
    }
}

impl Tree {
    /// The rows below an element on one side.
    pub(super) fn of(ctx: &Ctx<'_>, root: &ElementKey, side: Side, folds: &Folds) -> Self {
        let reached = Reached::of(ctx.model, root, side);
        let Some((root, _)) = reached.next.get_key_value(root) else {
            return Self::default();
        };
        let mut maker = Maker::new(&reached, folds);
        if ctx.only_broken || !ctx.filter.is_empty() {
            maker.add_passing(root, &reached.passing(ctx));
            maker.point();
        } else {
            maker.add(root);
        }
        let elements: HashSet<&ElementKey> = maker.rows.iter().map(|r| &r.id.key).collect();
        Self {
            reached: reached.next.len() - 1,
            shown: elements.len() - 1,
            rows: maker.rows,
        }
    }

    /// The place of an element's own row, where that is not folded away.
    pub(super) fn place(&self, key: &ElementKey) -> Option<usize> {
        let own = |row: &Row| row.id.key == *key && matches!(row.mark, Mark::None | Mark::Deep);
        self.rows.iter().position(own)
    }

    /// Elements that an element leads to on one side and that lead on, itself included: all that can be unfolded.
    pub(super) fn leading_on(ctx: &Ctx<'_>, root: &ElementKey, side: Side) -> Vec<ElementKey> {
        let reached = Reached::of(ctx.model, root, side).next.into_iter();
        let leading = reached.filter(|(_, next)| !next.is_empty());
        leading.map(|(key, _)| key).collect()
    }
}
