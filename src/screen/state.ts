/** What the user has done to the screen. Everything else on it is the Snapshot. */
export type Mode = 'live' | 'replay';

/** What fills the screen below the header. */
export type Page = 'table' | 'detail' | 'finding' | 'help' | 'session' | 'columns' | 'findings';

/** Which pane of the table page the arrows move in. */
export type Focus = 'table' | 'signals';

/** How much time the signals show. */
export type Zoom = '1m' | '5m' | '1h' | 'all';

/** What belongs together is reported together. */
export type Grouping = 'command' | 'cgroup' | 'container' | 'parent';
export type Arrange = 'flat' | 'tree' | Grouping;

/** A metric id, or a column that identifies a process. null: where most time went. */
export type SortKey = string | 'pid' | 'comm' | null;

/** Columns the user wants at all times, or never; of any other the table decides. Remembered from session to session. */
export type ColumnChoices = Readonly<Record<string, 'always' | 'never'>>;

export type LineInput = {
  /** A text, or the key that answers a question (keys/choices.ts). */
  readonly kind: 'filter' | 'jump' | 'mark' | 'record' | 'export';
  readonly text: string;
  /** Why the text was not accepted. */
  readonly problem: string | null;
};

export type UiState = {
  readonly mode: Mode;
  readonly page: Page;
  readonly focus: Focus;
  readonly zoom: Zoom;
  /** First lane shown. */
  readonly laneTop: number;
  /** Probes whose columns and lanes are left out; they go on counting. */
  readonly hidden: readonly string[];
  /** Key of the account that was jumped to; null: the most pressing. */
  readonly account: string | null;
  /** What stays selected while values change: a process or a group; null: whoever is first. */
  readonly selectedId: string | null;
  /** Its screen row within the table, kept as its rank changes, so that it stays under the eye. */
  readonly selectedOffset: number;
  readonly arrange: Arrange;
  /** The one group whose processes are shown. */
  readonly within: { readonly arrange: Grouping; readonly key: string; readonly label: string } | null;
  readonly sort: SortKey;
  readonly columns: ColumnChoices;
  readonly reversed: boolean;
  /** Whether the table lists those who trace: this tool and its tracer. */
  readonly own: boolean;
  /** Whether it lists processes that have ended. */
  readonly ended: boolean;
  /** Live: of how many samples the numbers shown are. */
  readonly pace: number;
  /** Columns show growth per second, or everything since tracing began. */
  readonly values: 'rate' | 'total';
  readonly filter: string;
  readonly input: LineInput | null;
  /** Whether the terminal reports the mouse, instead of selecting text with it. */
  readonly mouse: boolean;
  /** The process whose files are to be counted in pieces; null: nobody asked. */
  readonly extentsOf: string | null;
  /** The row whose threads are listed. */
  readonly threadsOf: string | null;
  /** What the cursor of a list is on; null: its first line. */
  readonly chosen: string | null;
  /** First line shown of a page that scrolls. */
  readonly scroll: number;
  /** The last key pressed, when it means nothing here. */
  readonly unknownKey: string | null;
};

/** What the user comes with. */
export type Wishes = { readonly sort?: SortKey; readonly columns?: ColumnChoices; readonly mouse?: boolean };

export const initialUi = (
  mode: Mode,
  { sort = null, columns = {}, mouse = false }: Wishes = {},
): UiState => ({
  mode,
  page: 'table',
  focus: 'table',
  zoom: '1m',
  laneTop: 0,
  hidden: [],
  account: null,
  selectedId: null,
  selectedOffset: 0,
  arrange: 'flat',
  within: null,
  sort,
  columns,
  reversed: false,
  own: false,
  ended: true,
  pace: 1,
  values: 'rate',
  filter: '',
  input: null,
  mouse,
  extentsOf: null,
  threadsOf: null,
  chosen: null,
  scroll: 0,
  unknownKey: null,
});
