// Rows for the charts, from the report's tables.

const COLOURS = { // Orange, blue, purple and grey: told apart by people who confuse red and green, on light and dark.
  chosen: '#d55e00', set: '#2a83cc', worse: '#b678b8', passed: '#2a83cc', not: '#8a8f98', baseline: '#8a8f98', undefined: 'rgba(128,128,128,0.35)',
};
const STATES = ['chosen', 'tied with the best', 'significantly worse', 'passed', 'did not pass'];
const STATE_COLOURS = [COLOURS.chosen, COLOURS.set, COLOURS.worse, COLOURS.passed, COLOURS.not];
// Lines of runs: grey first, since a single run has one line, told apart by dashes too.
const RUN_COLOURS = ['#8a8f98', '#009e73', '#e69f00', '#b678b8', '#56b4e9', '#a05a2c'];
const RUN_DASHES = [[1, 0], [8, 3], [2, 2], [10, 3, 2, 3]];
const STATE_SHAPES = ['diamond', 'circle', 'triangle-down', 'circle', 'cross'];

const isNumber = (value) => typeof value === 'number';

/** TFMA's NaN and infinities are texts; charts leave them out. */
const finite = (value) => (isNumber(value) ? value : null);

/** Four digits, or all of a whole number, as the texts of the page have them. */
const short = (value) => (isNumber(value) ? String(Number.isInteger(value) ? value : Number(value.toPrecision(4))) : String(value ?? '–'));

const signed = (value) => `${value > 0 ? '+' : ''}${Number(value.toPrecision(2))}`;

function stateOf(report, candidate) {
  if (report.decision && report.decision.chosen === candidate.name) return 'chosen';
  const verdict = candidate.verdict;
  if (!verdict) return 'passed';
  if (!verdict.eligible) return 'did not pass';
  if (typeof verdict.in_best_set !== 'boolean') return 'passed';
  return verdict.in_best_set ? 'tied with the best' : 'significantly worse';
}

/** Intervals, or changes, by candidate, slice and metric. */
function indexed(list) {
  return new Map(list.map((item) => [`${item.candidate}\n${item.slice}\n${item.metric}`, item]));
}

const intervalOf = (index, name, slice, metric) => index.get(`${name}\n${slice}\n${metric}`);

/** Whether a metric on a slice is what the candidates were chosen by. */
const isSelected = (report, slice, metric) => Boolean(report.selected) && report.selected.slice === slice && report.selected.metric === metric;

/**
 * One row a candidate with results: a metric on a slice.
 *
 * @param view "value", or "difference": the value less that of the chosen. Where the choice was made
 *   by it, with the interval of the verdict.
 */
function stepRows(report, intervals, slice, metric, view = 'value') {
  const rows = valueRows(report, intervals, slice, metric);
  if (view === 'value') return rows;
  const chosen = rows.find((row) => row.state === 'chosen');
  const decided = isSelected(report, slice, metric);
  return rows.map((row) => {
    const known = decided && row.verdict ? row.verdict.difference : null;
    const plain = chosen && chosen.value !== null && row.value !== null ? row.value - chosen.value : null;
    const value = known ? known.value : plain;
    const [low, high] = known && row !== chosen ? known.interval : [null, null];
    return { ...row, value, low, high, shown: value === null ? row.shown : signed(value) };
  });
}

function valueRows(report, intervals, slice, metric) {
  return report.candidates.filter((c) => report.values[c.name]).map((candidate) => {
    const raw = report.values[candidate.name][slice][metric];
    const known = intervalOf(intervals, candidate.name, slice, metric);
    return {
      name: candidate.label,
      step: candidate.step,
      run: candidate.run ?? null,
      kind: candidate.averaged ? 'average' : 'checkpoint',
      state: stateOf(report, candidate),
      tint: STATE_COLOURS[STATES.indexOf(stateOf(report, candidate))],
      verdict: candidate.verdict,
      value: finite(raw),
      shown: short(raw),
      low: known ? finite(known.low) : null,
      high: known ? finite(known.high) : null,
    };
  });
}

const NEAREST = 0.75; // Of the points, what a chart shows even where what decides is close together.

const middleOf = (rows) => rows.map((row) => row.value).sort((a, b) => a - b)[Math.floor(rows.length / 2)];

