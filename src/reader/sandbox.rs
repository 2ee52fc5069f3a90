//! Limits that a process sets itself and can never lift again.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::tabular::Limits;

/// Megabytes that the rest of the program keeps of the memory for one file: the server's own part of the work.
const SERVERS_SHARE: u64 = 48 << 20;

/// Sets the limits for reading a file: address space, processor time, size of what is written.
///
/// # Errors
/// The operating system's.
pub fn limit(limits: &Limits) -> io::Result<()> {
    // What the program itself takes of the address space comes on top.
    let memory = limits.memory.saturating_sub(SERVERS_SHARE).max(SERVERS_SHARE);
    set(Resource::As, address_space()?.saturating_add(memory))?;
    set(Resource::Cpu, limits.seconds)?;
    set(Resource::Fsize, limits.unpacked.saturating_add(1))?;
    set(Resource::Core, 0)
}

fn set(resource: Resource, value: u64) -> io::Result<()> {
    let most = getrlimit(resource).maximum.unwrap_or(u64::MAX).min(value);
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// Bytes of address space that this process has now; a guess where the system does not tell.
fn address_space() -> io::Result<u64> {
    const GUESS: u64 = 512 << 20;
    let Ok(statm) = std::fs::read_to_string("/proc/self/statm") else { return Ok(GUESS) };
    let pages = statm.split(' ').next().and_then(|pages| pages.parse::<u64>().ok());
    let page = u64::try_from(rustix::param::page_size()).map_err(io::Error::other)?;
    Ok(pages.map_or(GUESS, |pages| pages.saturating_mul(page)))
}

/// Forbids every system call but those for memory, for files that are already open, and for ending. Answers whether the
/// system could.
#[cfg(target_os = "linux")]
pub fn confine() -> bool {
    filter().is_ok_and(|filter| seccompiler::apply_filter(&filter).is_ok())
}

/// Other systems confine processes in other ways.
#[cfg(not(target_os = "linux"))]
pub fn confine() -> bool {
    false
}

#[cfg(target_os = "linux")]
fn filter() -> Result<seccompiler::BpfProgram, seccompiler::BackendError> {
    use seccompiler::{
        SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    };
    const ALLOWED: [i64; 29] = [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_fcntl,
        libc::SYS_fstat,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_lseek,
        libc::SYS_madvise,
        libc::SYS_mmap,
        libc::SYS_mprotect,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_pread64,
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
        libc::SYS_write,
        libc::SYS_writev,
    ];
    // An abort signals the process itself; no other one may be signalled.
    let own = u64::from(std::process::id());
    let itself = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)?;
    let rules = ALLOWED.into_iter().map(|call| (call, Vec::new()));
    let rules = rules.chain([(libc::SYS_tgkill, vec![SeccompRule::new(vec![itself])?])]).collect();
    let refused = SeccompAction::Errno(u32::try_from(libc::EPERM).unwrap_or_default());
    SeccompFilter::new(rules, refused, SeccompAction::Allow, TargetArch::try_from(std::env::consts::ARCH)?)?.try_into()
}
