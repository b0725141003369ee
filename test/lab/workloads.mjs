// Where the programs of the cast lie, here and in a guest.
import { fileURLToPath } from 'node:url';

export const WORKLOADS = ['../helpers/workloads', 'workloads'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
