//! What a condition may contain: a walk over its syntax tree against lists.
//!
//! Kept out, because they fail on the data or mean something else than they
//! say: aggregates without OVER (one value for the whole table), sub-queries,
//! `CAST` (stops the run at the first bad value and prints it), `IS TRUE` (NULL
//! stays NULL in polars), dates of today (a run must repeat).

use std::ops::Range;

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, Spanned, UnaryOperator, Value, WindowType,
};

use super::known::Known;
use super::sql::{SqlFault, char_at};
use crate::contact::diagnostic::nearest;

/// Functions of one row.
const FUNCTIONS: &[&str] = &[
    "abs",
    "char_length",
    "character_length",
    "coalesce",
    "concat",
    "concat_ws",
    "ends_with",
    "greatest",
    "if",
    "ifnull",
    "least",
    "left",
    "length",
    "lower",
    "lpad",
    "ltrim",
    "mod",
    "nullif",
    "octet_length",
    "regexp_like",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "sign",
    "split_part",
    "starts_with",
    "strpos",
    "substr",
    "upper",
];

/// Functions over a window: only with OVER (PARTITION BY …).
const WINDOW_FUNCTIONS: &[&str] = &["avg", "count", "max", "min", "sum"];

/// Types of TRY_CAST. No dates: fields hold ISO dates, and text compares rightly.
const CAST_HINT: &str =
    "TRY_CAST(… AS BIGINT) and TRY_CAST(… AS DOUBLE) give NULL for what is no number";

/// All faults of a condition; the columns that it reads go into `columns`.
pub fn check(ast: &Expr, sql: &str, known: &Known<'_>, columns: &mut Vec<String>) -> Vec<SqlFault> {
    let mut walk = Walk {
        sql,
        known,
        columns,
        faults: Vec::new(),
    };
    walk.expr(ast);
    walk.faults
}

struct Walk<'a> {
    sql: &'a str,
    known: &'a Known<'a>,
    columns: &'a mut Vec<String>,
    faults: Vec<SqlFault>,
}

