//! The rows of `ap cost`, in memory that is bounded.
use super::row::Row;
use crate::model::Usage;
use std::collections::HashMap;

/// Rows that are told apart; the rest is one row.
const MAX_ROWS: usize = 20_000;

/// What was spent, by name.
#[derive(Debug, Default)]
pub(super) struct Groups {
    rows: HashMap<String, (u64, Usage)>,
    total: (u64, Usage),
    others: (u64, Usage),
}

impl Groups {
    /// Adds what was spent by one attempt.
    pub(super) fn add(&mut self, name: &str, usage: &Usage) {
        if !self.rows.contains_key(name) && self.rows.len() < MAX_ROWS {
            self.rows.insert(name.to_owned(), (0, Usage::default()));
        }
        let row = self.rows.get_mut(name).unwrap_or(&mut self.others);
        for (attempts, sum) in [row, &mut self.total] {
            *attempts += 1;
            *sum += *usage;
        }
    }

    /// Returns the rows, the most expensive first or by name, and the total.
    pub(super) fn finish(self, by_name: bool) -> (Vec<Row>, Row) {
        let row = |name: String, (attempts, usage)| Row {
            name,
            attempts,
            usage,
        };
        let mut rows: Vec<Row> = self
            .rows
            .into_iter()
            .map(|(name, sums)| row(name, sums))
            .collect();
        rows.sort_by(|one, other| {
            let by_cost = other.usage.cost_usd.total_cmp(&one.usage.cost_usd);
            let by_names = one.name.cmp(&other.name);
            if by_name {
                by_names
            } else {
                by_cost.then(by_names)
            }
        });
        if 0 < self.others.0 {
            rows.push(row("(others)".to_owned(), self.others));
        }
        (rows, row("total".to_owned(), self.total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(cost_usd: f64) -> Usage {
        Usage {
            cost_usd,
            ..Usage::default()
        }
    }

    #[test]
    fn rows_are_sorted_by_cost_or_name_and_sum_up_to_the_total() {
        let mut groups = Groups::default();
        for (name, cost) in [("b", 1.0), ("a", 2.0), ("b", 4.0), ("c", 5.0)] {
            groups.add(name, &usd(cost));
        }
        let (rows, total) = groups.finish(false);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["b", "c", "a"]);
        assert_eq!((total.attempts, total.usage.cost_usd), (4, 12.0));
    }

    #[test]
    fn more_names_than_fit_are_one_row_and_none_is_lost() {
        let mut groups = Groups::default();
        for number in 0..=MAX_ROWS {
            groups.add(&number.to_string(), &usd(1.0));
        }
        groups.add("0", &usd(1.0));
        let (rows, total) = groups.finish(true);
        assert_eq!(rows.len(), MAX_ROWS + 1);
        assert_eq!(rows.last().unwrap().name, "(others)");
        let sum: f64 = rows.iter().map(|row| row.usage.cost_usd).sum();
        assert_eq!((sum, total.attempts), (20_002.0, 20_002));
    }
}
