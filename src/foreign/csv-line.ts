/** One line of CSV as RFC 4180 has it, quotes included; null when its quotes do not fit. */
export const cellsOf = (line: string): readonly string[] | null => {
  if (!line.includes('"')) return line.split(',');
  const cells: string[] = [];
  for (let at = 0; at <= line.length; ) {
    const [cell, next] = line[at] === '"' ? quoted(line, at) : plain(line, at);
    if (next === -1) return null;
    cells.push(cell);
    at = next + 1;
  }
  return cells;
};

/** A cell that begins at `from`, and where it ends: at a comma or behind the line; -1 when it does not. */
const plain = (line: string, from: number): readonly [string, number] => {
  const comma = line.indexOf(',', from);
  const end = comma === -1 ? line.length : comma;
  const cell = line.slice(from, end);
  return [cell, cell.includes('"') ? -1 : end];
};

const quoted = (line: string, from: number): readonly [string, number] => {
  for (let at = from + 1; at < line.length; at += 1) {
    if (line[at] !== '"') continue;
    if (line[at + 1] === '"') {
      at += 1;
      continue;
    }
    const ends = at + 1 === line.length || line[at + 1] === ',';
    return [line.slice(from + 1, at).replaceAll('""', '"'), ends ? at + 1 : -1];
  }
  return ['', -1];
};
