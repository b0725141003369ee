import { Terminal } from '@xterm/headless';
import { describe, expect, it } from 'vitest';
import { createPainter } from '../../../src/tui/terminal/painter.ts';

const setUp = (columns = 20, rows = 5) => {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 50 });
  const size = { columns, rows };
  const writes: string[] = [];
  let accepts = true;
  let resume: (() => void) | null = null;
  const painter = createPainter(
    {
      write: (text) => {
        writes.push(text);
        terminal.write(text);
        return accepts;
      },
      onDrain: (callback) => {
        resume = callback;
      },
    },
    () => ({ ...size }),
  );
  const text = async (): Promise<string[]> => {
    await new Promise<void>((resolve) => terminal.write('', resolve));
    return Array.from({ length: terminal.rows }, (_, row) =>
      (
        terminal.buffer.active.getLine(terminal.buffer.active.baseY + row)?.translateToString(true) ?? ''
      ).trimEnd(),
    );
  };
  return {
    painter,
    terminal,
    writes,
    text,
    clog: () => {
      accepts = false;
    },
    drain: () => {
      accepts = true;
      resume?.();
    },
    resize: (toColumns: number, toRows: number) => {
      size.columns = toColumns;
      size.rows = toRows;
      terminal.resize(toColumns, toRows);
    },
  };
};

describe('painter', () => {
  it('writes only the lines that changed, inside one synchronized update', async () => {
    const { painter, writes, text } = setUp();
    painter.paint(['one', 'two', 'three']);
    writes.length = 0;
    painter.paint(['one', 'TWO', 'three']);
    expect(writes).toEqual(['\x1b[?2026h\x1b[2;1H\x1b[0m\x1b[2KTWO\x1b[0m\x1b[?2026l']);
    expect(await text()).toEqual(['one', 'TWO', 'three', '', '']);
  });

  it('writes nothing for an equal frame', () => {
    const { painter, writes } = setUp();
    painter.paint(['one']);
    writes.length = 0;
    painter.paint(['one']);
    expect(writes).toEqual([]);
  });

  it('erases lines that a shorter frame no longer has', async () => {
    const { painter, text } = setUp();
    painter.paint(['one', 'two', 'three']);
    painter.paint(['one']);
    expect(await text()).toEqual(['one', '', '', '', '']);
  });

  it('fills every cell of the terminal without scrolling it', async () => {
    const { painter, terminal, text } = setUp(20, 5);
    for (let frame = 0; frame < 50; frame += 1) {
      painter.paint(Array.from({ length: 5 }, () => String(frame % 10).repeat(20)));
    }
    expect(await text()).toEqual(Array.from({ length: 5 }, () => '9'.repeat(20)));
    expect(terminal.buffer.active.baseY).toBe(0);
  });

  it('leaves out what does not fit and paints everything after a resize', async () => {
    const { painter, text, resize } = setUp(20, 5);
    painter.paint(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(await text()).toEqual(['a', 'b', 'c', 'd', 'e']);
    resize(20, 3);
    painter.paint(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(await text()).toEqual(['a', 'b', 'c']);
    resize(30, 6);
    painter.paint(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(await text()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('repaints over what somebody else wrote', async () => {
    const { painter, terminal, text } = setUp();
    painter.paint(['one', 'two']);
    terminal.write('\x1b[1;1Hgarbage from elsewhere');
    painter.repaint();
    expect(await text()).toEqual(['one', 'two', '', '', '']);
  });

  it('skips frames while the terminal does not drain, then shows the latest', async () => {
    const { painter, writes, text, clog, drain } = setUp();
    clog();
    painter.paint(['first']);
    painter.paint(['second']);
    painter.paint(['third']);
    expect(writes).toHaveLength(1);
    drain();
    expect(writes).toHaveLength(2);
    expect((await text())[0]).toBe('third');
  });

  it('writes nothing once stopped, not even when the terminal drains', () => {
    const { painter, writes, clog, drain } = setUp();
    clog();
    painter.paint(['first']);
    painter.paint(['second']);
    painter.stop();
    drain();
    painter.paint(['third']);
    expect(writes).toHaveLength(1);
  });

  it('writes nothing while the terminal is lent, and the latest frame when it is back', async () => {
    const { painter, writes, text, terminal } = setUp();
    painter.paint(['one', 'two']);
    painter.pause();
    terminal.write('\x1b[2J\x1b[Hprompt> ');
    writes.length = 0;
    painter.paint(['one', 'TWO']);
    painter.paint(['ONE', 'TWO']);
    expect(writes).toEqual([]);
    expect((await text())[0]).toBe('prompt>');
    painter.repaint();
    expect(await text()).toEqual(['ONE', 'TWO', '', '', '']);
    painter.paint(['ONE', 'three']);
    expect((await text())[1]).toBe('three');
  });
});
