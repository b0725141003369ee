import { describe, expect, it } from 'vitest';
import { isMouseText, rawInput } from '../../src/tui/raw-input.ts';

describe('raw input', () => {
  it.each([
    ['xterm', ['OP', 'OQ', 'OR', 'OS', '[15~', '[17~', '[18~', '[19~', '[20~', '[21~', '[23~', '[24~']],
    ['rxvt', ['[11~', '[12~', '[13~', '[14~', '[15~', '[17~']],
    ['the Linux console', ['[[A', '[[B', '[[C', '[[D', '[[E', '[17~']],
  ])('function keys of %s', (_, endings) => {
    expect(endings.map((ending) => rawInput(`\x1b${ending}`))).toEqual(
      endings.map((_ending, index) => ({ type: 'key', name: `f${index + 1}` })),
    );
  });

  it.each([
    ['\x1b[<0;1;1M', { x: 0, y: 0, wheel: 0 }],
    ['\x1b[<0;300;120M', { x: 299, y: 119, wheel: 0 }],
    ['\x1b[<8;5;6M', { x: 4, y: 5, wheel: 0 }],
    ['\x1b[<64;5;6M', { x: 4, y: 5, wheel: -1 }],
    ['\x1b[<65;5;6M', { x: 4, y: 5, wheel: 1 }],
  ])('the mouse: %j', (sequence, pointing) => {
    expect(rawInput(sequence)).toEqual({ type: 'pointing', pointing });
  });

  it.each([
    '\x1b[<0;1;1m',
    '\x1b[<2;1;1M',
    '\x1b[<32;4;4M',
    '\x1b[<35;4;4M',
    '\x1b[<66;4;4M',
    '\x1b[A',
    'q',
    '',
  ])('nothing: %j', (sequence) => {
    expect(rawInput(sequence)).toBeNull();
  });

  it('knows a report of the mouse that lost its Escape from what is typed', () => {
    expect(isMouseText('[<64;10;4M')).toBe(true);
    expect(isMouseText('[<64;10;4M ')).toBe(false);
    expect(isMouseText('[')).toBe(false);
  });
});