/** The three quarters of the rows whose values are next to the middle one. */
function aroundMiddle(rows) {
  const middle = middleOf(rows);
  return [...rows].sort((a, b) => Math.abs(a.value - middle) - Math.abs(b.value - middle)).slice(0, Math.ceil(NEAREST * rows.length));
}

/**
 * The limits of a chart: all of what decides, which is the chosen and those tied with the best (those
 * around the middle, where none is chosen), and of the others what lies not much further away, three quarters of
 * all points at least. Null where all points fit, without being squeezed by the furthest.
 */
function limitsOf(rows) {
  const drawn = rows.filter((row) => row.value !== null);
  if (!drawn.length) return null;
  const ends = (some) => some.flatMap((row) => [row.value, row.low, row.high]).filter((end) => end !== null);
  const extent = (values) => [Math.min(...values), Math.max(...values)];
  const deciding = drawn.filter((row) => ['chosen', 'tied with the best'].includes(row.state));
  const [low, high] = extent(ends(deciding.length ? deciding : aroundMiddle(drawn)));
  const away = drawn.map(({ value }) => Math.max(low - value, value - high, 0)).sort((a, b) => a - b);
  const room = Math.max(high - low, away[Math.ceil(NEAREST * away.length) - 1]);
  const [least, most] = extent(ends(drawn));
  if (!room || Math.max(low - least, most - high) <= 2 * room) return null;
  return [Math.max(least, low - room) - room / 20, Math.min(most, high + room) + room / 20];
}

/**
 * What a chart of the rows shows: its limits (null for those of its points), the lines that it can
 * show without squeezing them, and those it cannot. Where none is chosen, how far all are from a
 * threshold is what matters.
 */
function viewOf(rows, lines) {
  const limits = limitsOf(rows);
  const ends = limits || rows.flatMap((row) => [row.value, row.low, row.high]).filter((end) => end !== null);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low) * (rows.some((row) => row.state === 'chosen') ? 0.5 : 2);
  const isNear = ({ level }) => !ends.length || low === high || (level >= low - room && level <= high + room);
  const [near, far] = [lines.filter(isNear), lines.filter((line) => !isNear(line))];
  const middle = middleOf(rows.filter((row) => row.value !== null));
  // The text of a line is on the side where fewer points are, for which there is room.
  const sided = near.map((line) => ({ ...line, isAbove: line.level > middle }));
  const [least, most] = [Math.min(low, ...near.map(({ level }) => level)), Math.max(high, ...near.map(({ level }) => level))];
  const margin = (most - least) / 12;
  return { limits: limits && [least < low ? least - margin : low, most > high ? most + margin : high], near: sided, far };
}

/** Value thresholds of a metric on a slice, and the baseline's value. */
function levels(report, slice, metric) {
  const features = new Map(report.where[slice]);
  const lines = [];
  for (const bound of report.thresholds) {
    const where = Object.entries(bound.slice);
    const applies = bound.metric === report.metrics[metric] && bound.kind === 'value'
      && where.length === features.size
      && where.every(([key, value]) => features.has(key) && (value === null || features.get(key) === value));
    if (!applies) continue;
    if (isNumber(bound.lower)) lines.push({ level: bound.lower, what: `threshold, at least ${short(bound.lower)}` });
    if (isNumber(bound.upper)) lines.push({ level: bound.upper, what: `threshold, at most ${short(bound.upper)}` });
  }
  const old = report.baseline && finite(report.baseline[slice][metric]);
  if (isNumber(old)) lines.push({ level: old, what: `baseline ${short(old)}` });
  return lines;
}

const FEW_EXAMPLES = 100; // Of fewer, chance alone makes a slice look bad or good.
const FIRST = 30; // More slices than that are more than a screen, or a printed page.

/**
 * One row a slice and candidate: all examples first, then the worst for the chosen, then the slices
 * of few examples, which do not count for the range of the colours either, unless all are.
 *
 * @param which "first", "all", or "by:" and a feature.
 */
