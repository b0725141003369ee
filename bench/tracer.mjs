// bpftrace alone, running the very script that the tool gives it: what of our cost is bpftrace's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { localFiles } from '../dist/host/local-files.js';
import { localMachine } from '../dist/host/machine.js';
import { readHostFacts } from '../dist/host/read-facts.js';
import { assemble } from '../dist/probes/assemble.js';
import { loadCatalogue } from '../dist/probes/catalogue.js';
import { selectVariant } from '../dist/probes/select.js';

const MAP_KEYS = 10_240;
const NOTIFY = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';

export const facts = await readHostFacts(localFiles, localMachine(process.env));

export const program = (intervalMs) =>
  assemble({
    selected: loadCatalogue().map(({ manifest, folder }) => selectVariant(manifest, folder, facts)),
    filter: { kind: 'all' },
    intervalMs,
    mapKeys: MAP_KEYS,
    facts,
  });

/** `stdout`: a file descriptor, or 'ignore'. `attachedMs` resolves with the ms until its last probe was attached. */
export const startBpftrace = (script, stdout) => {
  const startMs = performance.now();
  const child = spawn(facts.bpftrace.path, ['-f', 'json', '-e', script], {
    stdio: ['ignore', stdout, 'pipe'],
    env: {
      ...process.env,
      [NOTIFY]: '1',
      BPFTRACE_MAP_KEYS_MAX: String(MAP_KEYS),
      BPFTRACE_MAX_MAP_KEYS: String(MAP_KEYS),
    },
  });
  const closed = once(child, 'close');
  const attachedMs = new Promise((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
      if (text.includes(NOTIFY)) resolve(performance.now() - startMs);
    });
    closed.then(() => reject(new Error(`bpftrace ended before it was attached:\n${text}`)));
  });
  return {
    pid: child.pid,
    attachedMs,
    end: async () => {
      child.kill('SIGINT');
      await closed;
    },
  };
};
