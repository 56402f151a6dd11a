// Tables that sort by a click on a heading, which is a button, and filter.

function makeSortable(table) {
  table.querySelectorAll('thead th').forEach((heading, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener('click', () => {
      const descending = heading.getAttribute('aria-sort') === 'ascending';
      table.querySelectorAll('th[aria-sort]').forEach((other) => other.removeAttribute('aria-sort'));
      heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      sortRows(table, column, descending);
    });
  });
}

/** Numbers before texts, what has no value last, equal rows in their order. */
function sortRows(table, column, descending) {
  const body = table.tBodies[0];
  const key = (row) => {
    const cell = row.cells[column];
    const value = cell.dataset.value;
    if (value === undefined) return cell.textContent.trim();
    return value === '' || Number.isNaN(Number(value)) ? null : Number(value);
  };
  const sign = descending ? -1 : 1;
  const compare = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return sign * (isNumber(a) && isNumber(b) ? a - b : String(a).localeCompare(String(b)));
  };
  const rows = [...body.rows].map((row) => ({ row, key: key(row) }));
  rows.sort((a, b) => compare(a.key, b.key));
  body.append(...rows.map(({ row }) => row));
}

function makeFilter(table) {
  const state = document.getElementById('verdict-state');
  const text = document.getElementById('verdict-text');
  const count = document.getElementById('verdict-count');
  const wanted = {
    '': () => true,
    set: (row) => row.dataset.set === 'yes',
    eligible: (row) => row.dataset.eligible === 'yes',
    not: (row) => row.dataset.eligible === 'no',
  };
  const update = () => {
    const words = text.value.trim().toLowerCase();
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      row.hidden = !wanted[state.value](row) || !row.textContent.toLowerCase().includes(words);
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${table.tBodies[0].rows.length}`;
  };
  state.addEventListener('change', update);
  text.addEventListener('input', update);
  update();
}

/**
 * A table whose columns hold numbers, which are right-aligned and sort as such, but for the first
 * and those that are named as texts.
 */
function fillTable(table, headings, rows, texts = []) {
  table.replaceChildren();
  const isText = (i) => i === 0 || texts.includes(i);
  const head = table.createTHead().insertRow();
  headings.forEach((heading, i) => {
    const cell = document.createElement('th');
    cell.textContent = heading;
    if (!isText(i)) cell.className = 'number';
    head.append(cell);
  });
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((value, i) => {
      const cell = document.createElement(i ? 'td' : 'th');
      cell.textContent = isText(i) ? value : Number.isInteger(value) ? value.toLocaleString('en-US') : short(value);
      if (!isText(i)) {
        cell.className = 'number';
        cell.dataset.value = isNumber(value) ? value : '';
      }
      line.append(cell);
    });
  }
  makeSortable(table);
}
