/** What every part of a page is made of: sections that say how they are called, and tables that scroll by themselves. */
import { exact } from '../../screen/format/numbers.ts';
import { type Html, html, NOTHING } from './markup.ts';

export type Section = { readonly id: string; readonly title: string; readonly body: Html };

export const sectionOf = ({ id, title, body }: Section): Html =>
  html`<section id="${id}" aria-labelledby="h-${id}">
<h2 id="h-${id}">${title}</h2>
${body}
</section>
`;

/** Links to what is there. */
export const contentsOf = (sections: readonly Section[]): Html =>
  html`<ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul>`;

/** A column: its title, and whether numbers stand in it, which are held against each other. */
export type Column = { readonly title: string; readonly isNumber?: boolean; readonly help?: string };

export type Table = {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Html[];
  /** Rows that are not shown. */
  readonly more?: number;
  readonly name?: string;
};

/** Wider than the screen, it scrolls, by keyboard too. */
export const tableOf = ({ caption, columns, rows, more = 0, name = '' }: Table): Html =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="${name}">
<caption>${caption}</caption>
<thead><tr>${columns.map(head)}</tr></thead>
<tbody>
${rows.map((row) => html`${row}\n`)}</tbody>
</table></div>${more > 0 ? html`<p class="note">… and ${exact(more)} more.</p>` : NOTHING}
`;

const head = ({ title, isNumber, help }: Column): Html =>
  html`<th scope="col"${isNumber === true ? html` class="num"` : NOTHING}${help === undefined ? NOTHING : html` title="${help}"`}>${title}</th>`;

/** Of moments that can be played. */
export const FROM: Column = { title: 'Replay' };
