// The sortable, paged table of the Google Charts stand-in. Its class names are Google's, because
// TFMA's style sheet is written against them.

const PREFIX = 'google-visualization-table';
const COMPONENT_ATTRIBUTES = new Set(['data', 'value', 'lower-bound', 'upper-bound']);

/**
 * A cell's content. TFMA formats some values as HTML: components such as <tfma-bounded-value>.
 * Only those are taken as HTML; names of slices, which come from data, always stay text.
 */
function cellContent(formatted, allowHtml) {
  if (allowHtml && formatted.startsWith('<tfma-')) {
    const template = document.createElement('template');
    template.innerHTML = formatted;
    const elements = [...template.content.querySelectorAll('*')];
    const known = (element) =>
      element.localName.startsWith('tfma-') &&
      [...element.attributes].every(({name}) => COMPONENT_ATTRIBUTES.has(name));
    if (elements.every(known)) return template.content;
  }
  return document.createTextNode(formatted);
}

// What Google's own style sheet would say; TFMA's comes on top of it.
const TABLE_STYLE = `
  .${PREFIX}-scroller { overflow-x: auto; }
  .${PREFIX}-table { width: 100%; border-collapse: collapse; }
  .${PREFIX}-th { cursor: pointer; }
  .${PREFIX}-th, .${PREFIX}-td { white-space: nowrap; }
  .${PREFIX}-div-page { padding: 6px; }
  .${PREFIX}-page-number { margin-right: 4px; text-decoration: none; }
  .${PREFIX}-page-number.current { font-weight: bold; }
`;

class Table {
  constructor(container) {
    this.container = container;
    this.selection = [];
    this.page = 0;
    this.order = null;
  }

  draw(table, options = {}) {
    if (this.table !== table) Object.assign(this, {page: 0, order: null, sorted: null});
    this.table = table;
    this.options = options;
    this.render();
    events.trigger(this, 'ready', {});
  }

  getSelection() { return this.selection; }

  setSelection(selection) {
    this.selection = selection || [];
    if (!this.table) return;
    const [selected] = this.selection;
    const position = selected ? this.rows().indexOf(selected.row) : -1;
    if (position >= 0) this.page = Math.floor(position / this.pageSize());
    this.render();
  }

  rows() { return this.order || Array.from({length: this.table.getNumberOfRows()}, (_, i) => i); }

  pageSize() {
    const {page, pageSize} = this.options;
    return page === 'enable' ? pageSize || 10 : Math.max(this.table.getNumberOfRows(), 1);
  }

  sortBy(column) {
    const desc = Boolean(this.sorted && this.sorted.column === column && !this.sorted.desc);
    this.sorted = {column, desc};
    this.order = this.table.getSortedRows([this.sorted]);
    this.page = 0;
    this.render();
    const detail = {column, ascending: !desc, sortedIndexes: this.order};
    events.trigger(this, 'sort', detail);
  }

  goTo(page) {
    this.page = page;
    this.render();
    events.trigger(this, 'page', {page});
  }

  toggle(row) {
    const isSelected = this.selection.some((selected) => selected.row === row);
    this.selection = isSelected ? [] : [{row}];
    this.render();
    events.trigger(this, 'select', {});
  }

  render() {
    const root = element('div', PREFIX);
    root.append(element('style', '', TABLE_STYLE));
    const scroller = element('div', `${PREFIX}-scroller`);
    const table = element('table', `${PREFIX}-table`);
    const size = this.pageSize();
    const body = document.createElement('tbody');
    const visible = this.rows().slice(this.page * size, (this.page + 1) * size);
    body.append(...visible.map((row, i) => this.bodyRow(row, i)));
    table.append(this.head(), body);
    scroller.append(table);
    root.append(scroller);
    const pages = Math.ceil(this.table.getNumberOfRows() / size);
    if (pages > 1) root.append(this.pager(pages));
    this.container.replaceChildren(root);
  }

  head() {
    const row = element('tr', `${PREFIX}-tr-head`);
    for (let column = 0; column < this.table.getNumberOfColumns(); column += 1) {
      const cell = element('th', `${PREFIX}-th`, this.table.getColumnLabel(column));
      cell.tabIndex = 0;
      if (this.sorted && this.sorted.column === column) {
        cell.classList.add(this.sorted.desc ? 'sort-descending' : 'sort-ascending');
        cell.setAttribute('aria-sort', this.sorted.desc ? 'descending' : 'ascending');
      }
      cell.append(element('span', `${PREFIX}-sortind`));
      cell.addEventListener('click', () => this.sortBy(column));
      cell.addEventListener('keydown', ({key}) => key === 'Enter' && this.sortBy(column));
      row.append(cell);
    }
    const head = document.createElement('thead');
    head.append(row);
    return head;
  }

  bodyRow(row, index) {
    const parity = `${PREFIX}-tr-${index % 2 ? 'odd' : 'even'}`;
    const line = element('tr', parity);
    if (this.selection.some((selected) => selected.row === row)) {
      line.classList.add(`${PREFIX}-tr-sel`);
    }
    for (let column = 0; column < this.table.getNumberOfColumns(); column += 1) {
      const cell = element('td', `${PREFIX}-td`);
      cell.append(cellContent(this.table.getFormattedValue(row, column), this.options.allowHtml));
      line.append(cell);
    }
    line.addEventListener('click', () => this.toggle(row));
    line.addEventListener('mouseover', () => line.classList.add(`${PREFIX}-tr-over`));
    line.addEventListener('mouseout', () => line.classList.remove(`${PREFIX}-tr-over`));
    return line;
  }

  pager(pages) {
    const bar = element('div', `${PREFIX}-div-page`);
    for (let page = 0; page < pages; page += 1) {
      const link = element('a', `${PREFIX}-page-number`, String(page + 1));
      link.href = '#';
      link.classList.toggle('current', page === this.page);
      link.addEventListener('click', (event) => {
        event.preventDefault();
        this.goTo(page);
      });
      bar.append(link, ' ');
    }
    return bar;
  }
}

function element(name, className, text = '') {
  const created = document.createElement(name);
  created.className = className;
  created.textContent = text;
  return created;
}
