/** A real Prometheus and a real VictoriaMetrics scrape a session that traces this kernel; to the latter it pushes, too. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { readOpenMetrics } from '../helpers/exposition.ts';
import { freePort } from '../helpers/free-port.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { READY, runTool, startTool, summaryOf } from '../helpers/tool.ts';

const folder = mkdtempSync(join(tmpdir(), 'listen-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask = async (url: string): Promise<unknown> => (await fetch(url)).json();

describeWith([...TRACING, 'prometheus'], 'a session that listens', () => {
  it('is scraped by Prometheus, and is recorded whole', async () => {
    const file = join(folder, 'session.ndjson');
    const [port, own] = [await freePort(), await freePort()];
    const tool = startTool([
      'record',
      '--force',
      '-o',
      file,
      '--probe',
      'inode',
      '--listen',
      String(port),
      '-i',
      '500ms',
    ]);
    await tool.says(READY);
    const config = join(folder, 'prometheus.yml');
    writeFileSync(
      config,
      `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: stallscope, static_configs: [{targets: ['127.0.0.1:${port}']}]}]\n`,
    );
    const prometheus = execa(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${own}`,
      ],
      { reject: false, stdio: 'ignore' },
    );
    try {
      const api = `http://127.0.0.1:${own}/api/v1`;
      await expect
        .poll(() => ask(`${api}/query?query=stallscope_counted`).catch(() => null), {
          timeout: 60_000,
          interval: 500,
        })
        .toMatchObject({ data: { result: [{ value: [expect.any(Number), '1'] }] } });
      expect(await ask(`${api}/targets`)).toMatchObject({
        data: { activeTargets: [{ health: 'up', lastError: '' }] },
      });
      const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
        headers: { accept: 'application/openmetrics-text; version=1.0.0' },
      });
      expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
      const before = readOpenMetrics(await response.text());
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
      tool.kill('SIGINT');
      expect((await tool.ended).code).toBe(130);
      const { coverage, recording } = await summaryOf(file);
      expect(recording.complete).toBe(true);
      const states = before.filter(({ name, value }) => name === 'stallscope_coverage' && value === 1);
      expect(new Set(states.map(({ labels }) => labels.metric))).toEqual(new Set(Object.keys(coverage)));
      await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    } finally {
      prometheus.kill();
      await prometheus;
    }
  });

  it('does not begin where it cannot listen', async () => {
    const port = await freePort();
    const server = createServer().listen(port, '127.0.0.1');
    try {
      const file = join(folder, 'no.ndjson');
      const { code, stderr } = await runTool([
        'record',
        '-o',
        file,
        '--probe',
        'inode',
        '--listen',
        String(port),
      ]);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('EADDRINUSE') });
    } finally {
      server.close();
    }
  });
});

describeWith([...TRACING, 'victoria-metrics'], 'VictoriaMetrics', () => {
  it('scrapes a session, is pushed to by it, and has the same totals as its summary', async () => {
    const file = join(folder, 'pushed.ndjson');
    const [port, own] = [await freePort(), await freePort()];
    const config = join(folder, 'scrape.yml');
    writeFileSync(
      config,
      `scrape_configs: [{job_name: scraped, scrape_interval: 1s, static_configs: [{targets: ['127.0.0.1:${port}']}]}]\n`,
    );
    const database = execa(
      'victoria-metrics',
      [
        `-httpListenAddr=127.0.0.1:${own}`,
        `-storageDataPath=${folder}/victoria`,
        `-promscrape.config=${config}`,
        '-memory.allowedPercent=10',
      ],
      { reject: false, stdio: 'ignore' },
    );
    const api = `http://127.0.0.1:${own}`;
    try {
      await expect
        .poll(
          () =>
            fetch(`${api}/health`).then(
              ({ ok }) => ok,
              () => false,
            ),
          { timeout: 60_000 },
        )
        .toBe(true);
      const args = ['--probe', 'inode', '-i', '500ms', '--listen', String(port), '--push', api];
      const tool = startTool(['record', '--force', '-o', file, ...args]);
      await tool.says(READY);
      await expect
        .poll(() => seriesIn(api, 'stallscope_counted{job="scraped"}'), { timeout: 60_000, interval: 500 })
        .toMatchObject([{ values: expect.arrayContaining([1]) }]);
      tool.kill('SIGINT');
      const { code, stderr } = await tool.ended;
      expect(code).toBe(130);
      expect(stderr).not.toMatch(/(cannot be|not) pushed/);
      const { totals, recording } = await summaryOf(file);
      expect(recording.complete).toBe(true);
      for (const metric of ['create', 'unlink'] as const) {
        const name = `stallscope_inode_${metric}_total{job="stallscope"}`;
        // What it has just taken it shows a moment later.
        await expect
          .poll(async () => (await seriesIn(api, name))[0], { timeout: 30_000, interval: 500 })
          .toMatchObject({ metric: { instance: hostname() } });
        await expect
          .poll(async () => [metric, (await seriesIn(api, name))[0]?.values.at(-1)], {
            timeout: 30_000,
            interval: 500,
          })
          .toEqual([metric, totals[`inode.${metric}`] ?? 0]);
      }
    } finally {
      database.kill();
      await database;
    }
  });
});

type Exported = { readonly metric: Readonly<Record<string, string>>; readonly values: readonly number[] };

/** Every value there is, not what a query makes of it. */
const seriesIn = async (api: string, selector: string): Promise<Exported[]> => {
  await fetch(`${api}/internal/force_flush`);
  const text = await (await fetch(`${api}/api/v1/export?match[]=${encodeURIComponent(selector)}`)).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Exported);
};
