//! `karat schema`: the JSON Schema of the plan, for editors and machines.

use clap::Args;

use super::Ending;
use super::console::Console;
use crate::contact::Failure;
use crate::plan;

#[derive(Debug, Args)]
pub struct SchemaArgs {}

pub fn run(_args: &SchemaArgs, console: &Console) -> Result<Ending, Failure> {
    let schema = plan::schema();
    console.print(&format!("{schema:#}\n"))?;
    Ok(Ending::Done)
}
