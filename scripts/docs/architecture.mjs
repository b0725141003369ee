// The two tables of docs/architecture.md that repeat what code says: walls, and the values of bounds. Which rows there
// are, and what they mean, is the page's own; every room with a wall must have one.
import { createRequire } from 'node:module';
import { code, mapRows } from './text.mjs';

const codeIn = (text) => /`([^`]+)`/.exec(text)?.[1] ?? text;

export const architecturePage = (page, read) =>
  mapRows(withWalls(page), 'bounds', ([meaning, where, name]) => {
    const value = new RegExp(`const ${codeIn(name)} = ([^;]+);`).exec(read(codeIn(where)))?.[1];
    if (value === undefined) throw new Error(`docs/architecture.md: ${where} has no constant ${name}`);
    return [meaning, where, name, code(value)];
  });

const withWalls = (page) => {
  const walls = wallsEnforced();
  const drawn = new Set();
  const filled = mapRows(page, 'walls', ([room, meaning]) => {
    const seen = walls.get(codeIn(room));
    if (seen === undefined) throw new Error(`docs/architecture.md: there is no wall of ${room}`);
    drawn.add(codeIn(room));
    return [room, meaning, seen.flatMap(spelledOut).map(code).join(', ')];
  });
  const missing = [...walls.keys()].filter((room) => !drawn.has(room));
  if (missing.length > 0) throw new Error(`docs/architecture.md has no row for ${missing.join(', ')}`);
  return filled;
};

const SUFFIX = '-sees-only-what-it-may';

const wallsEnforced = () => {
  const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs');
  return new Map(
    forbidden
      .filter(({ name }) => name.endsWith(SUFFIX))
      // The first two are the catalogue of errors and the room itself.
      .map(({ name, to }) => [name.slice(0, -SUFFIX.length), to.pathNot.slice(2)]),
  );
};

/** `^src/host/(facts|targets)(/|\.tsx?$)` as the two places it stands for. */
const spelledOut = (pattern) => {
  const place = pattern.replace(/^\^src\//, '').replace(/\(\/\|\\\.tsx\?\$\)$/, '');
  const [, before, choices] = /^(.*?)\((.+)\)$/.exec(place) ?? [];
  return choices === undefined ? [place] : choices.split('|').map((one) => before + one);
};