impl Walk<'_> {
    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Identifier(ident) => self.column(ident),
            Expr::CompoundIdentifier(parts) => self.compound(expr, parts),
            Expr::Value(value) => self.value(expr, &value.value),
            Expr::Nested(inner) | Expr::IsNull(inner) | Expr::IsNotNull(inner) => self.expr(inner),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.all([left.as_ref(), right.as_ref()]);
            }
            Expr::IsTrue(_) | Expr::IsFalse(_) | Expr::IsNotTrue(_) | Expr::IsNotFalse(_) => self
                .refuse(
                    expr,
                    "IS TRUE and IS FALSE are not available",
                    "a condition counts only where it is TRUE; elsewhere write COALESCE(…, FALSE)",
                ),
            Expr::InList { expr, list, .. } => {
                self.expr(expr);
                for item in list {
                    if let Expr::Value(value) = item {
                        self.value(item, &value.value);
                    } else {
                        self.refuse(
                            item,
                            "IN takes text and numbers only",
                            "compare with fields by = and OR",
                        );
                    }
                }
            }
            Expr::Between {
                expr, low, high, ..
            } => self.all([expr.as_ref(), low.as_ref(), high.as_ref()]),
            Expr::BinaryOp { left, op, right } => self.binary(expr, left, op, right),
            Expr::UnaryOp { op, expr: inner } => {
                if !matches!(
                    op,
                    UnaryOperator::Not | UnaryOperator::Minus | UnaryOperator::Plus
                ) {
                    self.refuse(expr, &format!("the operator {op} is not available"), "");
                }
                self.expr(inner);
            }
            Expr::Like {
                any,
                expr: inner,
                pattern,
                escape_char,
                ..
            }
            | Expr::ILike {
                any,
                expr: inner,
                pattern,
                escape_char,
                ..
            } => {
                if *any || escape_char.is_some() {
                    self.refuse(
                        expr,
                        "LIKE ANY and ESCAPE are not available",
                        "use REGEXP_LIKE(field, 'pattern')",
                    );
                }
                self.all([inner.as_ref(), pattern.as_ref()]);
            }
            Expr::RLike {
                expr: inner,
                pattern,
                ..
            } => {
                self.expr(inner);
                self.regex(pattern);
            }
            Expr::Cast {
                kind,
                expr: inner,
                data_type,
                ..
            } => self.cast(expr, kind, inner, data_type),
            Expr::Position { expr, r#in } => self.all([expr.as_ref(), r#in.as_ref()]),
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                self.expr(expr);
                self.all(substring_from.iter().map(AsRef::as_ref));
                self.all(substring_for.iter().map(AsRef::as_ref));
            }
            Expr::Trim {
                trim_what,
                expr,
                trim_characters,
                ..
            } => {
                self.expr(expr);
                self.all(trim_what.iter().map(AsRef::as_ref));
                self.all(trim_characters.iter().flatten());
            }
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => {
                self.all(operand.iter().map(AsRef::as_ref));
                for when in conditions {
                    self.all([&when.condition, &when.result]);
                }
                self.all(else_result.iter().map(AsRef::as_ref));
            }
            Expr::Function(function) => self.function(expr, function),
            Expr::Exists { .. } | Expr::Subquery(_) | Expr::InSubquery { .. } => self.refuse(
                expr,
                "a condition looks at one record: no sub-queries",
                "compare with other records by COUNT(*) OVER (PARTITION BY field), or with a `reference` rule",
            ),
            Expr::TypedString(_) => self.refuse(
                expr,
                "dates are text here, year first",
                "write '2024-01-31' without DATE or TIMESTAMP",
            ),
            _ => self.refuse(expr, "this part of SQL is not available in conditions", ""),
        }
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn column(&mut self, ident: &Ident) {
        let name = ident.value.as_str();
        if self.known.is_column(name) {
            if !self.columns.iter().any(|known| known == name) {
                self.columns.push(name.to_owned());
            }
            return;
        }
        let mut hints = Vec::new();
        if matches!(
            name.to_lowercase().as_str(),
            "current_date" | "today" | "now"
        ) {
            hints.push("the day of the run is the column `run_date`".to_owned());
        } else if let Some(near) = self.known.nearest_column(name) {
            hints.push(format!("did you mean `{near}`?"));
        } else if let Some(note) = self.known.note_on(name) {
            hints.push(note);
        }
        if ident.quote_style == Some('"') {
            hints.push(format!("text stands in single quotes: '{name}'"));
        }
        let chars = self.chars(ident.span);
        self.faults.push(SqlFault {
            message: format!("there is no field `{name}`"),
            chars,
            hints,
        });
    }

    fn compound(&mut self, expr: &Expr, parts: &[Ident]) {
        let last = parts.last().map_or("", |ident| ident.value.as_str());
        self.refuse(
            expr,
            "a field has one name, without a dot",
            &format!("write `{last}`; an extra column is written \"source:Header\""),
        );
    }

    fn value(&mut self, expr: &Expr, value: &Value) {
        if !matches!(
            value,
            Value::Number(..) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null
        ) {
            self.refuse(
                expr,
                "this kind of literal is not available",
                "text stands in single quotes",
            );
        }
    }

    fn binary(&mut self, expr: &Expr, left: &Expr, op: &BinaryOperator, right: &Expr) {
        use BinaryOperator as B;
        match op {
            B::PGRegexMatch | B::PGRegexIMatch | B::PGRegexNotMatch | B::PGRegexNotIMatch => {
                self.expr(left);
                self.regex(right);
                return;
            }
            B::Plus
            | B::Minus
            | B::Multiply
            | B::Divide
            | B::Modulo
            | B::StringConcat
            | B::Gt
            | B::Lt
            | B::GtEq
            | B::LtEq
            | B::Eq
            | B::NotEq
            | B::Spaceship
            | B::And
            | B::Or => {}
            _ => self.refuse(expr, &format!("the operator {op} is not available"), ""),
        }
        self.all([left, right]);
    }

    fn cast(&mut self, expr: &Expr, kind: &CastKind, inner: &Expr, data_type: &DataType) {
        if !matches!(kind, CastKind::TryCast) {
            self.refuse(expr, "CAST stops at the first bad value", CAST_HINT);
        } else if !matches!(
            data_type,
            DataType::BigInt(_)
                | DataType::Int(_)
                | DataType::Integer(_)
                | DataType::Double(_)
                | DataType::DoublePrecision
        ) {
            self.refuse(
                expr,
                &format!("TRY_CAST to {data_type} is not available"),
                CAST_HINT,
            );
        }
        self.expr(inner);
    }

    fn function(&mut self, expr: &Expr, function: &Function) {
        let name = function.name.to_string().to_lowercase();
        let windowed = WINDOW_FUNCTIONS.contains(&name.as_str());
        if windowed {
            self.window(expr, function);
        } else if matches!(
            name.as_str(),
            "current_date" | "current_timestamp" | "now" | "today"
        ) {
            self.refuse(
                expr,
                "there is no clock in a condition, so that runs repeat",
                "the day of the run is the column `run_date`",
            );
        } else if !FUNCTIONS.contains(&name.as_str()) {
            let near = nearest(&name, FUNCTIONS.iter().chain(WINDOW_FUNCTIONS).copied());
            let hint = near.map_or_else(
                || format!("there are: {}", FUNCTIONS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let chars = self.chars(function.name.span());
            self.faults.push(SqlFault {
                message: format!("there is no function `{name}`"),
                chars,
                hints: vec![hint],
            });
        } else if function.over.is_some() {
            self.refuse(expr, &format!("`{name}` takes no OVER"), "");
        }
        if function.filter.is_some()
            || function.null_treatment.is_some()
            || !function.within_group.is_empty()
        {
            self.refuse(expr, "FILTER and WITHIN GROUP are not available", "");
        }
        let FunctionArguments::List(list) = &function.args else {
            return;
        };
        let regex = name == "regexp_like";
        for (at, arg) in list.args.iter().enumerate() {
            match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) if regex && at == 1 => {
                    self.regex(inner);
                }
                FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => self.expr(inner),
                FunctionArg::Unnamed(FunctionArgExpr::Wildcard) if name == "count" => {}
                _ => self.refuse(expr, "this argument is not available", ""),
            }
        }
    }

    /// Counts and the like are only meant over a partition: the whole table would
    /// make one record's verdict depend on every other.
    fn window(&mut self, expr: &Expr, function: &Function) {
        let name = &function.name;
        match &function.over {
            Some(WindowType::WindowSpec(spec))
                if !spec.partition_by.is_empty()
                    && spec.order_by.is_empty()
                    && spec.window_frame.is_none()
                    && spec.window_name.is_none() =>
            {
                self.all(&spec.partition_by);
            }
            _ => self.refuse(
                expr,
                &format!("{name} needs OVER (PARTITION BY …), and nothing else in it"),
                &format!("write {name}(…) OVER (PARTITION BY field)"),
            ),
        }
    }

    /// A pattern must be written out, so that it can be checked now.
    fn regex(&mut self, pattern: &Expr) {
        let Expr::Value(value) = pattern else {
            self.refuse(
                pattern,
                "a pattern must be written out, in single quotes",
                "",
            );
            return;
        };
        let Value::SingleQuotedString(text) = &value.value else {
            self.refuse(pattern, "a pattern must be text in single quotes", "");
            return;
        };
        if let Err(error) = regex::Regex::new(text) {
            let message = regex_fault(&error);
            self.refuse(pattern, &format!("bad pattern: {message}"), "");
        }
    }

    fn refuse(&mut self, expr: &Expr, message: &str, hint: &str) {
        let chars = self.chars(expr.span());
        self.faults.push(SqlFault {
            message: message.to_owned(),
            chars,
            hints: (!hint.is_empty())
                .then(|| hint.to_owned())
                .into_iter()
                .collect(),
        });
    }

    /// The characters of a span; the whole text where the parser kept none.
    fn chars(&self, span: sqlparser::tokenizer::Span) -> Range<usize> {
        let whole = 0..self.sql.chars().count();
        let start = char_at(self.sql, span.start.line, span.start.column);
        let end = char_at(self.sql, span.end.line, span.end.column);
        match (start, end) {
            (Some(start), Some(end)) if start < end => start..end,
            _ => whole,
        }
    }
}

/// The last line of the regex crate's message, which is the sentence.
pub(super) fn regex_fault(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.trim_start_matches("error: ").to_owned()
}
