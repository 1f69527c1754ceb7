//! Which events of a log a person asked for.

use super::load::LogRow;

/// What must hold of an event; an empty list asks nothing.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub golden_ids: Vec<String>,
    /// A record id, alone or as `source:record_id`.
    pub records: Vec<String>,
    pub fields: Vec<String>,
    pub kinds: Vec<String>,
    pub rules: Vec<String>,
    pub stages: Vec<String>,
    pub sources: Vec<String>,
}

impl Query {
    /// The columns of the log that the answer depends on.
    #[must_use]
    pub fn columns(&self) -> Vec<&'static str> {
        let mut columns = Vec::new();
        for (list, names) in [
            (
                &self.golden_ids,
                &["golden_id", "kind", "before", "after"][..],
            ),
            (&self.records, &["source", "record_id"]),
            (&self.fields, &["field"]),
            (&self.kinds, &["kind"]),
            (&self.rules, &["rule"]),
            (&self.stages, &["stage"]),
            (&self.sources, &["source"]),
        ] {
            for name in names.iter().filter(|_| !list.is_empty()) {
                if !columns.contains(name) {
                    columns.push(*name);
                }
            }
        }
        columns
    }

    /// Whether all that is asked holds of `row`; within one list, any.
    #[must_use]
    pub fn matches(&self, row: &LogRow<'_>) -> bool {
        let is = |list: &[String], value: Option<&str>| {
            list.is_empty() || value.is_some_and(|value| list.iter().any(|asked| asked == value))
        };
        // An id that was given up is in `before` (its golden record has another now).
        let golden = is(&self.golden_ids, row.golden_id)
            || (row.kind == "golden_id"
                && (is(&self.golden_ids, row.before) || is(&self.golden_ids, row.after)));
        golden
            && is(&self.fields, row.field)
            && is(&self.kinds, Some(row.kind))
            && is(&self.rules, row.rule)
            && is(&self.stages, Some(row.stage))
            && is(&self.sources, row.source)
            && (self.records.is_empty() || self.records.iter().any(|asked| is_record(asked, row)))
    }
}

fn is_record(asked: &str, row: &LogRow<'_>) -> bool {
    is_named(asked, row.source, row.record_id)
}

/// Whether `asked` (an id, alone or as `source:record_id`) names the record.
#[must_use]
pub fn is_named(asked: &str, source: Option<&str>, record_id: Option<&str>) -> bool {
    let Some(id) = record_id else {
        return false;
    };
    asked == id
        || source.is_some_and(|source| {
            asked
                .strip_prefix(source)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|rest| rest == id)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_asked_for_with_or_without_its_source() {
        let row = LogRow {
            kind: "lost",
            source: Some("crm"),
            record_id: Some("7:1"),
            field: Some("email"),
            ..LogRow::default()
        };
        let asks = |record: &str, field: &str| {
            Query {
                records: vec![record.into()],
                fields: vec![field.into()],
                ..Query::default()
            }
            .matches(&row)
        };
        assert!(asks("7:1", "email"));
        assert!(asks("crm:7:1", "email"));
        assert!(!asks("other:7:1", "email"));
        assert!(!asks("7:1", "phone"));
    }

    #[test]
    fn an_id_that_was_given_up_is_found() {
        let row = LogRow {
            kind: "golden_id",
            golden_id: Some("g2"),
            before: Some("g1"),
            ..LogRow::default()
        };
        let query = Query {
            golden_ids: vec!["g1".into()],
            ..Query::default()
        };
        assert!(query.matches(&row));
    }
}
