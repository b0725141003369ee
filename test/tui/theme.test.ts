import { describe, expect, it } from 'vitest';
import { span } from '../../src/screen/format/line.ts';
import { paintLine, THEME_NAMES, THEMES, themeOf } from '../../src/tui/theme.ts';

const XTERM = { TERM: 'xterm-256color' };

describe('a theme', () => {
  it('is the terminal’s, unless the user chose one or wants no colour', () => {
    expect(themeOf({ TERM: 'linux', COLORFGBG: '15;0' })).toBe(THEMES.basic);
    expect(themeOf(XTERM)).toBe(THEMES.basic);
    expect(themeOf({ ...XTERM, COLORFGBG: '15;0' })).toBe(THEMES.dark);
    expect(themeOf({ ...XTERM, COLORFGBG: '0;default;15' })).toBe(THEMES.light);
    expect(themeOf(XTERM, 'safe')).toBe(THEMES.safe);
    expect(themeOf({ ...XTERM, NO_COLOR: '1' }, 'dark')).toBe(THEMES.mono);
  });

  it.each(THEME_NAMES)('%s distinguishes by weight or reversal what colour distinguishes', (name) => {
    const theme = THEMES[name];
    const weightOf = (style: string): string =>
      [
        style.includes('7') && /(^|;)7(;|$)/.test(style),
        /(^|;)1(;|$)/.test(style),
        /48;5|;4\d/.test(style),
      ].join();
    // What is wrong, what is selected and what spiked must not look like the rest without colour.
    for (const tone of ['bad', 'alarm', 'banner', 'selected', 'spike', 'title'] as const)
      expect(weightOf(theme[tone]), tone).not.toBe(weightOf(theme.plain));
  });

  it('basic uses the 16 colours only, safe neither red nor green for good and bad', () => {
    expect(Object.values(THEMES.basic).join(';')).not.toMatch(/[34]8;/);
    for (const tone of ['good', 'bad', 'warn', 'spike', 'spark'] as const)
      expect(THEMES.safe[tone].replace(/[34]8;5;\d+/g, '')).not.toMatch(/3[12]/);
  });

  it('lets no control character through', () => {
    expect(paintLine([span('a\u001b[2Jb', 'plain')], THEMES.basic)).toBe('a␛[2Jb');
  });
});
