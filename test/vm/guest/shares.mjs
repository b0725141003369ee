// Where the time of a process goes: running, waiting for a CPU, blocked for I/O or not, asleep, beside the kernel's own
// accounts of it (share-claims.mjs).
import { existsSync } from 'node:fs';
import { impossible } from './claims.mjs';
import { recordWhile } from './session.mjs';
import { shareClaims } from './share-claims.mjs';
import { heldOpen } from './work.mjs';

const PROGRAM = '/tool/workloads/shares';
const DIRECTORY = '/var/tmp';
const PHASE_MS = 2_000;

/** Rows of the matrix, of one recording of all probes. */
export const tryShares = async (bpftrace) => {
  if (!existsSync(PROGRAM)) return [row(impossible('all', 'this host had no C compiler for the workload'))];
  let program;
  try {
    const seen = await recordWhile(bpftrace, ['--probe', 'blocked'], async () => {
      program = await heldOpen(PROGRAM, String(PHASE_MS), DIRECTORY);
    });
    const account = JSON.parse(program.said);
    return shareClaims(account, (metric) => seen.of(account.pid, metric)).map(row);
  } finally {
    await program?.end();
  }
};

const row = (claim) => ({ probe: 'shares', variant: '-', ...claim });
