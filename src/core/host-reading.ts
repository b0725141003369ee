/** A counter or level of the host: `came` with the last sample; `early` came with samples too soon for a rate, and is not in `delta` yet. */
export type HostReading = { last: number; total: number; delta: number; came: number; early: number };
