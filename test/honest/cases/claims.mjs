// Claims: what is true of a metric, of whom, and by which witness.

export const exactly = (metric, who, value, by) => ({ metric, ...who, low: value, high: value, by });

export const between = (metric, who, low, high, by) => ({ metric, ...who, low, high, by });

/** Times by the program's own clock, which runs around the kernel's: no more than that, and not nothing. */
export const timeWithin = (metric, who, ownNs, calls) =>
  between(metric, who, calls > 0 ? 1 : 0, calls > 0 ? ownNs : 0, 'its own clock');

/** The process of an account, under the name it has in the table. */
export const process = (name, account) => ({ name, who: { pid: account.pid } });

/** It and its children together. */
export const family = (name, { pid, children }) => ({
  name,
  who: { pids: [pid, ...children.map((child) => child.pid)] },
});

export const everybody = (name) => ({ name, who: null });
