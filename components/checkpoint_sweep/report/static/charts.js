// Vega-Lite specifications: by step, loss, slices by step, change by slice.

const CONFIG = {
  background: null,
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: {
    labelColor: 'currentColor', titleColor: 'currentColor', gridColor: 'rgba(128,128,128,0.25)',
    domainColor: 'rgba(128,128,128,0.7)', tickColor: 'rgba(128,128,128,0.7)', labelFontSize: 12, titleFontSize: 12,
    titleFontWeight: 'normal',
  },
  legend: { labelColor: 'currentColor', titleColor: 'currentColor', labelFontSize: 12, titleFontSize: 12, orient: 'top', titleFontWeight: 'normal', labelLimit: 260 },
  text: { fill: 'currentColor', fontSize: 12 },
};

const AROUND = 120; // Legend and labels of a chart whose height follows from its rows.

const base = (height) => ({
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  width: 'container', height, config: CONFIG,
  autosize: { type: 'fit', contains: 'padding', resize: true },
});

/** Without layers that have nothing to draw, of which Vega warns. */
const drawn = (layers) => layers.filter(({ data }) => !data || data.values.length);

const stepAxis = (field = 'step') => ({ field, type: 'quantitative', title: 'training step', scale: { zero: false, nice: false, padding: 12 }, axis: { format: ',d', tickMinStep: 1, labelOverlap: true } });

const FEW_BARS = 60; // More intervals than that are a band.

