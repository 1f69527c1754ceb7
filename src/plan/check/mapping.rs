//! A source's columns, its map and its constants, against the canonical fields.

use std::collections::BTreeMap;

use super::Check;
use crate::contact::Field;
use crate::contact::diagnostic::{nearest, shown};
use crate::plan::written::{At, OneOrMany, Source};

impl Check<'_> {
    pub(super) fn columns(&mut self, written: &Source) -> Option<Vec<String>> {
        let columns = written.columns.as_ref()?;
        let mut names: Vec<String> = Vec::new();
        for name in columns.get() {
            if name.get().trim().is_empty() {
                self.faults
                    .fault(name.span(), "plan_empty", "a column has no name");
            } else if names.contains(name.get()) {
                self.faults.fault(
                    name.span(),
                    "plan_column_twice",
                    format!("there is a column {} already", shown(name.get())),
                );
            }
            names.push(name.get().clone());
        }
        if names.is_empty() {
            self.faults
                .fault(columns.span(), "plan_empty", "'columns' names no column");
        }
        if let Some(line) = &written.header_line
            && *line.get() > 0
        {
            self.faults
                .fault(
                    line.span(),
                    "plan_columns_and_header",
                    "'columns' is for a file without a header, and 'header_line' says that there is one",
                )
                .hint("leave one of the two out");
        }
        Some(names)
    }

    pub(super) fn map(
        &mut self,
        written: &Source,
        columns: Option<&[String]>,
    ) -> BTreeMap<String, Vec<String>> {
        let mut map = BTreeMap::new();
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for (field, headers) in written.map.iter().flatten() {
            let Some(known) = self.field(field, false) else {
                continue;
            };
            self.several(field, headers, known.multi);
            let mut list = Vec::new();
            for header in headers.iter() {
                if header.get().trim().is_empty() {
                    self.faults
                        .fault(header.span(), "plan_empty", "a header is empty")
                        .hint("an unnamed column can't be mapped: name the columns with 'columns'");
                    continue;
                }
                if let Some(columns) = columns {
                    self.header_in(header, columns);
                }
                if let Some(other) = taken.insert(header.get().clone(), field.get().clone()) {
                    self.faults
                        .fault(
                            header.span(),
                            "plan_header_twice",
                            format!(
                                "column {} is mapped to '{other}' and to '{}'",
                                shown(header.get()),
                                field.get()
                            ),
                        )
                        .hint("a column feeds one field: keep one of the two");
                }
                list.push(header.get().clone());
            }
            map.insert(field.get().clone(), list);
        }
        map
    }

    fn several(&mut self, field: &At<String>, headers: &OneOrMany<String>, multi: bool) {
        let [_, second, ..] = headers.as_slice() else {
            return;
        };
        if multi {
            return;
        }
        let fields = self.rulebook.fields();
        let plural = fields.iter().find(|other| {
            other.multi
                && fields
                    .get(field.get())
                    .is_some_and(|one| one.kind == other.kind)
        });
        let hint = match plural {
            Some(plural) => format!("map the further ones to '{}'", plural.name),
            None => {
                "keep the one that counts; the others are carried through as they are".to_owned()
            }
        };
        self.faults
            .fault(
                second.span(),
                "plan_two_headers",
                format!(
                    "'{}' holds one value, and two columns are mapped to it",
                    field.get()
                ),
            )
            .hint(hint);
    }

    pub(super) fn constants(
        &mut self,
        written: &Source,
        map: &BTreeMap<String, Vec<String>>,
    ) -> BTreeMap<String, String> {
        let mut constants = BTreeMap::new();
        for (field, value) in written.constants.iter().flatten() {
            if self.field(field, false).is_none() {
                continue;
            }
            if map.contains_key(field.get()) {
                self.faults
                    .fault(
                        field.span(),
                        "plan_constant_and_map",
                        format!("'{}' is mapped to a column and has a constant", field.get()),
                    )
                    .hint("keep one of the two");
            }
            if value.get().trim().is_empty() {
                self.faults.fault(
                    value.span(),
                    "plan_empty",
                    format!("the constant for '{}' is empty", field.get()),
                );
            }
            constants.insert(field.get().clone(), value.get().clone());
        }
        constants
    }

    pub(super) fn header_in(&mut self, header: &At<String>, columns: &[String]) {
        if !columns.contains(header.get()) {
            self.faults
                .fault(
                    header.span(),
                    "plan_unknown_column",
                    format!("'columns' names no column {}", shown(header.get())),
                )
                .near(header.get(), columns.iter().map(String::as_str), || None);
        }
    }

    /// A field by its name, or the fault. A golden field is none that exists on
    /// the way in only.
    pub(super) fn field(&mut self, name: &At<String>, golden: bool) -> Option<Field> {
        let fields = self.rulebook.fields();
        match fields.get(name.get()) {
            Some(field) if golden && field.input_only => {
                let into = field.into.clone();
                self.faults.fault(
                    name.span(),
                    "plan_input_only_field",
                    format!(
                        "'{}' is taken apart on the way in, no golden record has it",
                        name.get()
                    ),
                );
                if let Some(into) = into {
                    self.faults.hint(format!("its value goes into '{into}'"));
                }
                None
            }
            Some(field) => Some(field.clone()),
            None => {
                let names: Vec<&str> = fields
                    .iter()
                    .filter(|field| !(golden && field.input_only))
                    .map(|field| field.name.as_str())
                    .collect();
                let hint = match nearest(name.get(), names.iter().copied()) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("the fields are {}", names.join(", ")),
                };
                self.faults
                    .fault(
                        name.span(),
                        "plan_unknown_field",
                        format!("{} is no field", shown(name.get())),
                    )
                    .hint(hint);
                None
            }
        }
    }
}
