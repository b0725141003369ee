// Files created, renamed and removed a known number of times, on ext4.
import { mkdirSync } from 'node:fs';
import { exactly, timeBetween } from '../claims.mjs';
import { workload } from '../work.mjs';

const FEW = 23;
const MANY = 5_003;
const DIRECTORY = '/var/tmp/churn';

export const inode = {
  probe: 'inode',
  setUp: () => mkdirSync(DIRECTORY, { recursive: true }),
  work: async () => ({
    few: await workload('churn', DIRECTORY, FEW),
    many: await workload('churn', DIRECTORY, MANY),
  }),
  claims: ({ work: { few, many }, seen }) => [
    ...['create', 'rename', 'unlink'].flatMap((name) => [
      exactly(name, FEW, seen.of(few.pid, `inode.${name}`), 'ext4'),
      exactly(name, MANY, seen.of(many.pid, `inode.${name}`), 'ext4'),
      timeBetween(`${name}_ns`, 0, many.wallNs, seen.of(many.pid, `inode.${name}_ns`), 'its wall time'),
    ]),
  ],
};
