/**
 * The page of a recording in a real browser: it fetches nothing, complains of nothing, says the same with and without
 * its programs, and can be used by keyboard, on a phone, and by those who do not see it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runHere } from '../helpers/command.ts';
import { examples, recordings } from '../helpers/examples.ts';
import { hostileSession } from '../helpers/hostile-session.ts';
import { describeWith } from '../helpers/requires.ts';

const folder = mkdtempSync(join(tmpdir(), 'report-page-'));
const hostile = join(folder, 'hostile.html');
const incident = join(folder, 'incident.html');
const [storm = ''] = examples;

/** Of dozens a page is made and looked at, each after the other. */
const EVERY_RECORDING_MS = 240_000;

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];

describeWith(['/usr/bin/chromium'], 'the page of a recording', () => {
  let browser: Browser;

  beforeAll(async () => {
    writeFileSync(join(folder, 'hostile.ndjson'), hostileSession());
    for (const [from, to] of [
      [storm, incident],
      [join(folder, 'hostile.ndjson'), hostile],
    ] as const)
      expect((await runHere('report', from, '-o', to)).exitCode).toBe(0);
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: QUIET });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  type Opened = { readonly page: Page; readonly requests: string[]; readonly complaints: string[] };

  /** All that the browser asked for, and all that it had to say. */
  const open = async (file: string, options: BrowserContextOptions = {}): Promise<Opened> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const [requests, complaints]: [string[], string[]] = [[], []];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => {
      complaints.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(pathToFileURL(file).href);
    return { page, requests, complaints };
  };

  const isQuiet = (file: string, { requests, complaints }: Opened): void => {
    expect(complaints).toEqual([]);
    expect(requests).toEqual([pathToFileURL(file).href]);
  };

  const findingsOf = async (
    file = storm,
  ): Promise<{ evidence: { metric: string; value: number }[]; suspect: { comm: string; pid: number } }[]> =>
    JSON.parse((await runHere('analyze', file, '--json')).stdout).findings;

  const proofShown = (page: Page): Promise<[string, number][]> =>
    page.evaluate(`[...document.querySelectorAll('.evidence tbody tr')].map((row) => [
      row.dataset.metric, Number(Number(row.querySelector('data').value).toFixed(3)),
    ])`);

  it.each([
    ['with its programs', { javaScriptEnabled: true }],
    ['without any program', { javaScriptEnabled: false }],
    ['on a phone', { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }],
    ['in the dark', { colorScheme: 'dark' }],
  ] as const)('says what analyze says, %s', async (_, options) => {
    const opened = await open(incident, options);
    const { page } = opened;
    const [finding] = await findingsOf();
    expect(await proofShown(page)).toEqual(finding?.evidence.map(({ metric, value }) => [metric, value]));
    expect(await page.locator('#verdict').textContent()).toContain(
      `${finding?.suspect.comm} (${finding?.suspect.pid})`,
    );
    expect(await page.locator('[data-signal]').last().isVisible()).toBe(true);
    // Nothing is cut off at the side.
    const { content, window } = await widthsOf(page);
    expect(content).toBeLessThanOrEqual(window);
    isQuiet(incident, opened);
    await page.context().close();
  });

  it(
    'of every recording is quiet, and has the numbers of analyze',
    async () => {
      for (const file of recordings) {
        const made = join(folder, `${basename(file)}.html`);
        expect((await runHere('report', file, '-o', made)).exitCode).toBe(0);
        const opened = await open(made);
        const evidence = (await findingsOf(file)).flatMap((finding) => finding.evidence);
        expect([file, await proofShown(opened.page)]).toEqual([
          file,
          evidence.map(({ metric, value }) => [metric, value]),
        ]);
        isQuiet(made, opened);
        await opened.page.context().close();
      }
    },
    EVERY_RECORDING_MS,
  );

  const widthsOf = (page: Page): Promise<{ content: number; window: number }> =>
    page.evaluate('({ content: document.documentElement.scrollWidth, window: innerWidth })');

  it('draws its signals, as drawings and as charts', async () => {
    const drawn = await open(incident, { javaScriptEnabled: false });
    expect(await drawn.page.locator('svg.signal path').count()).toBeGreaterThan(5);
    expect(await coloursIn(drawn.page, 'svg.signal')).toBeGreaterThan(2);
    await drawn.page.context().close();

    const { page } = await open(incident);
    expect(await page.locator('svg.signal').first().isVisible()).toBe(false);
    expect(await coloursIn(page, '.uplot canvas')).toBeGreaterThan(2);
    await page.context().close();
  });

  /** Of what can be seen of it: a blank one has one, with a finding behind it two. */
  const coloursIn = async (page: Page, selector: string): Promise<number> => {
    const shot = await page.locator(selector).first().screenshot();
    const judge = await browser.newPage();
    const colours: number = await judge.evaluate(`(async () => {
      const image = await (await fetch('data:image/png;base64,${shot.toString('base64')}')).blob();
      const bitmap = await createImageBitmap(image);
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`);
    await judge.close();
    return colours;
  };

  it('is zoomed by keyboard, for all charts at once, and says so', async () => {
    const { page } = await open(incident);
    const zoomIn = page.getByRole('button', { name: 'Zoom in' });
    await zoomIn.focus();
    await page.keyboard.press('Enter');
    const status = page.getByRole('status').first();
    const half = await status.textContent();
    expect(half).toMatch(/^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/);
    await page.keyboard.press('ArrowRight');
    expect(await status.textContent()).not.toBe(half);
    await page.keyboard.press('Home');
    expect(await status.textContent()).toBe('');
    await page.context().close();
  });

  it('shows the times of the reader when asked', async () => {
    const { page } = await open(incident, { timezoneId: 'Asia/Kolkata' });
    const time = page.locator('#verdict time').first();
    const utc = await time.textContent();
    await page.getByRole('button', { name: 'Local time' }).click();
    const shiftedMs =
      Date.parse(`${await time.textContent()}Z`.replace(' ', 'T')) - Date.parse(`${utc}Z`.replace(' ', 'T'));
    expect(shiftedMs).toBe(5.5 * 3_600_000);
    await page.context().close();
  });

  it('has no serious fault for those who do not see it, light or dark', async () => {
    const axe = readFileSync(join('node_modules', 'axe-core', 'axe.min.js'), 'utf8');
    // All of it once; in the dark only colours are others.
    for (const [colorScheme, rules] of [
      ['light', '{}'],
      ['dark', "{ runOnly: ['color-contrast'] }"],
    ] as const) {
      // What tests it is no program of the page.
      const { page } = await open(incident, { colorScheme, bypassCSP: true });
      await page.evaluate(axe);
      const { violations } = (await page.evaluate(`axe.run(${rules})`)) as AxeResults;
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      await page.context().close();
    }
  });

  it('runs and loads nothing that a name brings in', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const opened = await open(hostile, { javaScriptEnabled });
      expect(await opened.page.locator('h2').count()).toBeGreaterThan(5);
      expect(await opened.page.locator('img, iframe, object, embed, b').count()).toBe(0);
      isQuiet(hostile, opened);
      await opened.page.context().close();
    }
  });
});
