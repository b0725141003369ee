// What counting every extent step costs on a kernel that lets us attach by fentry, in a guest: this host may have no
// such kernel. node bench/fentry.mjs [--write] boots it alone, and with --write puts the section into docs/overhead.md.
import { askGuest } from './guest.mjs';
import { median } from './measure.mjs';
import { measureAlone } from './sections.mjs';
import { has } from './tracers.mjs';

const KERNEL = '6.12';
const FENTRY_TITLE = '## By fentry, in a guest';

/** Lines of the section for docs/overhead.md. */
export const measureFentry = async () => {
  if (!has('qemu-system-x86_64', '--version')) return ['', FENTRY_TITLE, '', 'Left out here: no QEMU.'];
  const { failed, runs = [], searches, extents } = await askGuest('fentry', { kernel: KERNEL });
  if (failed !== undefined) return ['', FENTRY_TITLE, '', `Left out here: ${failed}.`];
  const factor = (value) => `${value.toFixed(2)} ×`;
  const [none] = runs;
  return [
    '',
    FENTRY_TITLE,
    '',
    `${searches} searches over a file of ${extents.toLocaleString('en')} extents (XFS) in an emulated guest of kernel ${KERNEL}. The emulator translates programs of BPF, and what leads to them, as it does all code: the ratios say which way is cheaper, not what a real processor takes. Medians of five runs, each beside the run without tracing of the same round number.`,
    '',
    '| | time | slowdown | steps counted |',
    '| --- | --- | --- | --- |',
    ...runs.map(({ title, ms, steps }) => {
      const ratios = ms.map((one, round) => one / none.ms[round]);
      return `| ${title} | ${(median(ms) / 1000).toFixed(2)} s | ${factor(median(ratios))} | ${steps ?? ''} |`;
    }),
  ];
};

if (process.argv[1] === new URL(import.meta.url).pathname) await measureAlone(FENTRY_TITLE, measureFentry);