function heatRows(report, metric, which, higherIsBetter) {
  const candidates = report.candidates.filter((c) => report.values[c.name]);
  const chosen = (report.decision && report.decision.chosen) || (candidates.length && candidates[candidates.length - 1].name);
  const count = report.metrics.indexOf(report.counts);
  const slices = report.slices.map((title, slice) => ({ title, slice }))
    .filter(({ slice }) => slice === 0 || !which.startsWith('by:') || report.features[slice] === which.slice(3))
    .filter(({ slice }) => candidates.some((c) => report.values[c.name][slice][metric] !== null));
  const unsupported = new Set(report.unsupported.filter(([, m]) => m === metric).map(([slice]) => slice));
  const says = (slice) => !unsupported.has(slice);
  const examples = (slice) => (count < 0 || !chosen ? null : report.values[chosen][slice][count]);
  const few = (slice) => slice > 0 && examples(slice) !== null && examples(slice) < FEW_EXAMPLES;
  const rank = ({ slice }) => {
    const value = chosen && says(slice) ? report.values[chosen][slice][metric] : null;
    const worst = isNumber(value) ? (higherIsBetter === false ? -value : value) : Infinity;
    return [slice === 0 ? 0 : 1, says(slice) ? 0 : 1, few(slice) ? 1 : 0, worst, slice];
  };
  const ranks = new Map(slices.map((item) => [item, rank(item)]));
  slices.sort((a, b) => {
    const [x, y] = [ranks.get(a), ranks.get(b)];
    const at = x.findIndex((part, i) => part !== y[i]);
    return at < 0 ? 0 : x[at] - y[at];
  });
  if (which === 'first') slices.splice(FIRST + 1);
  const rows = [];
  const named = ({ title, slice }) => {
    if (!says(slice)) return `${title} (${report.rarer_labels[slice]} of a class)`;
    return few(slice) ? `${title} (${examples(slice)})` : title;
  };
  slices.forEach(({ title, slice }, order) => candidates.forEach((candidate) => {
    const raw = report.values[candidate.name][slice][metric];
    rows.push({
      slice: named({ title, slice }), few: few(slice), says: says(slice), overall: slice === 0, order, candidate: candidate.label, metric: report.metrics[metric],
      value: says(slice) ? finite(raw) : null, raw, examples: count < 0 ? null : report.values[candidate.name][slice][count],
    });
  }));
  const at = candidates.findIndex((c) => report.decision && c.name === report.decision.chosen);
  // What the chart by step does not show either would leave one colour to all others.
  const overall = candidates.map((c) => ({ value: finite(report.values[c.name][0][metric]), low: null, high: null, state: stateOf(report, c), label: c.label }));
  const limits = limitsOf(overall);
  const far = new Set(overall.filter(({ value }) => limits && value !== null && (value < limits[0] || value > limits[1])).map(({ label }) => label));
  const allFew = !rows.some((row) => row.value !== null && !row.few && !row.overall);
  const counts = (row) => row.value !== null && (allFew || !row.few);
  const counting = rows.filter((row) => counts(row) && !far.has(row.candidate));
  const values = (counting.length ? counting : rows.filter((row) => row.value !== null)).map((row) => row.value);
  const [least, most] = [values.reduce((x, y) => Math.min(x, y), Infinity), values.reduce((x, y) => Math.max(x, y), -Infinity)];
  const domain = values.length ? { domain: [least, most] } : {};
  const margin = (most - least) / 20;
  const beyond = new Set(rows.filter((row) => counts(row) && far.has(row.candidate) && (row.value < least - margin || row.value > most + margin)).map(({ candidate }) => candidate));
  return { rows, domain, slices: slices.map(named), candidates: candidates.map((c) => c.label), chosen: at < 0 ? null : candidates[at].label, beyond: [...beyond] };
}

/** One row a slice: the chosen less the baseline, with the interval where it is known. */
function changeRows(report, changes, name, metric) {
  if (!report.values[name]) return [];
  return report.slices.map((slice, s) => {
    const value = finite(report.values[name][s][metric]);
    const old = finite(report.baseline[s][metric]);
    const known = intervalOf(changes, name, s, metric);
    return {
      slice, order: s, value, old, change: value === null || old === null ? null : value - old,
      low: known ? finite(known.low) : null, high: known ? finite(known.high) : null,
    };
  }).filter((row) => row.change !== null);
}
