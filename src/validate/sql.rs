//! Conditions of rules: SQL expressions over the fields, checked when a rule file
//! is loaded, evaluated by polars. No other file of the stage knows SQL or polars' expressions.
//!
//! A condition is parsed twice: by `sqlparser` for the position of a fault and
//! for the walk over what is allowed ([`super::sql_allowed`]), then by polars
//! (the same parser, no positions) for the expression. Three-valued logic holds:
//! a condition that is NULL is not TRUE, and only TRUE counts.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use polars::prelude::*;
use rayon::prelude::*;
use sqlparser::ast::Expr as Sql;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::Token;

use super::asked::{Asked, Rest};
use super::document::{At, Section};
use super::known::Known;
use super::sql_allowed;
use super::view::View;
use crate::contact::Diagnostic;

/// A condition that parsed, and whose columns and functions are known.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As written.
    pub sql: String,
    /// Columns that it reads, in order of first appearance.
    pub columns: Vec<String>,
    expr: Expr,
}

/// A fault inside the SQL text: what, the characters, hints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFault {
    pub message: String,
    pub chars: Range<usize>,
    pub hints: Vec<String>,
}

impl Condition {
    /// Reads the condition in `key` of a rule; every fault points into the file.
    pub fn read(
        section: &Section<'_>,
        text: &At<String>,
        known: &Known<'_>,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        match Self::parse(&text.value, known) {
            Ok(condition) => Some(condition),
            Err(found) => {
                for fault in found {
                    let span = text.inner(section.document, fault.chars.start, fault.chars.end);
                    let mut diagnostic = section.fault("rule_bad_sql", &fault.message, &span);
                    diagnostic.hints = fault.hints;
                    faults.push(diagnostic);
                }
                None
            }
        }
    }

    /// Parses and checks a condition.
    ///
    /// # Errors
    /// All faults, with the characters of `sql` that they are about.
    pub fn parse(sql: &str, known: &Known<'_>) -> Result<Self, Vec<SqlFault>> {
        let whole = 0..sql.chars().count();
        let ast = parse_positioned(sql).map_err(|fault| vec![fault])?;
        let mut columns = Vec::new();
        let faults = sql_allowed::check(&ast, sql, known, &mut columns);
        if !faults.is_empty() {
            return Err(faults);
        }
        let refused = |message: String| {
            vec![SqlFault {
                message,
                chars: whole.clone(),
                hints: Vec::new(),
            }]
        };
        let expr = polars::sql::sql_expr(sql)
            .map_err(|error| refused(format!("this SQL cannot be used: {}", brief(&error))))?;
        let condition = Self {
            sql: sql.to_owned(),
            columns,
            expr,
        };
        condition.demand_boolean().map_err(refused)?;
        Ok(condition)
    }

    /// Whether it is about each row alone: only a window (`OVER`) looks at others.
    fn is_of_row(&self) -> bool {
        !self.sql.to_ascii_lowercase().contains("over")
    }

    /// Tries the condition on one row of missing values: type faults show here.
    fn demand_boolean(&self) -> Result<(), String> {
        let columns = self
            .columns
            .iter()
            .map(|name| Column::full_null(name.as_str().into(), 1, &DataType::String))
            .chain([Column::full_null(PADDING.into(), 1, &DataType::String)])
            .collect();
        let frame = DataFrame::new(1, columns).map_err(|error| brief(&error))?;
        let result = frame
            .lazy()
            .with_columns([self.expr.clone().alias(RESULT)])
            .collect()
            .map_err(|error| format!("this SQL cannot be used: {}", brief(&error)))?;
        let dtype = result
            .column(RESULT)
            .map_err(|error| brief(&error))?
            .dtype()
            .clone();
        // A lone NULL has no type and is never TRUE: useless, refused as well.
        if dtype == DataType::Boolean {
            Ok(())
        } else {
            Err("a condition must be true or false, and this one gives a value".to_owned())
        }
    }
}

/// A column of each frame that no condition can name, so that no frame is empty.
const PADDING: &str = "\u{1}padding";
const RESULT: &str = "\u{1}result";

/// For each condition: in which rows it is TRUE.
///
/// # Errors
/// The index of the first condition that fails on the data, and why, without values.
pub fn evaluate(
    view: &View<'_>,
    conditions: &[&Condition],
) -> Result<Vec<Vec<bool>>, (usize, String)> {
    if conditions.is_empty() {
        return Ok(Vec::new());
    }
    let rows = view.rows();
    if rows > CHUNK
        && let Some(truths) = by_chunks(view, conditions)
    {
        return Ok(truths);
    }
    in_one(view, conditions)
}

