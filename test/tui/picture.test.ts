/** The view as a file: whole, as it is on the screen, and whatever a process is called, inert. */
import { createHash } from 'node:crypto';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { asText } from '../../src/core/safe-text.ts';
import { type Line, span, type Tone } from '../../src/screen/format/line.ts';
import { pictureOf } from '../../src/tui/picture/picture.ts';
import { THEMES } from '../../src/tui/theme.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';

const TONES = Object.keys(THEMES.dark) as Tone[];
const lines: readonly Line[] = HOSTILE_NAMES.map((name, at) => [
  span(`${at} `),
  span(name, TONES[at % TONES.length]),
]);
const drawing = { title: 'a <b> & "c"', columns: 80, theme: 'dark' } as const;

/** Texts between tags, and the names of all tags. Throws when it is not well-formed. */
const parsed = (xml: string) => {
  const parser = new SaxesParser();
  const [texts, tags]: [string[], Set<string>] = [[], new Set()];
  parser.on('text', (text) => texts.push(text));
  parser.on('opentag', ({ name, attributes }) => {
    tags.add(name);
    for (const attribute of Object.keys(attributes)) expect(attribute).not.toMatch(/^on|href/);
  });
  parser.write(xml).close();
  return { texts, tags };
};

const squeezed = (text: string): string => text.replace(/\s+/g, '');

describe('as SVG', () => {
  const svg = pictureOf(lines, 'svg', drawing);

  it('is well-formed, has every name for what it is, and nothing that acts', () => {
    const { texts, tags } = parsed(svg);
    expect([...tags].sort()).toEqual(['g', 'rect', 'svg', 'text', 'title']);
    const shown = squeezed(texts.join(''));
    for (const name of HOSTILE_NAMES) expect(shown).toContain(squeezed(asText(name)));
    expect(svg).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/u);
  });

  it('gives a wide character two cells, and bars a shape', () => {
    const wide = pictureOf([[span('日本 x'), span('▁█', 'spark')]], 'svg', drawing);
    expect(wide).toContain('<text x="10" y="23" textLength="32">日本</text>');
    expect(wide).toContain('<text x="50" y="23" textLength="8">x</text>');
    expect(wide).toMatch(/<path d="M58 26h7v-2h-7zM66 26h7v-15h-7z" fill="#5fafaf"\/>/);
  });

  it.each(['dark', 'light', 'basic', 'safe', 'mono'] as const)('has the colours of the theme %s', (theme) => {
    const line: Line = TONES.map((tone) => span(tone, tone));
    const picture = pictureOf([line], 'svg', { ...drawing, theme });
    expect(parsed(picture).texts.join('')).toContain('alarm');
    expect(picture).toContain(theme === 'light' ? 'fill="#ffffff"' : 'fill="#14171c"');
    // What is reversed, or has a colour behind it, has a rectangle.
    expect(picture.match(/<rect /g)?.length).toBeGreaterThan(2);
  });
});

describe('as HTML', () => {
  const page = pictureOf(lines, 'html', drawing);
  const body = /<pre>([\s\S]*)<\/pre>/.exec(page)?.[1] ?? '';

  it('allows its own style and nothing else', () => {
    const style = /<style>(.*?)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
    expect(page).not.toMatch(/<script|<link|<img|https?:/);
    expect(page).toContain('<title>a &lt;b&gt; &amp; "c"</title>');
  });

  it('has every name for what it is, on its line', () => {
    const { texts, tags } = parsed(`<pre>${body}</pre>`);
    expect([...tags].sort()).toEqual(['pre', 'span']);
    const shown = texts.join('').trimEnd().split('\n');
    expect(shown.map((line) => line.trimEnd())).toEqual(
      HOSTILE_NAMES.map((name, at) => `${at} ${asText(name)}`.trimEnd()),
    );
  });
});

it('as text is what is on the screen', () => {
  expect(pictureOf([[span('one  ', 'bad')], [span('\u001b[31mtwo')]], 'text', drawing)).toBe(
    'one\n␛[31mtwo\n',
  );
});
