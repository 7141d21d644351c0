//! What a layout came to: where each box is, and how good that is.

use std::collections::HashMap;

/// Left edges and tops of boxes, in cells; those of some crates lie between two.
#[derive(Clone, Debug)]
pub struct Picture {
    pub boxes: Vec<(f64, f64)>,
    pub width: f64,
    pub height: f64,
}

impl Picture {
    /// Pairs of calls that cross when each is a straight line between the places of its two boxes: one of the
    /// crates gives no routes, so those of the others are left aside.
    pub fn crossings(&self, calls: &[(usize, usize)]) -> usize {
        let all = calls.iter().enumerate();
        all.map(|(at, one)| {
            let others = calls.iter().skip(at + 1);
            others.filter(|other| self.cross(*one, **other)).count()
        })
        .sum()
    }

    fn cross(&self, one: (usize, usize), other: (usize, usize)) -> bool {
        if [other.0, other.1]
            .iter()
            .any(|end| [one.0, one.1].contains(end))
        {
            return false;
        }
        // On which side of the line through a call's two ends a box lies.
        let side = |call: (usize, usize), of: usize| {
            let (from, to, of) = (self.boxes[call.0], self.boxes[call.1], self.boxes[of]);
            (to.0 - from.0) * (of.1 - from.1) - (to.1 - from.1) * (of.0 - from.0)
        };
        side(one, other.0) * side(one, other.1) < 0.0
            && side(other, one.0) * side(other, one.1) < 0.0
    }

    /// The share of boxes, in percent, that another picture has in the same cell. Pictures may be moved as a whole:
    /// the shift that keeps most counts, for every layout alike.
    pub fn kept(&self, after: &Self) -> f64 {
        let mut shifts: HashMap<(i64, i64), usize> = HashMap::new();
        for ((x, y), (p, q)) in self.boxes.iter().zip(&after.boxes) {
            #[expect(clippy::cast_possible_truncation, reason = "cells")]
            let shift = ((p - x).round() as i64, (q - y).round() as i64);
            *shifts.entry(shift).or_default() += 1;
        }
        let most = shifts.values().max().copied().unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "few boxes")]
        let share = most as f64 * 100.0 / self.boxes.len().max(1) as f64;
        share
    }
}
