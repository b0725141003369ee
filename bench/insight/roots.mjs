// Who is suspected of what others wait for, in the real sessions whose culprit is known (incidents.mjs): where its process stands
// among all that are suspected of a stall, a queue or page faults of somebody else, with what is known of Linux's mechanisms and
// without. The sessions are halved by their names; constants were fitted on neither half.
import { correlate } from '../../dist/insight/correlate.js';
import { maySuspect } from '../../dist/insight/culprit.js';
import { originsIn } from '../../dist/insight/origins.js';
import { SPIKE } from '../../dist/insight/params.js';
import { sceneOf, suspectsOf } from '../../dist/insight/suspects.js';
import { openRecording } from '../../dist/recording/read/recording.js';
import { createSession, foldInto } from '../../dist/session/session.js';
import { kept } from './incidents.mjs';

const WAITED_FOR =
  /^(?:psi\..+\.some_us|blocked\.(?:io_)?ns|faults\.major|sync\.ns|disk\..+\.queue_ms|vm\.workingset_refault|kswapd\.(?:direct|memcg)_reclaim_ns)$/;

export const realRoots = () => {
  const rows = kept()
    .filter(({ truth }) => truth.findings.some(({ suspect }) => suspect !== null))
    .map(({ path, truth }) =>
      ranksIn(
        path,
        truth.findings.flatMap(({ suspect }) => suspect?.pid ?? []),
      ),
    );
  const share = (ranks, most) => ranks.filter((rank) => rank > 0 && rank <= most).length / ranks.length;
  return [0, 1].map((half) => {
    const ranks = rows.filter((_, index) => index % 2 === half).flat();
    const shares = (pick) => [1, 3].map((most) => share(ranks.map(pick), most));
    return {
      name: half === 0 ? 'one half' : 'the other half',
      symptoms: ranks.length,
      withMechanisms: shares((one) => one.known),
      without: shares((one) => one.unknown),
    };
  });
};

/** Of each symptom for which the culprit came in question at all: which process it was of those suspected, from 1 on. */
const ranksIn = (path, culprits) => {
  const { watch, state } = play(path);
  const { ticks } = watch.insight;
  const spikes = watch.insight.spikes.filter(({ score }) => score >= SPIKE.eventScore);
  const correlation = correlate(spikes, ticks, SPIKE.eventScore);
  const machine = { originOf: originsIn(state), intervalMs: state.header.intervalMs };
  const [known, unknown] = [machine, null].map((one) => sceneOf(spikes, ticks, correlation, one));
  return [...known.spikesOf]
    .filter(([, [{ identity }]]) => WAITED_FOR.test(identity.metric) && !culprits.includes(identity.pid))
    .map(([symptom]) => ({
      known: rankIn(known, symptom, culprits),
      unknown: rankIn(unknown, symptom, culprits),
    }))
    .filter(({ known: rank }) => rank > 0);
};

const rankIn = (scene, symptom, culprits) => {
  const processes = new Set();
  for (const { series } of suspectsOf(symptom, scene)) {
    const [{ identity }] = scene.spikesOf.get(series);
    if (identity.pid === null || !maySuspect(identity)) continue;
    processes.add(identity.pid);
    if (culprits.includes(identity.pid)) return processes.size;
  }
  return 0;
};

const play = (path) => {
  const recording = openRecording(path);
  const session = createSession(recording.header);
  for (let number = 0; number < recording.samples(); number += 1)
    for (const record of recording.recordsOf(number)) foldInto(session, record);
  recording.close();
  return session;
};
