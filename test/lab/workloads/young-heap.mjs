// young-heap.mjs SECONDS: a program of node as a test runner is one: makes much, forgets most of it, keeps a part of what it
// comes across first, and is content after so many seconds. Its heap grows by leaps, as collections make room.
const seconds = Number(process.argv[2]);
const kept = [];
const startedMs = Date.now();
let state = 1;
const chance = () => {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return state / 2_147_483_648;
};

const step = () => {
  const made = Array.from({ length: 40_000 }, (_, index) => ({ index, name: `item ${index * chance()}` }));
  const isYoung = Date.now() - startedMs < seconds * 1000;
  if (isYoung && chance() < 0.5) kept.push(made.slice(0, Math.floor(12_000 * chance())));
  setTimeout(step, 80 + 200 * chance());
};
step();
