/**
 * As many hosts as fit on one screen, each over a real ssh with a real bpftrace: one of them is slow, one dies, and the screen
 * holds. What it costs the client is printed; it is in docs/remote.md.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { familyOf, gone } from '../helpers/remains.ts';
import { describeWith, forLong, HAS_TIME, TRACING } from '../helpers/requires.ts';
import { runInTerminal } from '../helpers/screen.ts';
import { descendantsOf, type Sshd, startSshd } from '../helpers/sshd.ts';
import { LAUNCHER } from '../helpers/tool.ts';

const HOSTS = 20;
const ATTACH_MS = 400_000;
/** What a packet of the slow one takes, there and back. */
const SLOW_MS = 400;
const MEASURED_MS = 30_000;
const GONE_MS = 60_000;
/** Its own detaching is slow where twenty do it at once. */
const TEST_MS = 900_000;

const sshds: Sshd[] = [];
beforeAll(async () => {
  for (let number = 0; number < 3; number += 1) sshds.push(await startSshd());
});
afterAll(() => {
  for (const sshd of sshds) sshd.close();
});

/** A link on which everything takes its time; the port of its near end. */
const slowLink = async (port: number) => {
  const server = createServer((near) => {
    const far = dial(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk) => setTimeout(() => to.write(chunk), SLOW_MS / 2));
      from.on('close', () => setTimeout(() => to.destroy(), SLOW_MS));
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, close: () => server.close() };
};

/** CPU time in ms and resident bytes of a process of this machine; nothing of one that has ended. */
const costOf = (pid: number) => {
  if (!existsSync(`/proc/${pid}`)) return { cpuMs: 0, rssBytes: 0 };
  const words = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  return { cpuMs: ((words[11] ?? 0) + (words[12] ?? 0)) * 10, rssBytes: (words[21] ?? 0) * 4096 };
};

const costOfAll = (pids: readonly number[]) =>
  pids
    .map(costOf)
    .reduce((sum, { cpuMs, rssBytes }) => ({ cpuMs: sum.cpuMs + cpuMs, rssBytes: sum.rssBytes + rssBytes }), {
      cpuMs: 0,
      rssBytes: 0,
    });

describeWith([...TRACING, 'ssh', 'sshd'], forLong('twenty hosts at once'), () => {
  it.runIf(HAS_TIME)(
    'are one screen, on which one that is slow is not silent, and one that dies is',
    async () => {
      const [near, far, mortal] = sshds as [Sshd, Sshd, Sshd];
      const link = await slowLink(far.port);
      near.with('mortal', mortal);
      const env = near.with('slow', far, { port: link.port });
      const ordinary = Array.from({ length: HOSTS - 2 }, (_, index) => `target-${index + 1}`);
      const screen = runInTerminal(
        process.execPath,
        [
          ...[LAUNCHER, 'live', '--host', [...ordinary, 'slow', 'mortal'].join(',')],
          ...['--probe', 'oom', '--attach-timeout', '6m'],
        ],
        { columns: 100, rows: 30, env },
      );
      try {
        await screen.waitFor(/20 hosts(?!.*(?:not yet counting|not watched|silent))/, ATTACH_MS);
        const client = [screen.pid];
        const links = descendantsOf(screen.pid).filter((pid) => pid !== screen.pid);
        const [before, linksBefore] = [costOfAll(client), costOfAll(links)];
        await delay(MEASURED_MS);
        const [after, linksAfter] = [costOfAll(client), costOfAll(links)];
        expect(screen.screenText()).toMatch(/20 hosts(?!.*silent)/);
        const pressedMs = performance.now();
        screen.press('G');
        await screen.waitFor(/^>mortal/m);
        const answeredMs = performance.now() - pressedMs;

        // Some of them end by themselves meanwhile.
        spawnSync('kill', ['-9', ...mortal.processes().map(String)]);
        await screen.waitFor(/^>mortal +(?:SILENT|FAILED)/m);
        await screen.waitFor(/20 hosts.* 1 (?:silent|not watched)/);
        for (const host of [...ordinary, 'slow'])
          expect(screen.screenText()).toMatch(new RegExp(`^ ${host} +(?!SILENT|FAILED|waiting)\\S`, 'm'));
        const families = [near, far].map(familyOf);
        screen.press('q');
        await screen.exited;
        for (const family of families) await gone(family, GONE_MS);
        const share = (later: number, earlier: number): string =>
          (((later - earlier) / MEASURED_MS) * 100).toFixed(1);
        const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
        console.log(
          [
            `client ${share(after.cpuMs, before.cpuMs)} % of a CPU, ${mib(after.rssBytes)} MiB`,
            `${links.length} processes of ssh ${share(linksAfter.cpuMs, linksBefore.cpuMs)} %, ${mib(linksAfter.rssBytes)} MiB`,
            `a key answered after ${Math.round(answeredMs)} ms`,
          ].join('; '),
        );
      } finally {
        screen.close();
        link.close();
      }
    },
    TEST_MS,
  );
});
