//! "Does A call B", answered by a person who has the screen only: by one cell, or by the line after one command.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{large, shop};

/// The sizes that the view has on screens of 160 by 45 (beside the pane) and 80 by 24.
const SIZES: [(u16, u16); 2] = [(94, 31), (80, 16)];

/// What flows, read off the cells: the row by its name, the column by the number that stands before the same
/// name. Only what is in sight, of a table of so many.
fn read(text: &str, count: usize) -> BTreeMap<(String, String), bool> {
    let lines: Vec<Vec<char>> = text.lines().skip(1).map(|l| l.chars().collect()).collect();
    let label = |line: &Vec<char>| -> Option<(String, String)> {
        let text: String = line.iter().skip(1).collect();
        let mut words = text.split_whitespace();
        let (number, name) = (words.next()?, words.next()?);
        let is_row = number.parse::<usize>().is_ok() && name.parse::<usize>().is_err();
        is_row.then(|| (number.to_owned(), name.to_owned()))
    };
    let first = lines.iter().position(|l| label(l).is_some()).unwrap();
    let rows = || {
        lines
            .iter()
            .skip(first)
            .map_while(|line| Some((label(line)?, line)))
    };
    let names: BTreeMap<String, String> = rows().map(|(label, _)| label).collect();
    let mut read = BTreeMap::new();
    for (x, number) in numbers(&lines[..first], count.to_string().len()) {
        let Some(column) = names.get(&number) else {
            continue;
        };
        for ((_, row), line) in rows() {
            let cell = line.get(x).copied().unwrap_or(' ');
            let flows = !matches!(cell, ' ' | '\\' | 'o' | '─' | '│');
            read.insert((row, column.clone()), flows);
        }
    }
    read
}

/// The numbers of columns, and where the last digit of each stands: beside each other where one has room, else
/// below each other.
fn numbers(heads: &[Vec<char>], digits: usize) -> Vec<(usize, String)> {
    let digit = |line: &Vec<char>, x: usize| line.get(x).copied().filter(char::is_ascii_digit);
    let last = heads.last().unwrap();
    let beside = (1..last.len()).any(|x| digit(last, x - 1).is_some() && digit(last, x).is_some());
    let alone = (0..last.len()).filter(|x| digit(last, *x).is_some());
    if heads.len() < digits
        || beside && (0..last.len()).any(|x| digit(last, x).is_none()) && digits < 3
    {
        let ends = alone.filter(|x| digit(last, x + 1).is_none());
        return ends
            .map(|x| {
                let begin = (0..=x)
                    .rev()
                    .take_while(|x| digit(last, *x).is_some())
                    .last();
                (x, last[begin.unwrap_or(x)..=x].iter().collect())
            })
            .collect();
    }
    let below = &heads[heads.len() - digits..];
    alone
        .map(|x| (x, below.iter().filter_map(|line| digit(line, x)).collect()))
        .collect()
}

#[test]
fn one_cell_says_it_for_every_pair_of_a_small_system() {
    for (width, height) in SIZES {
        let mut w = shop();
        let order = w.order();
        let cells = read(&w.text(width, height), order.len());
        assert_eq!(
            cells.len(),
            order.len() * order.len(),
            "every pair has a cell"
        );
        let truth: BTreeSet<(String, String)> = w.with(|_, ctx| {
            let table = super::super::Table::new(ctx);
            let name = |at: &usize| table.lines[*at].name.clone();
            table
                .flows
                .keys()
                .map(|(a, b)| (name(a), name(b)))
                .collect()
        });
        for (pair, flows) in cells {
            assert_eq!(flows, truth.contains(&pair), "{pair:?} at {width}x{height}");
        }
    }
}

#[test]
fn after_one_command_a_line_says_it_at_any_size_of_system() {
    for count in [12, 18, 200] {
        let (mut w, links) = large(count);
        let names: Vec<String> = (0..count).map(|at| format!("svc-{at:03}")).collect();
        let known: BTreeSet<(&str, &str)> = links
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        // Ten that are linked, and ten that are not unless by chance.
        let linked = links.iter().step_by((links.len() / 10).max(1)).take(10);
        let linked = linked.map(|(a, b)| (a.as_str(), b.as_str()));
        let other = (0..10).map(|n| {
            let of = |at: usize| names[at % count].as_str();
            (of(n * 7 + 1), of(n * n * 5 + 3))
        });
        for (a, b) in linked.chain(other).filter(|(a, b)| a != b) {
            for (width, height) in SIZES {
                w.ask(a, b);
                let text = w.text(width, height);
                let plainly = if known.contains(&(a, b)) {
                    format!("{a} calls {b} ·")
                } else {
                    format!("{a} does not call {b}, as far as traces and configuration tell")
                };
                assert!(
                    text.contains(&plainly),
                    "{plainly}, at {width}x{height}:\n{text}"
                );
                let cells = read(&text, w.view.made().unwrap().len());
                let cell = cells.get(&(a.to_owned(), b.to_owned()));
                let row = text.lines().any(|l| l.contains(&format!(" {a} ")));
                assert!(row, "{a} has its row in sight:\n{text}");
                // The column's number may be that of a row out of sight; where it is not, the cell agrees.
                if let Some(flows) = cell {
                    assert_eq!(*flows, known.contains(&(a, b)), "{a} {b}:\n{text}");
                }
            }
        }
    }
}
