// Unpacks data and library, and draws the charts one after the other.

const byId = (id) => document.getElementById(id);
const SVG_CELLS = 3000; // More marks than that are drawn faster on a canvas.

function complain(problem) {
  const line = byId('problem');
  line.hidden = false;
  line.textContent = `Some charts are missing: ${problem}`;
}

async function inflate(id) {
  if (typeof DecompressionStream === 'undefined') {
    throw new Error('the browser cannot unpack them; use Chrome 80, Firefox 113, Safari 16.4 or later');
  }
  const bytes = Uint8Array.from(atob(byId(id).textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}

function run(code, nonce) {
  const script = document.createElement('script');
  script.nonce = nonce;
  script.textContent = code;
  document.head.append(script);
  script.remove();
}

/** The interpreter stands in for `eval`, which the page's policy forbids. */
async function draw(element, spec, renderer = 'svg', tooltip = {}) {
  if (!element) return;
  if (element.view) element.view.finalize();
  const { view } = await vegaEmbed(element, spec, {
    ast: true, renderer, tooltip, actions: { export: true, source: false, compiled: false, editor: false },
  });
  element.view = view;
  element.fills = spec.width === 'container';
}

/** Draws the charts anew in the width of the paper: the browser would shrink them, and their text. */
function preparePrint() {
  document.querySelectorAll('details').forEach((element) => { element.open = !element.closest('.chart'); });
  document.body.classList.add('printing');
  document.querySelectorAll('.chart').forEach((chart) => { if (chart.fills) chart.view.width(chart.clientWidth).run(); });
}

function endPrint() {
  document.body.classList.remove('printing');
  dispatchEvent(new Event('resize')); // On which charts fill the window again.
}

function options(select, entries, value) {
  if (!select) return;
  select.replaceChildren(...entries.map(([key, text]) => {
    const option = document.createElement('option');
    option.value = key;
    option.textContent = text;
    return option;
  }));
  select.value = value;
}

/** Which of a metric's values are better, if something declares it. */
function higherIsBetter(report, metric) {
  if (report.selected && report.selected.metric === metric) return report.decision.selection.direction === 'HIGHER_IS_BETTER';
  const bounds = report.thresholds.filter((bound) => bound.metric === report.metrics[metric] && bound.kind === 'value');
  if (bounds.length && bounds.every((bound) => bound.lower === null)) return false;
  if (bounds.length && bounds.every((bound) => bound.upper === null)) return true;
  return null;
}

function guard(action) {
  return async (...given) => {
    try { await action(...given); } catch (error) { complain(error.message); throw error; }
  };
}

/** Calls an action now, and again when one of the selects changes. */
async function bind(ids, action) {
  const safe = guard(action);
  ids.map(byId).filter(Boolean).forEach((select) => select.addEventListener('change', safe));
  await safe();
}

async function drawSteps(report, intervals) {
  const metric = Number(byId('step-metric').value);
  const slice = Number(byId('step-slice') ? byId('step-slice').value : 0);
  const view = byId('step-view').value;
  await draw(byId('step-chart'), stepSpec(report, intervals, slice, metric, view, byId('step-chart').clientWidth));
  const rows = stepRows(report, intervals, slice, metric, view);
  const { limits, far } = viewOf(rows, view === 'value' ? levels(report, slice, metric) : []);
  const beyond = limits ? rows.filter(({ value }) => value !== null && (value < limits[0] || value > limits[1])) : [];
  const better = higherIsBetter(report, metric);
  byId('step-note').textContent = [
    better === null ? '' : `${better ? 'Higher' : 'Lower'} is better.`,
    intervalNote(report, rows, view),
    report.decision && report.decision.chosen ? 'Orange is the chosen; the dotted line marks its step.' : '',
    beyond.length || far.length ? `Beyond what the chart shows: ${[...(beyond.length ? [some(beyond.map(({ name, shown }) => `${name} (${shown})`), 5)] : []), ...far.map(({ what }) => what)].join('; ')}.` : '',
  ].join(' ').trim();
}

/** The first of some texts, and how many more there are. */
const some = (texts, most) => [...texts.slice(0, most), ...(texts.length > most ? [`${texts.length - most} more`] : [])].join(', ');

function intervalNote(report, rows, view) {
  if (!rows.some((row) => row.low !== null)) return 'No intervals are known for this.';
  const level = report.decision && report.decision.selection.level ? `${Math.round(report.decision.selection.level * 100)}% ` : '';
  const what = rows.length > FEW_BARS ? 'The band is' : 'Bars are';
  if (view === 'value') return `${what} the ${level}confidence interval of each value.`;
  const others = rows.some((row) => row.low !== null && row.low <= 0 && row.high >= 0 && row.state === 'significantly worse');
  return `${what} the margin of the ${level}test behind the verdicts, one-sided, all checkpoints taken together: one that leaves 0 out is significantly different from the chosen.${others ? ' A purple one that holds 0 is significantly worse than another checkpoint, which the table names.' : ''}`;
}

async function drawHeat(report) {
  const metric = Number(byId('heat-metric').value);
  const better = higherIsBetter(report, metric);
  const which = byId('heat-feature').value;
  const { spec, cells, few, beyond } = heatSpec(report, metric, which, better, byId('heat-chart').clientWidth);
  await draw(byId('heat-chart'), spec, cells > SVG_CELLS ? 'canvas' : 'svg', { formatTooltip: cellTooltip });
  const chosen = report.decision && report.decision.chosen;
  const hidden = report.metrics_omitted;
  byId('heat-note').textContent = [
    better === null ? 'Yellow is high, blue is low.' : `Yellow is better, blue is worse (${better ? 'higher' : 'lower'} is better).`,
    `The slices in which ${chosen ? 'the chosen' : 'the last'} is ${better === null ? 'lowest' : 'worst'} are at the top, below all examples together${few ? `; those of fewer than ${FEW_EXAMPLES} examples, with their number, at the end` : ''}.`,
    'An example without the feature is in no slice of it; true and false are 1 and 0.',
    beyond.length ? `Beyond the range of the colours: ${some(beyond, 5)}.` : '',
    report.unsupported.some(([, m]) => m === metric) ? 'Grey: not defined, or too few examples of a class.' : '',
    which === 'first' ? 'The menu has the others.' : '',
    hidden ? `For the size of this page, ${hidden} metrics are only on all examples; all are in metrics.csv.` : '',
  ].join(' ').trim();
}

async function drawChange(report, changes) {
  const metric = Number(byId('change-metric').value);
  const name = report.decision && report.decision.chosen;
  await draw(byId('change-chart'), changeSpec(report, changes, name, metric, byId('change-chart').clientWidth));
  byId('change-note').textContent = name ? 'Chosen minus baseline. Lines are intervals; hollow points have none. What crosses the line at 0 may be chance.' : 'No checkpoint passed.';
}

function fillSlices(report, intervals, changes) {
  const name = byId('slice-candidate').value;
  const metric = Number(byId('slice-metric').value);
  const count = report.metrics.indexOf(report.counts);
  const cautious = report.intervals.some((item) => item.candidate === name && item.metric === metric && item.caution);
  const rows = report.slices.map((title, s) => {
    const row = report.values[name][s];
    const known = intervalOf(intervals, name, s, metric) || {};
    const value = row[metric];
    const old = report.baseline ? report.baseline[s][metric] : null;
    return [title, count < 0 ? null : row[count], value, known.low, known.high, ...(report.baseline ? [old, isNumber(value) && isNumber(old) ? value - old : null] : []), ...(cautious ? [known.caution || ''] : [])];
  });
  fillTable(byId('slice-table'), ['Slice', 'Examples', report.metrics[metric], 'Interval from', 'to', ...(report.baseline ? ['Baseline', 'Change'] : []), ...(cautious ? ['Caution'] : [])], rows, cautious ? [report.baseline ? 7 : 5] : []);
}

async function drawPlots(report) {
  const name = byId('plot-candidate').value;
  const of = byId('plot-of').value;
  const chosen = report.decision && report.decision.chosen;
  const label = (key) => report.candidates.find((c) => c.name === key).label + (key === chosen ? ' (chosen)' : '');
  const names = [chosen, name].filter((key, i, all) => key && report.plots[key] && all.indexOf(key) === i);
  const of_kind = (kind) => names.map((key) => [label(key), report.plots[key].find((plot) => plot.kind === kind && plot.of === of)]).filter(([, plot]) => plot);
  const [curves, calibrations] = [of_kind('thresholds'), of_kind('calibration')];
  const own = report.plots[name].filter((plot) => plot.of === of);
  const specs = [
    ...(curves.length ? curveSpecs(curves) : []),
    ...(calibrations.length ? calibrationSpecs(calibrations) : []),
    ...own.filter((plot) => plot.kind === 'classes').map((plot) => classesSpec(plot, label(name), byId('plots').clientWidth)),
  ];
  const box = byId('plots');
  box.querySelectorAll('.chart').forEach((chart) => chart.view && chart.view.finalize());
  const charts = specs.map((spec) => {
    const figure = document.createElement('figure');
    const chart = document.createElement('div');
    chart.className = 'chart';
    chart.setAttribute('role', 'img');
    chart.setAttribute('aria-label', spec.title.text);
    const note = document.createElement('p');
    note.className = 'note';
    note.textContent = spec.usermeta ? spec.usermeta.note : '';
    figure.append(chart, note);
    return figure;
  });
  box.replaceChildren(...charts, ...own.filter((plot) => plot.kind === 'thresholds').map((plot) => matrixFigure(plot, label(name))));
  for (let i = 0; i < specs.length; i += 1) await draw(charts[i].firstChild, specs[i]);
}

async function main(nonce) {
  const verdicts = byId('verdict-table');
  makeSortable(verdicts);
  makeFilter(verdicts);
  addEventListener('beforeprint', preparePrint);
  addEventListener('afterprint', endPrint);
  const [library, data] = await Promise.all([inflate('vega'), inflate('data')]);
  run(library, nonce);
  const report = JSON.parse(data);
  const [intervals, changes] = [indexed(report.intervals), indexed(report.changes)];
  const metrics = report.metrics.map((name, i) => [i, name]);
  const first = report.selected ? report.selected.metric : 0;
  const evaluated = report.candidates.filter((c) => report.values[c.name]);
  const chosen = report.decision && report.decision.chosen;
  const initial = chosen || (evaluated.length ? evaluated[evaluated.length - 1].name : null);
  if (!evaluated.length || !metrics.length) {
    document.querySelectorAll('[data-needs-scripts] figure').forEach((element) => { element.hidden = true; });
    complain('no candidate has results.');
    return;
  }
  options(byId('step-metric'), metrics, first);
  for (const id of ['heat-metric', 'change-metric', 'slice-metric']) options(byId(id), metrics, report.metric_on_slices);
  options(byId('step-slice'), report.slices.map((title, i) => [i, title]), report.selected ? report.selected.slice : 0);
  const features = [...new Set(report.features)].filter(Boolean);
  const many = report.slices.length > FIRST + 10;
  options(byId('heat-feature'), [...(many ? [['first', `the first ${FIRST} slices`]] : []), ['all', 'all slices'], ...features.map((name) => [`by:${name}`, `slices by ${name}`])], many ? 'first' : 'all');
  options(byId('slice-candidate'), evaluated.map((c) => [c.name, c.label + (c.name === chosen ? ' (chosen)' : '')]), initial);
  const hasDifferences = evaluated.some((c) => c.verdict && c.verdict.difference);
  byId('step-view').value = hasDifferences ? 'difference' : 'value';
  byId('step-view').parentNode.hidden = !chosen;
  await bind(['step-metric', 'step-slice', 'step-view'], () => drawSteps(report, intervals));
  if (byId('loss-chart')) await bind([], () => draw(byId('loss-chart'), lossSpec(report)));
  if (byId('split-chart')) {
    options(byId('split-metric'), metrics, first);
    await bind(['split-metric'], () => draw(byId('split-chart'), splitSpec(report, report.selected ? report.selected.slice : 0, Number(byId('split-metric').value))));
  }
  if (byId('heat-chart')) await bind(['heat-metric', 'heat-feature'], () => drawHeat(report));
  if (byId('change-chart')) await bind(['change-metric'], () => drawChange(report, changes));
  if (byId('slice-table')) await bind(['slice-candidate', 'slice-metric'], () => fillSlices(report, intervals, changes));
  if (byId('plots')) {
    const drawn = Object.keys(report.plots);
    const parts = [...new Set(drawn.flatMap((name) => report.plots[name].map((plot) => plot.of)))];
    options(byId('plot-candidate'), evaluated.filter((c) => report.plots[c.name]).map((c) => [c.name, c.label + (c.name === chosen ? ' (chosen)' : '')]), report.plots[initial] ? initial : drawn[0]);
    options(byId('plot-of'), parts.map((name) => [name, name || 'the only output']), parts[0]);
    byId('plot-of-label').hidden = parts.length < 2;
    await bind(['plot-candidate', 'plot-of'], () => drawPlots(report));
  }
}

main(document.currentScript.nonce).catch((error) => { complain(error.message); throw error; })
  .finally(() => { document.body.dataset.drawn = 'yes'; });
