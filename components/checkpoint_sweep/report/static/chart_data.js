// Rows for the charts, from the report's tables.

const COLOURS = { // Orange, blues and grey: told apart by people who confuse red and green, on light and dark.
  chosen: '#d55e00', set: '#2a83cc', eligible: '#56b4e9', not: '#8a8f98', baseline: '#8a8f98',
};
const STATES = ['chosen', 'may be the best', 'eligible', 'not eligible'];
const STATE_COLOURS = [COLOURS.chosen, COLOURS.set, COLOURS.eligible, COLOURS.not];
const STATE_SHAPES = ['diamond', 'circle', 'circle', 'cross'];

const isNumber = (value) => typeof value === 'number';

/** TFMA's NaN and infinities are texts; charts leave them out. */
const finite = (value) => (isNumber(value) ? value : null);

const short = (value) => (isNumber(value) ? String(Number(value.toPrecision(5))) : String(value ?? '–'));

function stateOf(report, candidate) {
  if (report.decision && report.decision.chosen === candidate.name) return 'chosen';
  const verdict = candidate.verdict;
  if (!verdict) return 'eligible';
  if (!verdict.eligible) return 'not eligible';
  return verdict.in_best_set ? 'may be the best' : 'eligible';
}

/** Intervals, or changes, by candidate, slice and metric. */
function indexed(list) {
  return new Map(list.map((item) => [`${item.candidate}\n${item.slice}\n${item.metric}`, item]));
}

const intervalOf = (index, name, slice, metric) => index.get(`${name}\n${slice}\n${metric}`);

/** One row a candidate with results: a metric on a slice. */
function stepRows(report, intervals, slice, metric) {
  return report.candidates.filter((c) => report.values[c.name]).map((candidate) => {
    const raw = report.values[candidate.name][slice][metric];
    const known = intervalOf(intervals, candidate.name, slice, metric);
    return {
      name: candidate.label,
      step: candidate.step,
      kind: candidate.averaged ? 'average' : 'checkpoint',
      state: stateOf(report, candidate),
      value: finite(raw),
      shown: short(raw),
      low: known ? finite(known.low) : null,
      high: known ? finite(known.high) : null,
    };
  });
}

/** Levels that a chart of the rows can show without squeezing its points, and those it cannot. */
function nearAndFar(lines, rows) {
  const ends = rows.flatMap((row) => [row.value, row.low, row.high]).filter((end) => end !== null);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low) / 2;
  const isNear = ({ level }) => !ends.length || low === high || (level >= low - room && level <= high + room);
  return [lines.filter(isNear), lines.filter((line) => !isNear(line))];
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
 * of few examples, which do not count for the range of the colours either.
 *
 * @param which "first", "all", or "by:" and a feature.
 */
function heatRows(report, metric, which, higherIsBetter) {
  const candidates = report.candidates.filter((c) => report.values[c.name]);
  const chosen = (report.decision && report.decision.chosen) || (candidates.length && candidates[candidates.length - 1].name);
  const count = report.metrics.indexOf(report.counts);
  const slices = report.slices.map((title, slice) => ({ title, slice }))
    .filter(({ slice }) => slice === 0 || !which.startsWith('by:') || report.features[slice] === which.slice(3))
    .filter(({ slice }) => candidates.some((c) => isNumber(report.values[c.name][slice][metric])));
  const examples = (slice) => (count < 0 || !chosen ? null : report.values[chosen][slice][count]);
  const few = (slice) => slice > 0 && examples(slice) !== null && examples(slice) < FEW_EXAMPLES;
  const rank = ({ slice }) => {
    const value = chosen ? report.values[chosen][slice][metric] : null;
    const worst = isNumber(value) ? (higherIsBetter === false ? -value : value) : Infinity;
    return [slice === 0 ? 0 : 1, few(slice) ? 1 : 0, worst, slice];
  };
  const ranks = new Map(slices.map((item) => [item, rank(item)]));
  slices.sort((a, b) => {
    const [x, y] = [ranks.get(a), ranks.get(b)];
    const at = x.findIndex((part, i) => part !== y[i]);
    return at < 0 ? 0 : x[at] - y[at];
  });
  if (which === 'first') slices.splice(FIRST + 1);
  const rows = [];
  const named = ({ title, slice }) => (few(slice) ? `${title} (${examples(slice)})` : title);
  slices.forEach(({ title, slice }, order) => candidates.forEach((candidate) => {
    const raw = report.values[candidate.name][slice][metric];
    rows.push({
      slice: named({ title, slice }), few: few(slice), order, candidate: candidate.label, metric: report.metrics[metric],
      value: finite(raw), raw, examples: count < 0 ? null : report.values[candidate.name][slice][count],
    });
  }));
  const at = candidates.findIndex((c) => report.decision && c.name === report.decision.chosen);
  const counting = rows.filter((row) => row.value !== null && row.order > 0 && !row.few);
  const values = (counting.length ? counting : rows.filter((row) => row.value !== null)).map((row) => row.value);
  const domain = values.length ? { domain: [values.reduce((x, y) => Math.min(x, y)), values.reduce((x, y) => Math.max(x, y))] } : {};
  return { rows, domain, slices: slices.map(named), candidates: candidates.map((c) => c.label), chosen: at < 0 ? null : candidates[at].label };
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
