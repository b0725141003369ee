/** Whether the session is reported as a screen, as sentences, or as NDJSON; and reporting it as sentences. */
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { glyphsFor } from '../screen/format/glyphs.ts';
import { KEYS } from '../screen/keys/keys.ts';
import { createPlainReporter } from '../screen/plain.ts';
import { initialUi, type Mode } from '../screen/state.ts';
import { bareView } from '../screen/view.ts';
import { whyNoScreen } from '../tui/can-show.ts';
import type { Context } from './context.ts';

export type Face = 'screen' | 'plain' | 'json';

/** A terminal that cannot be drawn on still has a reader; what is no terminal is read by a program. */
export const faceOf = (
  context: Context,
  options: { readonly json: boolean; readonly plain: boolean },
): Face => {
  if (options.json) return 'json';
  if (options.plain) return 'plain';
  if (whyNoScreen(context) === null) return 'screen';
  return context.stdout.isTTY === true && context.env.TERM === 'dumb' ? 'plain' : 'json';
};

/** Writes what there is to say of each snapshot it is given. ASCII throughout: signs are read aloud badly. */
export const reportPlainly = (
  context: Context,
  mode: Mode,
  sort: string | null | undefined,
): ((snapshot: WatchedSnapshot) => void) => {
  const report = createPlainReporter();
  return (snapshot) => {
    const view = bareView({
      snapshot,
      mode,
      keys: KEYS,
      size: { columns: 200, rows: 50 },
      glyphs: glyphsFor('ascii'),
    });
    const lines = report({ ...view, ui: initialUi(mode, { sort: sort ?? null }) });
    if (lines.length > 0) context.out.lines(lines);
  };
};
