//! The child's side: unpacks standard input to standard output.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use super::{Answer, CANNOT_WRITE, sandbox};
use crate::tabular::{Limits, ReadError, ReadSeek, unpack};

/// Confines this process, unpacks, and says what was found. `limits` is JSON.
pub fn run(limits: &str) -> ExitCode {
    let answer = serde_json::from_str(limits).map_err(io::Error::from).and_then(|limits| answer(&limits));
    match answer {
        Ok(answer) => {
            let said = serde_json::to_writer(io::stderr(), &answer);
            if said.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(u8::try_from(CANNOT_WRITE).expect("below 256"))
        }
    }
}

fn answer(limits: &Limits) -> io::Result<Answer> {
    let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    sandbox::limit(limits)?;
    let is_confined = sandbox::confine();
    let open = || -> io::Result<Box<dyn ReadSeek>> {
        let mut input = input.try_clone()?;
        input.rewind()?;
        Ok(Box::new(input))
    };
    let mut out = BufWriter::with_capacity(1 << 18, output);
    let outcome = match unpack(&open, &mut out, limits) {
        Err(ReadError::Io(error)) => return Err(error),
        outcome => outcome,
    };
    out.flush()?;
    Ok(Answer { is_confined, outcome })
}
