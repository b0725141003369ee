// Real fault injections: the Sock Shop set of "Root Cause Analysis of Failures in Microservices through Causal Discovery"
// (NeurIPS 2022), repository azamikram/rcd, folder sock-shop-data: 50 cases, CPU hog and memory hog in one of five services,
// CPU and memory of 13 at 1 Hz, five minutes without and five with the fault. It has no licence of its own, so it is read from a
// folder and never copied. The two parts of a case were recorded hours apart: where they meet everything moves a little.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CASE = /^(.+)-(cpu|mem)$/;

/** All cases, in order of their names. */
export const recordedCases = (folder) =>
  readdirSync(folder)
    .filter((name) => CASE.test(name))
    .sort()
    .flatMap((name) => {
      const [, truth, fault] = CASE.exec(name);
      return readdirSync(join(folder, name))
        .sort()
        .map((number) => caseOf(join(folder, name, number), `${name}/${number}`, truth, fault));
    });

const caseOf = (folder, name, truth, fault) => {
  const [before, after] = ['normal', 'anomalous'].map((part) => tableOf(join(folder, `${part}.csv`)));
  const columns = [...before.keys()].filter((column) => /_(?:cpu|mem)$/.test(column));
  const services = [...new Set(columns.map((column) => column.replace(/_\w+$/, '')))];
  const faultTick = before.get(columns[0]).length;
  return {
    name,
    fault,
    truth,
    ticks: faultTick + after.get(columns[0]).length,
    faultTick,
    series: columns.map((column) => {
      const service = column.replace(/_\w+$/, '');
      return {
        service,
        metric: column.slice(service.length + 1),
        pid: 100 + services.indexOf(service),
        values: Float64Array.from([...before.get(column), ...(after.get(column) ?? [])]),
      };
    }),
  };
};

const tableOf = (path) => {
  const [head, ...rows] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(','));
  return new Map(
    head.map((column, index) => [
      column,
      rows.map((row) => (row[index] === '' ? Number.NaN : Number(row[index]))),
    ]),
  );
};
