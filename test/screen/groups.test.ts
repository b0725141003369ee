import { describe, expect, it } from 'vitest';
import { containerOf } from '../../src/core/container.ts';
import type { Row } from '../../src/core/snapshot.ts';
import { composeScreen } from '../../src/screen/compose.ts';
import { type Arrange, initialUi, type UiState } from '../../src/screen/state.ts';
import { orderRows } from '../../src/screen/table/rows.ts';
import { tableLines } from '../../src/screen/table/table.ts';
import { buildSnapshot, row } from '../helpers/snapshot.ts';
import { buildView, textOf } from '../helpers/view.ts';

const metrics = (iter: number, longest: number): Row['metrics'] => ({
  'iomap.iter': { total: 10 * iter, delta: iter },
  'iomap.seek_max_ns': { total: longest, delta: longest },
});
const ID = 'ab'.repeat(32);
const rows = [
  row(0, { pid: 1, id: 'a', comm: 'init', ppid: 0, cgroup: '/init.scope', metrics: metrics(1, 5) }),
  row(0, {
    pid: 5,
    id: 'b',
    comm: 'sh',
    ppid: 1,
    cgroup: `/system.slice/docker-${ID}.scope`,
    metrics: metrics(10, 3),
  }),
  row(0, {
    pid: 6,
    id: 'c',
    comm: 'java',
    ppid: 5,
    cgroup: `/system.slice/docker-${ID}.scope`,
    metrics: metrics(30, 9),
  }),
  row(0, { pid: 7, id: 'd', comm: 'java', ppid: 5, cgroup: '/user.slice', metrics: metrics(40, 2) }),
  row(0, { pid: 8, id: 'e', comm: 'lost', ppid: 4000, cgroup: null, metrics: metrics(2, 1) }),
];
const snapshot = buildSnapshot({ rows });
const ask = (arrange: Arrange, more: Partial<UiState> = {}) =>
  orderRows(snapshot, { ...initialUi('live'), sort: 'iomap.iter', arrange, ...more }).entries;

describe('groups', () => {
  it('sum what their processes count; of largest values the largest', () => {
    expect(
      ask('command').map(({ row: { comm, pid, metrics: own } }) => [
        comm,
        pid,
        own['iomap.iter'],
        own['iomap.seek_max_ns']?.total,
      ]),
    ).toEqual([
      ['java', 2, { total: 700, delta: 70 }, 9],
      ['sh', 1, { total: 100, delta: 10 }, 3],
      ['lost', 1, { total: 20, delta: 2 }, 1],
      ['init', 1, { total: 10, delta: 1 }, 5],
    ]);
  });

  it('lose nobody: every arrangement has every process and the same sum', () => {
    for (const arrange of ['command', 'cgroup', 'container', 'parent'] as const) {
      const entries = ask(arrange);
      expect(entries.flatMap(({ group }) => group?.members ?? [])).toHaveLength(5);
      expect(
        entries.reduce((sum, { row: { metrics: own } }) => sum + (own['iomap.iter']?.delta ?? 0), 0),
      ).toBe(83);
    }
  });

  it('are named by container and by parent', () => {
    expect(ask('container').map(({ row: { comm } }) => comm)).toEqual(['in no container', 'ab'.repeat(6)]);
    expect(ask('parent').map(({ row: { comm } }) => comm)).toEqual(['sh (5)', 'init (1)', '4000', '0']);
  });

  it('open to their own processes', () => {
    const within = { arrange: 'command', key: 'java', label: 'java' } as const;
    expect(ask('command', { within }).map(({ id }) => id)).toEqual(['d', 'c']);
    const view = buildView({ snapshot, ui: { arrange: 'command', within, sort: 'iomap.iter' } });
    expect(textOf(tableLines(snapshot, view, 10))).toContain(
      'PROCESSES 2 of 5  of command java (Backspace: all)',
    );
  });
});

describe('the tree', () => {
  it('puts everybody beneath the nearest listed parent, brothers in the order of the table', () => {
    expect(ask('tree').map(({ id, depth }) => `${depth}${id}`)).toEqual(['0e', '0a', '1b', '2d', '2c']);
    expect(ask('tree', { filter: 'java' }).map(({ id, depth }) => `${depth}${id}`)).toEqual(['0d', '0c']);
  });

  it('survives a ring of parents', () => {
    const ring = buildSnapshot({
      rows: [row(0, { pid: 1, id: 'a', ppid: 2 }), row(0, { pid: 2, id: 'b', ppid: 1 })],
    });
    expect(orderRows(ring, { ...initialUi('live'), arrange: 'tree' }).entries).toHaveLength(2);
  });
});

describe('a container', () => {
  it.each([
    [`/system.slice/docker-${ID}.scope`, 'abababababab'],
    [`/docker/${ID}`, 'abababababab'],
    [`/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope`, 'abababababab'],
    [`/machine.slice/libpod-${ID}.scope/container`, 'abababababab'],
    ['/machine.slice/machine-qemu\\x2d3.scope', 'qemu\\x2d3'],
    ['/lxc.payload.web/init.scope', 'web'],
    ['/lxc/db/system.slice', 'db'],
    ['/user.slice/user-1000.slice', null],
    ['/', null],
    [null, null],
  ])('of %s is %s', (cgroup, container) => {
    expect(containerOf(cgroup)).toBe(container);
  });
});

describe('a control group that is looked into', () => {
  const slice = '/system.slice';
  const cgroups = [
    {
      ...{ id: 1, path: slice, endedBootUs: null, uncovered: {} },
      metrics: {
        'cgroup.memory_limit': { total: 64 * 2 ** 20, delta: 0 },
        'cgroup.memory': { total: 60 * 2 ** 20, delta: 0 },
        'cgroup.cpu_some_us': { total: 5e5, delta: 5e5 },
        'cgroup.memory_some_us': { total: 25e4, delta: 25e4 },
        'cgroup.io_some_us': { total: 1e5, delta: 1e5 },
      },
    },
  ];
  const path = `/system.slice/docker-${ID}.scope`;
  const pressureOf = (within: UiState['within']) => {
    const view = buildView({
      snapshot: buildSnapshot({ rows, change: { cgroups } }),
      ui: { ...initialUi('live'), arrange: within?.arrange ?? 'flat', within },
      size: { columns: 120, rows: 30 },
    });
    const panes = composeScreen(view);
    expect(panes.flatMap(({ lines }) => lines)).toHaveLength(30);
    return (
      panes
        .find(({ id }) => id === 'pressure')
        ?.lines.map((line) => textOf([line]))
        .join(' ') ?? ''
    );
  };

  it('shows the limits that bound it, and what its tasks wait for, beneath what the machine waits for', () => {
    for (const within of [
      { arrange: 'cgroup', key: path, label: path },
      { arrange: 'container', key: ID.slice(0, 12), label: 'a container' },
    ] as const) {
      const text = pressureOf({
        ...within,
        key: within.arrange === 'cgroup' ? path : (containerOf(path) ?? ''),
      });
      expect(text).toMatch(/limits {3}system\.slice: memory 60\.0MiB of 64\.0MiB/);
      expect(text).toMatch(/waits for a CPU \S+.*waits for memory \S+.*waits for I\/O/);
    }
  });

  it('has no such line without a limit, nor has what is grouped by something else', () => {
    expect(pressureOf({ arrange: 'cgroup', key: '/user.slice', label: '/user.slice' })).not.toContain(
      'limits',
    );
    expect(pressureOf({ arrange: 'command', key: 'java', label: 'java' })).not.toContain('limits');
    expect(pressureOf(null)).not.toContain('limits');
  });
});
