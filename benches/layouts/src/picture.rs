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

    fn cross(&self, (a, b): (usize, usize), (c, d): (usize, usize)) -> bool {
        if a == c || a == d || b == c || b == d {
            return false;
        }
        let side = |from: usize, to: usize, of: usize| {
            let ((x, y), (p, q), (u, v)) = (self.boxes[from], self.boxes[to], self.boxes[of]);
            (p - x) * (v - y) - (q - y) * (u - x)
        };
        side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
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
