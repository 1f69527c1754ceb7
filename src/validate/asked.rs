//! What conditions ask of single columns, asked of each distinct value once.
//!
//! In: conditions of single rows, a view. Out: for each condition what is left of it, with
//! the answers as columns of their own. `email_status = 'bounced'`, `LOWER(company)` say the
//! same of all rows that have one value: a column has far fewer values than rows, and an
//! answer is fetched by the value's number.

use std::ops::Range;

use polars::lazy::dsl::{BooleanFunction, FunctionExpr};
use polars::prelude::*;
use polars_plan::plans::visitor::TreeWalker;
use rayon::prelude::*;

use super::view::View;
use crate::contact::Text;

/// What answers are called; no condition can name such a column.
const ANSWER: &str = "\u{1}answer";
/// Values that are asked together.
const CHUNK: usize = 1 << 16;

/// A question about one column.
struct Question<'v> {
    column: &'v Text,
    expr: Expr,
    answers: Answers,
}

enum Answers {
    /// The column is filled (or, if this is false, it is not).
    Filled(bool),
    /// By the value's number, that of a missing cell last.
    Truths(Vec<Option<bool>>),
    Values(Series),
}

/// The questions of all conditions, answered.
pub(super) struct Asked<'v> {
    questions: Vec<Question<'v>>,
}

/// What is left of a condition.
pub(super) struct Rest {
    pub(super) expr: Expr,
    /// Columns of the table that it reads.
    pub(super) columns: Vec<PlSmallStr>,
    /// Answers that it reads.
    pub(super) answers: Vec<usize>,
}

impl Rest {
    /// The only answer that it is, where nothing else is left.
    pub(super) fn answer(&self) -> Option<usize> {
        matches!(self.expr, Expr::Column(_))
            .then(|| self.answers.first().copied())
            .flatten()
    }
}

impl<'v> Asked<'v> {
    /// Takes the questions out of conditions, and asks them.
    ///
    /// # Errors
    /// When polars refuses one of them on the data.
    pub(super) fn of<'e>(
        view: &View<'v>,
        conditions: impl Iterator<Item = &'e Expr>,
    ) -> PolarsResult<(Self, Vec<Rest>)> {
        let mut questions = Vec::new();
        let rests = conditions
            .map(|expr| {
                let expr = taken(expr.clone(), view, &mut questions)?;
                let mut rest = Rest {
                    columns: Vec::new(),
                    answers: Vec::new(),
                    expr: expr.clone(),
                };
                for name in leaves(&expr) {
                    match name
                        .strip_prefix(ANSWER)
                        .and_then(|number| number.parse().ok())
                    {
                        Some(number) => rest.answers.push(number),
                        None => rest.columns.push(name.clone()),
                    }
                }
                Ok(rest)
            })
            .collect::<PolarsResult<Vec<Rest>>>()?;
        questions
            .par_iter_mut()
            .with_max_len(1)
            .try_for_each(Question::ask)?;
        Ok((Self { questions }, rests))
    }

    /// Where an answer is TRUE.
    pub(super) fn truths(&self, answer: usize, rows: Range<usize>) -> Vec<bool> {
        let question = &self.questions[answer];
        match &question.answers {
            Answers::Filled(wanted) => {
                let column = question.column;
                rows.map(|row| column.has(row) == *wanted).collect()
            }
            Answers::Truths(truths) => question
                .places(rows)
                .map(|place| truths[place] == Some(true))
                .collect(),
            // A condition is true or false: its type was asked when it was read.
            Answers::Values(_) => vec![false; rows.len()],
        }
    }

    /// An answer as the column that what is left of conditions reads.
    ///
    /// # Errors
    /// When polars refuses the values' numbers.
    pub(super) fn column(&self, answer: usize, rows: Range<usize>) -> PolarsResult<Column> {
        let question = &self.questions[answer];
        let mut series = match &question.answers {
            Answers::Filled(_) => {
                let truths = self.truths(answer, rows);
                BooleanChunked::from_slice(PlSmallStr::EMPTY, &truths).into_series()
            }
            Answers::Truths(truths) => {
                let truths = question.places(rows).map(|place| truths[place]);
                truths.collect::<BooleanChunked>().into_series()
            }
            Answers::Values(values) => {
                let places = question.places(rows).map(|place| Some(place as IdxSize));
                values.take(&places.collect::<IdxCa>())?
            }
        };
        series.rename(name_of(answer));
        Ok(series.into_column())
    }
}

