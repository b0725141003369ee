/** What a report carries with it: its style, the chart library, and the program that makes charts of drawings. */
import { createHash } from 'node:crypto';
import { assets } from '../assets/here.ts';
import type { Assets } from '../report/html/page.ts';

export const pageAssets = (): Assets => {
  const own = (name: string): string => assets.text(`assets/report/${name}`);
  const theirs = (name: string): string => assets.text(`node_modules/uplot/dist/${name}`);
  return {
    style: `${theirs('uPlot.min.css')}\n${own('page.css')}`,
    programs: [theirs('uPlot.iife.min.js'), own('numbers.js'), own('charts.js')],
    checksum: (text) => createHash('sha256').update(text).digest('base64'),
  };
};
