//! `karat verify`: replays a published run from its inputs and its audit log.

use std::path::PathBuf;

use serde_json::json;

use super::Ending;
use super::audit::run_folder;
use super::console::Console;
use crate::audit::verify::{self, Given};
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

    /// A folder that has the inputs, when they are no longer where the run read them
    #[arg(long, value_name = "DIR")]
    inputs: Option<PathBuf>,

    /// The run's seal as it was noted when the run was made: what only somebody who
    /// noted it can prove
    #[arg(long, value_name = "HASH")]
    seal: Option<String>,
}

pub fn run(args: &VerifyArgs, console: &Console) -> Result<Ending, Failure> {
    let folder = run_folder(&args.run)?;
    let given = Given {
        input: args.input.as_deref(),
        inputs: args.inputs.as_deref(),
        seal: args.seal.as_deref(),
    };
    let verified = verify::verify(&folder, given, &Rulebook::builtin())?;
    let chain = &verified.chain;
    if console.json() {
        let object = json!({
            "verified": true,
            "inputs": verified.inputs,
            "outputs": verified.outputs,
            "records": verified.records,
            "events": verified.events,
            "golden_records": verified.golden_records,
            "seal": verified.seal,
            "earlier_runs": chain.earlier,
            "chain_ends_at": chain.missing,
        });
        console.print(&format!("{object:#}\n"))?;
    } else if !console.globals().quiet {
        let runs = |count: usize| {
            let runs = if count == 1 { "run" } else { "runs" };
            format!("{count} earlier {runs}")
        };
        let back = match (chain.earlier, &chain.missing) {
            (0, None) => "It is the first run.".to_owned(),
            (earlier, None) => {
                format!("The chain holds over {}, to the first.", runs(earlier))
            }
            (earlier, Some(missing)) => format!(
                "The chain holds over {}; of {missing} there is no folder beside.",
                runs(earlier)
            ),
        };
        console.print(&format!(
            "Verified: {} input and {} output files are unchanged, and {} events over {} records \
             give the {} golden records again, byte for byte.\n{back}\nSeal: {}\n",
            verified.inputs,
            verified.outputs,
            verified.events,
            verified.records,
            verified.golden_records,
            verified.seal
        ))?;
    }
    Ok(Ending::Done)
}
