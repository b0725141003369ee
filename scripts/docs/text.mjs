// Pieces of Markdown that more than one page is made of.
/** What may stand in a cell of a table. */
export const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', '<br>');

export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

export const code = (text) => `\`${text}\``;

/** A section's table with each row's cells mapped; which rows there are is the page's own. */
export const mapRows = (page, name, mapCells) => {
  const opens = `<!-- ${name} -->`;
  const from = page.indexOf(opens) + opens.length;
  const to = page.indexOf(`<!-- /${name} -->`);
  if (from < opens.length || to < from) throw new Error(`there is no section ${name}`);
  const rows = page
    .slice(from, to)
    .split('\n')
    .map((line) => {
      if (!line.startsWith('|') || /^\| ?-/.test(line)) return line;
      const cells = line.slice(1, line.lastIndexOf('|')).split(/(?<!\\)\|/);
      return `| ${mapCells(cells.map((text) => text.trim())).join(' | ')} |`;
    });
  return page.slice(0, from) + rows.join('\n') + page.slice(to);
};
