//! The files of a source, one below the other: columns united by name.

use std::collections::HashMap;

use super::SourceRead;
use super::sink::FileTable;
use crate::contact::{Table, Text, TextBuilder};

/// Puts the tables of a source's files together, in the files' order.
pub fn unite(name: &str, mut tables: Vec<FileTable>) -> SourceRead {
    let mut out = SourceRead {
        name: name.to_owned(),
        ..SourceRead::default()
    };
    let rows = tables.iter().map(|table| table.lines.len()).sum();
    let mut names: Vec<String> = Vec::new();
    let mut place: HashMap<String, usize> = HashMap::new();
    for table in &tables {
        for (column, header) in table.names.iter().zip(&table.headers) {
            if !place.contains_key(column) {
                place.insert(column.clone(), names.len());
                names.push(column.clone());
                out.headers.push(header.clone());
            }
        }
    }
    out.table = Table::new(rows);
    let columns: Vec<Text> = if let [table] = tables.as_mut_slice() {
        std::mem::take(&mut table.columns)
    } else {
        names
            .iter()
            .map(|name| stacked(name, &tables, rows))
            .collect()
    };
    for (name, column) in names.iter().zip(columns) {
        out.table.set(name, column);
    }
    for (index, table) in tables.into_iter().enumerate() {
        let file = u32::try_from(index).unwrap_or(u32::MAX);
        out.at.extend(table.lines.iter().map(|line| (file, *line)));
        out.torn.extend(table.torn.into_iter().map(|mut torn| {
            torn.file = file;
            torn
        }));
        out.diagnostics.extend(table.diagnostics);
        out.files.push(table.file);
    }
    out
}

fn stacked(name: &str, tables: &[FileTable], rows: usize) -> Text {
    let mut builder = TextBuilder::with_capacity(rows);
    for table in tables {
        match table.names.iter().position(|known| known == name) {
            Some(at) => {
                if let Some(column) = table.columns.get(at) {
                    builder.append(column);
                }
            }
            None => (0..table.lines.len()).for_each(|_| builder.push_code(None)),
        }
    }
    builder.finish()
}