function stepSpec(report, intervals, slice, metric, view, width) {
  const rows = stepRows(report, intervals, slice, metric, view);
  const isDifference = view === 'difference';
  const title = isDifference ? `Δ ${report.metrics[metric]} vs. chosen` : report.metrics[metric];
  const { limits, near } = viewOf(rows, isDifference ? [] : levels(report, slice, metric));
  const scale = { zero: isDifference, ...(limits ? { domain: limits, nice: false } : {}) };
  const y = { field: 'value', type: 'quantitative', title, scale };
  const between = { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } };
  const tooltip = [
    { field: 'name', title: 'candidate' }, { field: 'shown', title },
    { field: 'low', title: 'interval from', format: '.3~g' }, { field: 'high', title: 'to', format: '.3~g' }, { field: 'state', title: 'verdict' },
  ];
  const points = rows.filter((row) => row.value !== null);
  const isOutside = ({ value }) => limits !== null && (value < limits[0] || value > limits[1]);
  const inside = points.filter((row) => !isOutside(row));
  const edges = points.filter(isOutside).map((row) => ({ ...row, edge: row.value < limits[0] ? limits[0] : limits[1], arrow: row.value < limits[0] ? '↓' : '↑' }));
  const present = STATES.filter((state) => points.some((row) => row.state === state));
  const at = present.map((state) => STATES.indexOf(state));
  const path = points.filter((row) => row.kind === 'checkpoint');
  const bars = inside.filter((row) => row.low !== null);
  const isBand = rows.length > FEW_BARS;
  const chosen = rows.filter((row) => row.state === 'chosen');
  const legend = { encoding: { symbols: { fillOpacity: { value: 1 }, strokeOpacity: { value: 1 }, opacity: { value: 1 } } }, ...(width < 640 ? { columns: width < 400 ? 1 : 2 } : {}) };
  const color = { field: 'state', title: null, scale: { domain: present, range: at.map((i) => STATE_COLOURS[i]) }, legend };
  const shape = { field: 'state', title: null, scale: { domain: present, range: at.map((i) => STATE_SHAPES[i]) }, legend };
  const runs = [...new Set(path.map((row) => row.run))].filter((run) => run !== null);
  const byRun = (values) => ({ field: 'run', title: 'run', scale: { domain: runs, range: runs.map((_, i) => values[i % values.length]) }, legend: { symbolType: 'stroke', symbolStrokeWidth: 2, symbolSize: 400 } });
  const lines = runs.length ? { mark: { strokeWidth: 1.5, opacity: 0.9 }, encoding: { stroke: byRun(RUN_COLOURS), strokeDash: byRun(RUN_DASHES) } } : { mark: { color: COLOURS.not, strokeWidth: 1, opacity: 0.6 }, encoding: {} };
  const tint = { field: 'tint', type: 'nominal', scale: null }; // So that the legend is that of the points.
  const line = { type: 'rule', color: COLOURS.chosen, strokeWidth: 1.5, opacity: 0.8 };
  return {
    ...base(320),
    layer: drawn([
      { data: { values: isBand ? path.filter((row) => row.low !== null) : [] }, mark: { type: 'area', color: COLOURS.set, opacity: 0.18, clip: true }, encoding: { x: stepAxis(), ...between, ...(runs.length ? { detail: { field: 'run' } } : {}) } },
      { data: { values: chosen }, mark: { ...line, strokeWidth: 1, strokeDash: [2, 4] }, encoding: { x: stepAxis() } },
      { data: { values: isDifference ? [{ zero: 0 }] : [] }, mark: line, encoding: { y: { field: 'zero', type: 'quantitative' } } },
      { data: { values: near }, mark: { type: 'rule', strokeDash: [6, 4], color: COLOURS.not, strokeWidth: 1.5 }, encoding: { y: { field: 'level', type: 'quantitative' } } },
      ...[true, false].map((isAbove) => ({ data: { values: near.filter((line) => line.isAbove === isAbove) }, mark: { type: 'text', align: 'left', baseline: isAbove ? 'bottom' : 'top', dx: 2, dy: isAbove ? -2 : 4, x: 0 }, encoding: { y: { field: 'level', type: 'quantitative' }, text: { field: 'what' } } })),
      { data: { values: path }, mark: { type: 'line', clip: true, ...lines.mark }, encoding: { x: stepAxis(), y, ...lines.encoding } },
      { data: { values: isBand ? bars.filter((row) => row.kind === 'average') : bars }, mark: { type: 'rule', strokeWidth: 2.5, opacity: 0.55, clip: true }, encoding: { x: stepAxis(), ...between, color: tint } },
      {
        data: { values: inside },
        mark: { type: 'point', filled: true, opacity: 1, stroke: 'rgba(255,255,255,0.8)', strokeWidth: 0.5 },
        encoding: {
          x: stepAxis(), y, tooltip, color, shape,
          size: { condition: { test: "datum.state === 'chosen'", value: 180 }, value: points.length > FEW_BARS ? 35 : 75 },
        },
      },
      { data: { values: edges }, mark: { type: 'text', fontSize: rows.length > FEW_BARS ? 9 : 16, fontWeight: 'bold' }, encoding: { x: stepAxis(), y: { field: 'edge', type: 'quantitative' }, text: { field: 'arrow' }, color: tint, tooltip } },
      { data: { values: inside.filter((row) => row.kind === 'average') }, mark: { type: 'text', dy: -14, align: 'right', dx: 8 }, encoding: { x: stepAxis(), y, text: { field: 'name' } } },
      { data: { values: rows.filter((row) => row.value === null) }, mark: { type: 'text', text: '✗ no value', angle: 270, align: 'left', color: COLOURS.not, y: 'height' }, encoding: { x: stepAxis(), tooltip } },
    ]),
    resolve: { scale: { x: 'shared', y: 'shared' } },
  };
}