fn name_of(answer: usize) -> PlSmallStr {
    format!("{ANSWER}{answer}").into()
}

impl Question<'_> {
    /// Where the answers of rows stand.
    fn places(&self, rows: Range<usize>) -> impl Iterator<Item = usize> {
        let missing = self.column.distinct();
        rows.map(move |row| self.column.code(row).map_or(missing, |code| code as usize))
    }

    fn ask(&mut self) -> PolarsResult<()> {
        if matches!(self.answers, Answers::Filled(_)) {
            return Ok(());
        }
        let places = self.column.distinct() + 1;
        let answers: Vec<Series> = (0..places.div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(places);
                let values = range.map(|place| {
                    let code = u32::try_from(place).ok()?;
                    (place < self.column.distinct()).then(|| self.column.value(code))
                });
                answered(&self.expr, values)
            })
            .collect::<PolarsResult<_>>()?;
        self.answers = if answers.iter().all(|answers| answers.dtype().is_bool()) {
            let mut truths = Vec::with_capacity(places);
            for answers in &answers {
                truths.extend(answers.bool()?.iter());
            }
            Answers::Truths(truths)
        } else {
            let mut answers = answers.into_iter();
            let mut all = answers.next().unwrap_or_default();
            for more in answers {
                all.append(&more)?;
            }
            Answers::Values(all.rechunk())
        };
        Ok(())
    }
}

/// What an expression of one column says of some values.
fn answered<'a>(
    expr: &Expr,
    values: impl ExactSizeIterator<Item = Option<&'a str>>,
) -> PolarsResult<Series> {
    let len = values.len();
    let name = leaves(expr).next().cloned().unwrap_or_default();
    let mut values: StringChunked = values.collect();
    values.rename(name);
    let answers = DataFrame::new(len, vec![values.into_series().into_column()])?
        .lazy()
        .select([expr.clone().alias(ANSWER)])
        .collect()?;
    let answers = answers.column(ANSWER)?.as_materialized_series().clone();
    // What says the same of all values comes back as one of them.
    Ok(if answers.len() == len {
        answers
    } else {
        answers.new_from_index(0, len)
    })
}

/// Columns that an expression reads, each as often as it does.
fn leaves(expr: &Expr) -> impl Iterator<Item = &PlSmallStr> {
    expr.into_iter().filter_map(|expr| match expr {
        Expr::Column(name) => Some(name),
        _ => None,
    })
}

/// The expression with each largest part that reads one column put among the questions.
fn taken<'v>(expr: Expr, view: &View<'v>, questions: &mut Vec<Question<'v>>) -> PolarsResult<Expr> {
    if matches!(expr, Expr::Column(_) | Expr::Literal(_)) {
        return Ok(expr);
    }
    if let Some(column) = only_column(&expr, view)
        && let Some(answers) = worth(&expr, column)?
    {
        let known = questions.iter().position(|known| known.expr == expr);
        let number = known.unwrap_or_else(|| {
            questions.push(Question {
                column,
                expr,
                answers,
            });
            questions.len() - 1
        });
        return Ok(Expr::Column(name_of(number)));
    }
    expr.map_children(&mut |child, ()| taken(child, view, questions), &mut ())
}

/// The column of the table that an expression reads, where it reads no other.
fn only_column<'v>(expr: &Expr, view: &View<'v>) -> Option<&'v Text> {
    let mut names = leaves(expr);
    let first = names.next()?;
    names
        .all(|name| name == first)
        .then(|| view.text(first))
        .flatten()
}

/// Answers to be filled, where asking values is less than asking rows: truths are fetched
/// for nothing, other answers cost as much as what they are made of.
fn worth(expr: &Expr, column: &Text) -> PolarsResult<Option<Answers>> {
    if let Expr::Function { input, function } = expr
        && let [Expr::Column(_)] = input.as_slice()
        && let FunctionExpr::Boolean(function) = function
    {
        match function {
            BooleanFunction::IsNull => return Ok(Some(Answers::Filled(false))),
            BooleanFunction::IsNotNull => return Ok(Some(Answers::Filled(true))),
            _ => {}
        }
    }
    let is_truth = answered(expr, std::iter::once(None))?.dtype().is_bool();
    Ok((is_truth || column.distinct() < column.len() / 2).then(|| Answers::Truths(Vec::new())))
}
