// Tables and events of the Google Charts stand-in: the part of google.visualization.DataTable,
// DataView and events that TFMA's components call.

/** Whether a cell holds a number that can be drawn. */
const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

/** A cell as {v, f}: its value and the text to show for it, which may be missing. */
function toCell(raw) {
  if (raw !== null && typeof raw === 'object' && ('v' in raw || 'f' in raw)) return raw;
  return {v: raw === undefined ? null : raw};
}

/** Numbers in order, then texts; what is neither, and NaN, comes last. */
function compareValues(a, b) {
  const rank = (x) => (isNumber(x) ? 0 : typeof x === 'string' && x !== 'NaN' ? 1 : 2);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 2) return 0;
  return rank(a) === 0 ? a - b : a.localeCompare(b);
}

class DataTable {
  /** @param {{cols: Array, rows: Array}=} spec columns as {label, type, role}. */
  constructor(spec = {}) {
    this.cols = (spec.cols || []).map((col) => (typeof col === 'string' ? {label: col} : col));
    this.cells = [];
    this.addRows((spec.rows || []).map((row) => row.c || row));
  }

  addRows(rows) {
    for (const row of rows) this.cells.push(row.map(toCell));
  }

  getNumberOfRows() { return this.cells.length; }
  getNumberOfColumns() { return this.cols.length; }
  getColumnLabel(column) { return this.cols[column].label || ''; }
  getColumnRole(column) { return this.cols[column].role || ''; }
  getValue(row, column) { return (this.cells[row][column] || {v: null}).v; }

  getColumnType(column) {
    if (this.cols[column].type) return this.cols[column].type;
    const values = this.cells.map((row) => toCell(row[column]).v);
    const first = values.find((value) => value !== null && value !== 'NaN');
    return typeof first === 'number' ? 'number' : 'string';
  }

  getFormattedValue(row, column) {
    const {v, f} = this.cells[row][column] || {v: null};
    if (f !== undefined && f !== null) return String(f);
    return v === null || v === undefined ? '' : String(v);
  }

  /** @param {Array<{column: number, desc: boolean}>} keys the most significant first. */
  sort(keys) {
    this.cells = this.getSortedRows(keys).map((row) => this.cells[row]);
  }

  /** Row indices in the order that `sort` would give; what has no value stays last. */
  getSortedRows(keys) {
    const order = (a, b) => {
      for (const {column, desc} of keys) {
        const [x, y] = [this.getValue(a, column), this.getValue(b, column)];
        const bothComparable = typeof x === typeof y && x !== null && x === x && y === y;
        const difference = compareValues(x, y);
        if (difference) return desc && bothComparable ? -difference : difference;
      }
      return a - b;
    };
    return Array.from(this.cells.keys()).sort(order);
  }
}

/** Some columns of a table, or columns calculated from them. */
class DataView {
  constructor(table) {
    this.table = table;
    this.setColumns(Array.from({length: table.getNumberOfColumns()}, (_, i) => i));
  }

  /** @param {Array<number|{sourceColumn: number, calc: string}>} columns */
  setColumns(columns) {
    this.columns = columns.map((c) => (typeof c === 'number' ? {sourceColumn: c} : c));
  }

  getNumberOfRows() { return this.table.getNumberOfRows(); }
  getNumberOfColumns() { return this.columns.length; }
  getColumnLabel(column) { return this.table.getColumnLabel(this.columns[column].sourceColumn); }
  getFormattedValue(row, column) {
    return this.table.getFormattedValue(row, this.columns[column].sourceColumn);
  }

  getColumnRole(column) {
    const {role, sourceColumn} = this.columns[column];
    return role || this.table.getColumnRole(sourceColumn);
  }

  getColumnType(column) {
    const {type, sourceColumn} = this.columns[column];
    return type || this.table.getColumnType(sourceColumn);
  }

  getValue(row, column) {
    const {calc, sourceColumn} = this.columns[column];
    if (calc === 'stringify') return this.table.getFormattedValue(row, sourceColumn);
    return this.table.getValue(row, sourceColumn);
  }
}

/** @param {Array<Array>} rows the first one holds the columns. */
function arrayToDataTable(rows) {
  const table = new DataTable({cols: rows[0] || []});
  table.addRows(rows.slice(1));
  return table;
}

const listeners = new WeakMap();

const events = {
  addListener(source, name, handler) {
    if (!listeners.has(source)) listeners.set(source, []);
    const entry = {name, handler};
    listeners.get(source).push(entry);
    return {source, entry};
  },

  addOneTimeListener(source, name, handler) {
    const handle = events.addListener(source, name, (detail) => {
      events.removeListener(handle);
      handler(detail);
    });
    return handle;
  },

  removeListener({source, entry}) {
    listeners.set(source, listeners.get(source).filter((other) => other !== entry));
  },

  trigger(source, name, detail) {
    for (const entry of [...(listeners.get(source) || [])]) {
      if (entry.name === name) entry.handler(detail);
    }
  },
};
