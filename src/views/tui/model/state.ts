/** What the user has done to the screen. Everything else on it is the Snapshot. */
export type Mode = 'live' | 'replay';

/** What fills the screen below the header. */
export type Page = 'table' | 'detail' | 'help' | 'session';

/** A metric id, or a column that identifies a process. null: where most time went. */
export type SortKey = string | 'pid' | 'comm' | null;

export type LineInput = {
  readonly kind: 'filter' | 'jump';
  readonly text: string;
  /** Why the text was not accepted. */
  readonly problem: string | null;
};

export type UiState = {
  readonly mode: Mode;
  readonly page: Page;
  /** The process that stays selected while values change; null: whoever is first. */
  readonly selectedId: string | null;
  /** Its screen row within the table, kept as its rank changes, so that it stays under the eye. */
  readonly selectedOffset: number;
  readonly sort: SortKey;
  readonly reversed: boolean;
  /** Columns show growth per second, or everything since tracing began. */
  readonly values: 'rate' | 'total';
  readonly filter: string;
  readonly input: LineInput | null;
  /** First line shown of a page that scrolls. */
  readonly scroll: number;
  /** Live only: the view stands still, collecting goes on. */
  readonly frozen: boolean;
  /** The last key pressed, when it means nothing here. */
  readonly unknownKey: string | null;
};

export const initialUi = (mode: Mode, sort: SortKey = null): UiState => ({
  mode,
  page: 'table',
  selectedId: null,
  selectedOffset: 0,
  sort,
  reversed: false,
  values: 'rate',
  filter: '',
  input: null,
  scroll: 0,
  frozen: false,
  unknownKey: null,
});
