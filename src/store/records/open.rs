//! Whether a place is open, as SQL: the [`Plan`] that `query::open` explains, with `NULL` for unknown. PostgreSQL's `AND`
//! and `OR` are then the ones of the rules.

use super::filter::cell_text;
use super::statement::Statement;
use crate::query::open::{Day, FOLDS, Plan, UNDERSTOOD};
use crate::query::{OpenAt, OpenStatus};
use crate::schema::Opening;

/// The condition that a record says so.
pub fn filter(opening: Opening, open: &OpenAt) -> Statement {
    let mut statement = Statement::new("(");
    statement.append(is_open(opening, &open.plan())).push(match open.status {
        OpenStatus::Open => ") IS TRUE",
        OpenStatus::Closed => ") IS FALSE",
        OpenStatus::Unknown => ") IS NULL",
    });
    statement
}

/// Times come first: they cost least, and leave most records without a look at their days.
fn is_open(opening: Opening, plan: &Plan) -> Statement {
    let mut statement = Statement::new("CASE");
    if let Some(remarks) = opening.remarks {
        statement.push(" WHEN ").append(cell_text(remarks)).push(" ~ ").text(plan.doubts.as_str());
        statement.push(" THEN NULL");
    }
    let today = || on(&plan.today, opening.days);
    let Some((opens, closes)) = opening.hours else {
        statement.push(" WHEN ").append(today()).push(" = false THEN false END");
        return statement;
    };
    let closes = || {
        let mut end = Statement::new("replace(");
        end.append(cell_text(closes)).push(", '23:59', '24:00')");
        end
    };
    let time = |operator: &'static str, cell: Statement| {
        let mut compared = cell;
        compared.push(operator).text(plan.time.as_str());
        compared
    };
    statement.push(" WHEN ").append(cell_text(opens)).push(" < ").append(closes()).push(" THEN ");
    statement.append(time(" <= ", cell_text(opens))).push(" AND ").append(time(" > ", closes()));
    statement.push(" AND ").append(today());
    statement.push(" WHEN ").append(cell_text(opens)).push(" > ").append(closes()).push(" THEN (");
    statement.append(time(" <= ", cell_text(opens))).push(" AND ").append(today()).push(") OR (");
    statement.append(time(" > ", closes())).push(" AND ").append(on(&plan.yesterday, opening.days)).push(")");
    statement.push(" WHEN ").append(today()).push(" = false THEN false END");
    statement
}

/// Whether it is open on a day. The text is folded in a subquery of its own, so that it is folded once, and only where
/// it is asked for.
fn on(day: &Day, days: Option<usize>) -> Statement {
    let Some(days) = days else { return Statement::new("true") };
    let mut statement = Statement::new("(SELECT CASE WHEN days ~ ");
    statement.text(UNDERSTOOD).push(" THEN CASE");
    for (pattern, open) in &day.rules {
        statement.push(" WHEN days ~ ").text(*pattern).push(if *open { " THEN true" } else { " THEN false" });
    }
    statement.push(match day.otherwise {
        Some(true) => " ELSE true",
        Some(false) => " ELSE false",
        None => "",
    });
    statement.push(" END END FROM (SELECT ");
    FOLDS.iter().for_each(|_| {
        statement.push("replace(");
    });
    statement.append(cell_text(days));
    for (from, to) in FOLDS {
        statement.push(", ").text(from).push(", ").text(to).push(")");
    }
    statement.push(" AS days OFFSET 0) AS folded)");
    statement
}
