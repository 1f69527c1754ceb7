//! `karat verify`: replays a published run from its inputs and its audit log.

use std::path::PathBuf;

use serde_json::json;

use super::Ending;
use super::audit::run_folder;
use super::console::Console;
use crate::audit::verify;
use crate::contact::Failure;
use crate::rulebook::Rulebook;

#[derive(Debug, clap::Args)]
pub struct VerifyArgs {
    /// A run's folder, or an output folder for its latest run
    #[arg(default_value = "out", value_name = "RUN")]
    run: PathBuf,

    /// The export that the run read from standard input, if it was kept
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
}

pub fn run(args: &VerifyArgs, console: &Console) -> Result<Ending, Failure> {
    let folder = run_folder(&args.run)?;
    let verified = verify::verify(&folder, args.input.as_deref(), &Rulebook::builtin())?;
    if console.json() {
        let object = json!({
            "verified": true,
            "inputs": verified.inputs,
            "outputs": verified.outputs,
            "records": verified.records,
            "events": verified.events,
            "golden_records": verified.golden_records,
        });
        console.print(&format!("{object:#}\n"))?;
    } else if !console.globals().quiet {
        console.print(&format!(
            "Verified: {} input and {} output files are unchanged, and {} events over {} records \
             give the {} golden records again, byte for byte.\n",
            verified.inputs,
            verified.outputs,
            verified.events,
            verified.records,
            verified.golden_records
        ))?;
    }
    Ok(Ending::Done)
}