/// As [`evaluate`], all rows at once.
pub(super) fn in_one(
    view: &View<'_>,
    conditions: &[&Condition],
) -> Result<Vec<Vec<bool>>, (usize, String)> {
    let rows = view.rows();
    let values = ValuesOf::new();
    let frame = frame_of(view, conditions, 0..rows, &values).map_err(|error| (0, brief(&error)))?;
    let exprs: Vec<Expr> = conditions
        .iter()
        .enumerate()
        .map(|(at, condition)| condition.expr.clone().alias(format!("{RESULT}{at}")))
        .collect();
    // All at once, so that polars works on them in parallel; one by one only to
    // find the one to blame.
    if let Ok(result) = frame.clone().lazy().with_columns(exprs.clone()).collect() {
        return (0..exprs.len())
            .map(|at| truths(&result, at).map_err(|error| (at, brief(&error))))
            .collect();
    }
    exprs
        .into_iter()
        .enumerate()
        .map(|(at, expr)| {
            frame
                .clone()
                .lazy()
                .with_columns([expr])
                .collect()
                .and_then(|result| truths(&result, at))
                .map_err(|error| (at, brief(&error)))
        })
        .collect()
}

/// Rows that one frame has where conditions look at rows alone: bounds its memory.
const CHUNK: usize = 1 << 16;

/// As [`evaluate`], conditions of single rows chunk by chunk, what they ask of one column
/// value by value; `None` when one fails.
pub(super) fn by_chunks(view: &View<'_>, conditions: &[&Condition]) -> Option<Vec<Vec<bool>>> {
    let (single, whole): (Vec<&Condition>, Vec<&Condition>) = conditions
        .iter()
        .partition(|condition| condition.is_of_row());
    let mut single = truths_of_rows(view, &single).ok()?.into_iter();
    let mut whole = truths_of_table(view, &whole).ok()?.into_iter();
    conditions
        .iter()
        .map(|condition| {
            if condition.is_of_row() {
                single.next()
            } else {
                whole.next()
            }
        })
        .collect()
}

fn truths_of_table(view: &View<'_>, conditions: &[&Condition]) -> PolarsResult<Vec<Vec<bool>>> {
    if conditions.is_empty() {
        return Ok(Vec::new());
    }
    let values = distinct_values(view, names_of(conditions));
    let frame = frame_of(view, conditions, 0..view.rows(), &values)?;
    truths_in(frame, conditions.iter().map(|condition| &condition.expr))
}

fn truths_of_rows(view: &View<'_>, conditions: &[&Condition]) -> PolarsResult<Vec<Vec<bool>>> {
    let rows = view.rows();
    let exprs = conditions.iter().map(|condition| &condition.expr);
    let (asked, rests) = Asked::of(view, exprs)?;
    let mut truths_of: Vec<Vec<bool>> = vec![Vec::new(); rests.len()];
    let mut left: Vec<(usize, &Rest)> = Vec::new();
    for (at, rest) in rests.iter().enumerate() {
        match rest.answer() {
            Some(answer) => truths_of[at] = asked.truths(answer, 0..rows),
            None => left.push((at, rest)),
        }
    }
    let all = |(_, rest): &(usize, &'_ Rest)| rest.answers.clone();
    let answers: BTreeSet<usize> = left.iter().flat_map(all).collect();
    let names = left.iter().flat_map(|(_, rest)| &rest.columns);
    let names: BTreeSet<&str> = names.map(PlSmallStr::as_str).collect();
    let values = distinct_values(view, names.clone());
    let chunks: Vec<Vec<Vec<bool>>> = (0..rows.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let start = chunk * CHUNK;
            let range = start..(start + CHUNK).min(rows);
            let mut frame = frame_with(view, names.iter().copied(), range.clone(), &values)?;
            for &answer in &answers {
                frame.with_column(asked.column(answer, range.clone())?)?;
            }
            truths_in(frame, left.iter().map(|(_, rest)| &rest.expr))
        })
        .collect::<PolarsResult<_>>()?;
    for chunk in chunks {
        for ((at, _), truths) in left.iter().zip(chunk) {
            truths_of[*at].extend(truths);
        }
    }
    Ok(truths_of)
}

/// In which rows of a frame each expression is TRUE.
fn truths_in<'e>(
    frame: DataFrame,
    exprs: impl ExactSizeIterator<Item = &'e Expr>,
) -> PolarsResult<Vec<Vec<bool>>> {
    let len = exprs.len();
    let exprs: Vec<Expr> = exprs
        .enumerate()
        .map(|(at, expr)| expr.clone().alias(format!("{RESULT}{at}")))
        .collect();
    let result = frame.lazy().with_columns(exprs).collect()?;
    (0..len).map(|at| truths(&result, at)).collect()
}