function lossSpec(report) {
  const rows = ['training', 'evaluation'].flatMap((kind) => report.losses[kind].map(([step, loss]) => ({ step, loss: finite(loss), kind })));
  const ends = rows.map((row) => row.loss).filter((loss) => loss !== null);
  const isLog = Math.min(...ends) > 0 && Math.max(...ends) / Math.min(...ends) > 30;
  const winner = report.candidates.filter((c) => report.decision && c.name === report.decision.chosen);
  const encoding = {
    x: stepAxis(), y: { field: 'loss', type: 'quantitative', title: isLog ? 'loss (logarithmic)' : 'loss', scale: isLog ? { type: 'log' } : { zero: false } },
    color: { field: 'kind', title: null, scale: { domain: ['training', 'evaluation'], range: ['#e69f00', COLOURS.set] }, legend: { symbolType: 'stroke', symbolStrokeWidth: 3, symbolSize: 300 } },
    strokeDash: { field: 'kind', title: null, scale: { domain: ['training', 'evaluation'], range: [[1, 0], [6, 3]] } },
    tooltip: [{ field: 'kind' }, { field: 'step', format: ',d' }, { field: 'loss', format: '.5~g' }],
  };
  return {
    ...base(320), data: { values: rows.filter((row) => row.loss !== null) },
    layer: drawn([
      { data: { values: winner.map(({ step }) => ({ step })) }, mark: { type: 'rule', color: COLOURS.chosen, strokeWidth: 1, strokeDash: [2, 4], opacity: 0.8 }, encoding: { x: stepAxis() } },
      { mark: { type: 'line', strokeWidth: 1.5, opacity: 0.9 }, encoding },
      { transform: [{ filter: "datum.kind === 'evaluation'" }], mark: { type: 'point', filled: true, size: 25 }, encoding: { x: encoding.x, y: encoding.y, color: { value: COLOURS.set }, tooltip: encoding.tooltip } },
    ]),
  };
}

const SPLIT_COLOURS = ['#2a83cc', '#e69f00', '#b678b8', '#009e73', '#8a8f98'];
const SPLIT_DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4]];

/** A metric on a slice by step, a line for each split. */
function splitSpec(report, slice, metric) {
  const checkpoints = report.candidates.filter((c) => c.averaged === null);
  const splits = [{ name: report.split, values: report.values }, ...report.splits];
  const rows = splits.flatMap(({ name, values }) => checkpoints.filter((c) => values[c.name])
    .map((c) => ({ split: name, run: c.run ?? null, step: c.step, value: finite((values[c.name][slice] ?? [])[metric]) })))
    .filter((row) => row.value !== null);
  const domain = splits.map(({ name }) => name);
  const at = (list) => domain.map((_, i) => list[i % list.length]);
  const winner = report.candidates.filter((c) => report.decision && c.name === report.decision.chosen);
  const encoding = {
    x: stepAxis(), y: { field: 'value', type: 'quantitative', title: report.metrics[metric], scale: { zero: false } },
    color: { field: 'split', title: null, scale: { domain, range: at(SPLIT_COLOURS) }, legend: { symbolType: 'stroke', symbolStrokeWidth: 3, symbolSize: 300 } },
    strokeDash: { field: 'split', title: null, scale: { domain, range: at(SPLIT_DASHES) } },
    detail: { field: 'run' },
    tooltip: [{ field: 'split' }, ...(rows.some((row) => row.run !== null) ? [{ field: 'run' }] : []), { field: 'step', format: ',d' }, { field: 'value', format: '.5~g' }],
  };
  return {
    ...base(320), data: { values: rows },
    layer: drawn([
      { data: { values: winner.map(({ step }) => ({ step })) }, mark: { type: 'rule', color: COLOURS.chosen, strokeWidth: 1, strokeDash: [2, 4], opacity: 0.8 }, encoding: { x: stepAxis() } },
      { mark: { type: 'line', strokeWidth: 1.5, opacity: 0.9 }, encoding },
      { mark: { type: 'point', filled: true, size: 25 }, encoding: { x: encoding.x, y: encoding.y, color: encoding.color, tooltip: encoding.tooltip } },
    ]),
  };
}

function cellTooltip(cell, sanitize) {
  const lines = [['slice', cell.slice], ['candidate', cell.candidate], [cell.metric, short(cell.raw)], ['examples', short(cell.examples)]];
  return `<table>${lines.map(([key, text]) => `<tr><td class="key">${sanitize(key)}</td><td class="value">${sanitize(text)}</td></tr>`).join('')}</table>`;
}

