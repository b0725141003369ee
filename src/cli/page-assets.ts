/** What a report carries with it: its style, the chart library, and the program that makes charts of drawings. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Assets } from '../report/html/page.ts';

const FOLDER = fileURLToPath(new URL('../../assets/report', import.meta.url));

export const pageAssets = (): Assets => {
  const library = dirname(createRequire(import.meta.url).resolve('uplot'));
  const own = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
  const theirs = (name: string): string => readFileSync(join(library, name), 'utf8');
  return {
    style: `${theirs('uPlot.min.css')}\n${own('page.css')}`,
    programs: [theirs('uPlot.iife.min.js'), own('numbers.js'), own('charts.js')],
    checksum: (text) => createHash('sha256').update(text).digest('base64'),
  };
};
