/**
 * A screen as an HTML page: text in a `pre`, a class for each tone, light and dark as the reader has it. Nothing runs in it
 * and nothing is fetched; its policy allows its own style and nothing else.
 */
import { createHash } from 'node:crypto';
import type { Line, Tone } from '../../screen/format/line.ts';
import { THEMES, type Theme } from '../theme.ts';
import { lookOf, PAPERS, type Paper, styleOf } from './look.ts';
import { asContent } from './svg.ts';

export const htmlOf = (lines: readonly Line[], title: string): string => {
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width">',
    `<title>${asContent(title)}</title>`,
    `<style>${STYLE}</style></head>`,
    `<body><pre>${lines.map(lineText).join('\n')}`,
    '</pre></body></html>',
    '',
  ].join('\n');
};

const lineText = (line: Line): string =>
  line
    .map(({ text, tone }) =>
      tone === 'plain' ? asContent(text) : `<span class="${tone}">${asContent(text)}</span>`,
    )
    .join('');

const rulesOf = (theme: Theme, paper: Paper): string => {
  const { background, text } = PAPERS[paper];
  const tones = (Object.entries(theme) as [Tone, string][]).map(([tone, sgr]) => {
    const { colour, fill, bold, dim } = lookOf(styleOf(sgr), paper);
    const rules = [
      colour === null ? '' : `color:${colour}`,
      fill === null ? '' : `background:${fill}`,
      bold ? 'font-weight:bold' : '',
      dim ? 'opacity:.65' : '',
    ].filter((rule) => rule !== '');
    return rules.length === 0 ? '' : `.${tone}{${rules.join(';')}}`;
  });
  return `body{background:${background};color:${text}}${tones.join('')}`;
};

const STYLE = [
  'pre{font:13px/1.3 "DejaVu Sans Mono",Menlo,Consolas,monospace;margin:1em;overflow-x:auto}',
  rulesOf(THEMES.dark, 'dark'),
  `@media (prefers-color-scheme: light){${rulesOf(THEMES.light, 'light')}}`,
].join('');
