//! What a filter costs for each record, and how much of that it may. PostgreSQL looks at the time only between records, so
//! no record may take long.

use crate::query::{
    Expression, Term, Test, Wildcard,
    parse::{
        both,
        condition::{MAX_SEARCHED, Mistake, too_much_searched},
    },
};

/// The most tests of one filter.
const MAX_TESTS: usize = 500;
/// The most comparisons without accents: each takes the text of a field apart, character by character.
const MAX_UNACCENTED: usize = 25;

/// What the tests read so far cost.
#[derive(Default)]
pub(super) struct Cost {
    tests: usize,
    /// Characters of the texts and patterns that are looked for within others.
    searched: usize,
    unaccented: usize,
}

impl Cost {
    /// Adds a single test.
    ///
    /// # Errors
    /// Once for each limit that is passed.
    pub(super) fn add(&mut self, test: &Expression) -> Result<(), Mistake> {
        self.tests += 1;
        if self.tests == MAX_TESTS + 1 {
            let message = both(
                format!("filter の条件が多すぎます。{MAX_TESTS} 個までにしてください。"),
                format!("Too many conditions in the filter; at most {MAX_TESTS} are allowed."),
            );
            return Err((message, None));
        }
        let searched = searched(test);
        self.searched += searched;
        if self.searched > MAX_SEARCHED && self.searched - searched <= MAX_SEARCHED {
            return Err(too_much_searched());
        }
        let unaccented = usize::from(is_unaccented(test));
        self.unaccented += unaccented;
        if self.unaccented == MAX_UNACCENTED + 1 && unaccented == 1 {
            let message = both(
                format!("filter の ACCENTI の比較が多すぎます。{MAX_UNACCENTED} 個までにしてください。"),
                format!("Too many comparisons with ACCENTI in the filter; at most {MAX_UNACCENTED} are allowed."),
            );
            return Err((message, None));
        }
        Ok(())
    }

    /// Whether there are too many tests to go on reading.
    pub(super) fn is_passed(&self) -> bool {
        self.tests > MAX_TESTS
    }
}

fn searched(test: &Expression) -> usize {
    match test {
        Expression::Test(condition) => match &condition.test {
            Test::Contains(part) => part.chars().count(),
            _ => 0,
        },
        Expression::Like { pattern, .. } => pattern.iter().map(length).sum(),
        _ => 0,
    }
}

fn length(piece: &Wildcard) -> usize {
    match piece {
        Wildcard::Text(part) => part.chars().count(),
        Wildcard::One | Wildcard::Any => 1,
    }
}

fn is_unaccented(test: &Expression) -> bool {
    let is = |term: &Term| matches!(term, Term::Folded { accents: true, .. });
    match test {
        Expression::Compare { left, right, .. } => is(left) || is(right),
        Expression::Like { term, .. } => is(term),
        _ => false,
    }
}
