// A session on this machine. Others work here too: what is recorded is the stage and all it starts, chosen in the kernel
// as for any command after `--`; the host's own signals are those of the whole machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { root, say } from '../../scripts/setup.mjs';
import { onStand } from './stand.mjs';
import { WORKLOADS } from './workloads.mjs';

const PLAY = fileURLToPath(new URL('play.mjs', import.meta.url));

/** The text of the recording and the cast. */
export const recordHere = ({ name, seconds, interval = '1s', make, play: _ }) =>
  onStand(WORKLOADS, async (stand, directory) => {
    say(`${name}: preparing`);
    make(stand);
    writeFileSync(
      stand.path('stage'),
      `#!/bin/sh\nexec '${process.execPath}' '${PLAY}' ${name} '${directory}' ${seconds}\n`,
      { mode: 0o755 },
    );
    say(`${name}: recording ${seconds} s`);
    const file = stand.path('session.ndjson');
    const tool = spawn(
      process.execPath,
      [`${root}bin/stallscope.js`, 'record', '--budget', 'off', '-i', interval, '-o', file, '--', './stage'],
      { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    tool.stderr.on('data', (chunk) => {
      said += chunk;
    });
    stand.atEnd(() => tool.kill('SIGTERM'));
    const [status] = await once(tool, 'close');
    if (status !== 0) throw new Error(`stallscope record ended with ${status}: ${said}`);
    return {
      text: readFileSync(file, 'utf8'),
      cast: JSON.parse(readFileSync(stand.path('cast.json'), 'utf8')),
    };
  });
