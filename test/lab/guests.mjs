// Sessions in guests: those of one kernel and one size of memory share a boot.
import { gunzipSync } from 'node:zlib';
import { say } from '../../scripts/setup.mjs';
import { bootGuest } from '../vm/boot.mjs';
import { rootImage, toolImage } from '../vm/images.mjs';
import { chooseKernels } from '../vm/kernels.mjs';

/** `onRecorded(session, recorded)` as each is through; resolves to what went wrong, in words. */
export const recordInGuests = async (sessions, onRecorded) => {
  const troubles = [];
  for (const group of groups(sessions)) troubles.push(...(await recordInGuest(group, onRecorded)));
  return troubles;
};

const groups = (sessions) => {
  const byGuest = new Map();
  for (const session of sessions) {
    const { kernel, mebibytes, apart = false } = session.where;
    const key = `${kernel} ${mebibytes} ${apart ? session.name : ''}`;
    byGuest.set(key, [...(byGuest.get(key) ?? []), session]);
  }
  return [...byGuest.values()];
};

const recordInGuest = async (sessions, onRecorded) => {
  const [{ where }] = sessions;
  const names = sessions.map(({ name }) => name);
  const parts = new Map(names.map((name) => [name, []]));
  const troubles = [];
  say(`${names.join(', ')}: booting kernel ${where.kernel} with ${where.mebibytes} MiB`);
  const trouble = await bootGuest({
    directory: rootImage(chooseKernels([where.kernel])[0]),
    toolImage: toolImage(),
    memoryMebibytes: where.mebibytes,
    words: ['stallscope.run=/tool/lab/guest.mjs', `stallscope.sessions=${names.join(',')}`],
    patienceMs: sessions.reduce((sum, { seconds }) => sum + (seconds + 600) * 1000, 300_000),
    onRow: ({ session, part, cast, failed }) => {
      if (part !== undefined) parts.get(session).push(part);
      else if (failed !== undefined) troubles.push(`${session}: ${failed}`);
      else {
        const text = gunzipSync(Buffer.from(parts.get(session).join(''), 'base64')).toString('utf8');
        onRecorded(
          sessions.find(({ name }) => name === session),
          { text, cast },
        );
      }
    },
  });
  return trouble === null ? troubles : [...troubles, trouble];
};