/** Names of slices: long ones are cut in their middle, since the value is at the end. */
function sliceAxis(width, axis) {
  const room = Math.min(260, 0.34 * width);
  return { labelLimit: room, labelExpr: `truncate(datum.label, ${Math.floor(room / 7)}, 'center')`, ...axis };
}

function heatSpec(report, metric, which, higherIsBetter, width) {
  const { rows, slices, candidates, chosen, domain, beyond } = heatRows(report, metric, which, higherIsBetter);
  const x = { field: 'candidate', type: 'nominal', title: 'training step', sort: null, scale: { domain: candidates }, axis: { labelAngle: -60, labelOverlap: true, labelLimit: 120, labelExpr: "replace(replace(datum.label, 'step ', ''), ' of ', ', ')" } };
  const y = { field: 'slice', type: 'nominal', title: null, sort: null, scale: { domain: slices }, axis: sliceAxis(width, { labelFontSize: slices.length > 40 ? 10 : 12 }) };
  // Names of runs are longer than steps: what their labels need below is not taken from the rows.
  const longest = Math.max(...candidates.map((name) => name.length - 'step '.length), 0);
  const below = Math.max(0, Math.min(104, 6 * longest) - 30);
  return {
    spec: {
      ...base(AROUND + below + slices.length * (slices.length > 40 ? 14 : 20)),
      data: { values: rows },
      layer: drawn([
        {
          // Naming the fields here would make a text of each cell in advance: see `cellTooltip`.
          mark: { type: 'rect', tooltip: { content: 'data' }, invalid: null },
          encoding: {
            x, y,
            color: { condition: { test: 'datum.value === null', value: COLOURS.undefined }, field: 'value', type: 'quantitative', title: report.metrics[metric], scale: { scheme: 'cividis', reverse: higherIsBetter === false, clamp: true, ...domain }, legend: { gradientLength: 140, orient: 'top' } },
          },
        },
        { data: { values: chosen === null ? [] : [{ candidate: chosen }] }, mark: { type: 'rect', filled: false, stroke: COLOURS.chosen, strokeWidth: 2, y: 0, y2: 'height' }, encoding: { x } },
        { data: { values: chosen === null ? [] : [{ candidate: chosen }] }, mark: { type: 'text', y: 0, baseline: 'bottom', dy: -3, color: COLOURS.chosen, fontWeight: 'bold', text: 'chosen' }, encoding: { x } },
      ]),
    },
    cells: rows.length,
    few: rows.some((row) => row.few),
    beyond,
  };
}

function changeSpec(report, changes, name, metric, width) {
  const rows = changeRows(report, changes, name, metric);
  const y = { field: 'slice', type: 'nominal', title: null, sort: { field: 'order', op: 'min' }, axis: sliceAxis(width, { grid: true }) };
  const tooltip = [{ field: 'slice' }, { field: 'value', title: 'chosen', format: '.5~g' }, { field: 'old', title: 'baseline', format: '.5~g' }, { field: 'change', format: '.3~g' }, { field: 'low', title: 'interval from', format: '.3~g' }, { field: 'high', title: 'to', format: '.3~g' }];
  return {
    ...base(AROUND + rows.length * 20), data: { values: rows },
    layer: [
      { data: { values: [{ zero: 0 }] }, mark: { type: 'rule', color: COLOURS.not, strokeWidth: 2 }, encoding: { x: { field: 'zero', type: 'quantitative' } } },
      { transform: [{ filter: 'isValid(datum.low)' }], mark: { type: 'rule', color: COLOURS.set, strokeWidth: 2 }, encoding: { y, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } } },
      {
        mark: { type: 'point', size: 70, strokeWidth: 2, color: COLOURS.set },
        encoding: { y, x: { field: 'change', type: 'quantitative', title: `change of ${report.metrics[metric]}` }, fill: { condition: { test: 'isValid(datum.low)', value: COLOURS.set }, value: 'transparent' }, tooltip },
      },
    ],
  };
}