/// The columns that conditions read.
fn names_of<'c>(conditions: &[&'c Condition]) -> BTreeSet<&'c str> {
    conditions
        .iter()
        .flat_map(|condition| condition.columns.iter().map(String::as_str))
        .collect()
}

/// The distinct values of columns, for all chunks of rows.
type ValuesOf<'c> = BTreeMap<&'c str, StringChunked>;

fn distinct_values<'c>(view: &View<'_>, names: BTreeSet<&'c str>) -> ValuesOf<'c> {
    let names: Vec<&str> = names.into_iter().collect();
    names
        .into_par_iter()
        .filter_map(|name| Some((name, view.text(name)?.values_to_polars()?)))
        .collect()
}

/// The columns that the conditions read; what the table lacks is all missing.
fn frame_of(
    view: &View<'_>,
    conditions: &[&Condition],
    rows: Range<usize>,
    values: &ValuesOf<'_>,
) -> PolarsResult<DataFrame> {
    frame_with(view, names_of(conditions).into_iter(), rows, values)
}

fn frame_with<'c>(
    view: &View<'_>,
    names: impl Iterator<Item = &'c str>,
    rows: Range<usize>,
    values: &ValuesOf<'_>,
) -> PolarsResult<DataFrame> {
    let len = rows.len();
    let mut columns = vec![Column::full_null(PADDING.into(), len, &DataType::String)];
    columns.extend(names.map(|name| view.polars_column(name, rows.clone(), values.get(name))));
    DataFrame::new(len, columns)
}

fn truths(result: &DataFrame, at: usize) -> PolarsResult<Vec<bool>> {
    let column = result.column(&format!("{RESULT}{at}"))?;
    Ok(column
        .bool()?
        .iter()
        .map(|cell| cell == Some(true))
        .collect())
}

/// Parses one expression, nothing behind it, with the place of a fault.
fn parse_positioned(sql: &str) -> Result<Sql, SqlFault> {
    let end = sql.chars().count();
    // The options that polars sets, so that both accept the same.
    let mut parser = Parser::new(&GenericDialect {})
        .with_options(ParserOptions {
            trailing_commas: true,
            ..ParserOptions::default()
        })
        .try_with_sql(sql)
        .map_err(|error| syntax(sql, &error))?;
    let ast = parser.parse_expr().map_err(|error| syntax(sql, &error))?;
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(ast);
    }
    let start = char_at(sql, next.span.start.line, next.span.start.column).unwrap_or(0);
    Err(SqlFault {
        message: format!("the condition ends before '{}'", next.token),
        chars: start..char_at(sql, next.span.end.line, next.span.end.column).unwrap_or(end),
        hints: vec!["one condition only; join several with AND or OR".to_owned()],
    })
}

fn syntax(sql: &str, error: &ParserError) -> SqlFault {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => "it is nested too deeply",
    };
    let end = sql.chars().count();
    // "Expected: an expression, found: = at Line: 1, Column: 5"
    let (message, position) = match text.split_once(" at Line: ") {
        Some((message, place)) => (message, place.split_once(", Column: ")),
        None => (text, None),
    };
    let start = position
        .and_then(|(line, column)| {
            let digits: String = column.chars().take_while(char::is_ascii_digit).collect();
            char_at(sql, line.trim().parse().ok()?, digits.parse().ok()?)
        })
        // At the end of the text the parser knows no place.
        .unwrap_or(end);
    let mut message = message
        .replace("Expected: ", "expected ")
        .replace("found: EOF", "and the condition ends here");
    message = message.replace("found: ", "found ");
    SqlFault {
        message: format!("SQL: {message}"),
        chars: start..(start + 1).min(end),
        hints: Vec::new(),
    }
}

/// The character (from 0) at a line and column (from 1).
pub(super) fn char_at(sql: &str, line: u64, column: u64) -> Option<usize> {
    let mut at = 0usize;
    let mut lines_left = line.checked_sub(1)?;
    let mut chars = sql.chars();
    while lines_left > 0 {
        at += 1;
        if chars.next()? == '\n' {
            lines_left -= 1;
        }
    }
    Some(at + usize::try_from(column.checked_sub(1)?).ok()?)
}

/// The first line of polars' message: the rest dumps the query, and may hold values.
fn brief(error: &PolarsError) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    first.chars().take(200).collect()
}
