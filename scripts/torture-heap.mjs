// Loaded before the tool (`--import`) where its memory is measured: of what this process holds, a line every five seconds in
// the folder STALLSCOPE_HEAP, which says what resident memory does not: how much of it is in use.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

const EVERY_MS = 5_000;

const folder = process.env.STALLSCOPE_HEAP;
if (folder !== undefined)
  setInterval(() => {
    const { rss, heapTotal, heapUsed, arrayBuffers } = process.memoryUsage();
    const line = { atMs: Math.round(performance.now()), rss, heapTotal, heapUsed, arrayBuffers };
    appendFileSync(join(folder, `${process.pid}.ndjson`), `${JSON.stringify(line)}\n`);
  }, EVERY_MS).unref();
