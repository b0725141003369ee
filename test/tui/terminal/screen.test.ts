import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../../src/screen/size.ts';
import { createScreen } from '../../../src/tui/terminal/screen.ts';

describe('screen', () => {
  it('leaves once, however often it is asked, and watches the process only while entered', () => {
    const written: string[] = [];
    const before = process.listenerCount('exit');
    const screen = createScreen({ write: (text) => written.push(text) });
    screen.leave();
    expect(written).toEqual([]);
    screen.enter();
    screen.enter();
    expect(process.listenerCount('exit')).toBe(before + 1);
    screen.leave();
    screen.leave();
    expect(written).toHaveLength(2);
    expect(written[0]).toContain('\x1b[?1049h');
    expect(written[1]).toBe('\x1b[0m\x1b[2J\x1b[H\x1b[?7h\x1b[?25h\x1b[?1049l');
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('takes the mouse while it is entered, and leaves without it', () => {
    const written: string[] = [];
    const screen = createScreen({ write: (text) => written.push(text) });
    screen.takeMouse(true);
    screen.enter();
    expect(written.join('')).toMatch(/\x1b\[\?1000h\x1b\[\?1006h$/);
    screen.takeMouse(false);
    screen.takeMouse(true);
    screen.leave();
    expect(written.slice(1)).toEqual([
      '\x1b[?1006l\x1b[?1000l',
      '\x1b[?1000h\x1b[?1006h',
      '\x1b[?1006l\x1b[?1000l\x1b[0m\x1b[2J\x1b[H\x1b[?7h\x1b[?25h\x1b[?1049l',
    ]);
  });

  it('does not throw when the terminal is gone', () => {
    const screen = createScreen({
      write: () => {
        throw new Error('write EIO');
      },
    });
    expect(() => {
      screen.enter();
      screen.leave();
    }).not.toThrow();
  });
});

describe('size', () => {
  it('is never zero', () => {
    expect(sizeOf({ columns: 132, rows: 50 })).toEqual({ columns: 132, rows: 50 });
    expect(sizeOf({ columns: 0, rows: 0 })).toEqual({ columns: 80, rows: 24 });
    expect(sizeOf({})).toEqual({ columns: 80, rows: 24 });
  });
});
