// TFMA's plots of one candidate, the chosen beside it: ROC, precision and recall, calibration,
// confusion matrices, residuals.

const PLOT_HEIGHT = 300;
const FEW_POSITIVES = 20;

const ratio = (above, below) => (below > 0 ? above / below : null);

function thresholdRows(plot, who) {
  return plot.threshold.map((threshold, i) => {
    const [tp, fp, tn, fn] = ['true_positives', 'false_positives', 'true_negatives', 'false_negatives'].map((key) => plot[key][i]);
    return { who, threshold, order: i, positives: tp + fp, fpr: ratio(fp, fp + tn), recall: ratio(tp, tp + fn), precision: ratio(tp, tp + fp) };
  });
}

function pairedSpec(rows, whos, x, y, title, extra, mark) {
  return {
    ...base(PLOT_HEIGHT), title: { text: title, color: 'currentColor', anchor: 'start', fontSize: 14 },
    layer: [
      ...extra,
      {
        data: { values: rows.filter((row) => row[x.field] !== null && row[y.field] !== null) },
        mark,
        encoding: {
          x: { type: 'quantitative', ...x }, y: { type: 'quantitative', ...y }, order: { field: 'order' },
          color: { field: 'who', title: null, scale: { domain: whos, range: [COLOURS.chosen, COLOURS.set] }, legend: whos.length > 1 ? {} : null },
          ...(mark.type === 'line' ? { strokeDash: { field: 'who', title: null, scale: { domain: whos, range: [[1, 0], [5, 3]] }, legend: whos.length > 1 ? {} : null } } : {}),
          tooltip: [{ field: 'who', title: 'candidate' }, ...['threshold', 'examples', x.field, y.field].map((field) => ({ field, format: '.4~g' }))],
        },
      },
    ],
  };
}

const diagonal = (low, high) => ({ data: { values: [{ a: low }, { a: high }] }, mark: { type: 'line', color: COLOURS.not, strokeDash: [2, 3] }, encoding: { x: { field: 'a', type: 'quantitative' }, y: { field: 'a', type: 'quantitative' } } });
const level = (at) => ({ data: { values: [{ a: at }] }, mark: { type: 'rule', color: COLOURS.not, strokeDash: [2, 3] }, encoding: { y: { field: 'a', type: 'quantitative' } } });

/** Specifications for the plots of a kind: `pairs` are names and plots of the candidates. */
function curveSpecs(pairs) {
  const whos = pairs.map(([who]) => who);
  const rows = pairs.flatMap(([who, plot]) => thresholdRows(plot, who));
  const unit = { domain: [0, 1] };
  const line = { type: 'line', strokeWidth: 2, point: { size: 12, filled: true } };
  // Of a few predicted positives, precision jumps between 0 and 1.
  const steady = rows.filter((row) => row.positives >= FEW_POSITIVES && row.recall > 0);
  const highest = Math.max(...steady.map((row) => row.precision));
  const most = { domain: [0, steady.length && highest < 0.5 ? 1.2 * highest : 1] };
  return [
    pairedSpec(rows, whos, { field: 'fpr', title: 'false positive rate', scale: unit }, { field: 'recall', title: 'true positive rate', scale: unit }, 'ROC', [diagonal(0, 1)], line),
    {
      usermeta: { note: `Without thresholds above which fewer than ${FEW_POSITIVES} examples are predicted positive.` },
      ...pairedSpec(steady, whos, { field: 'recall', title: 'recall', scale: unit }, { field: 'precision', title: 'precision', scale: most }, 'Precision and recall', [], line),
    },
  ];
}

function calibrationSpecs(pairs) {
  const whos = pairs.map(([who]) => who);
  const rows = pairs.flatMap(([who, plot]) => plot.prediction.map((prediction, i) => ({
    who, order: i, prediction, label: plot.label[i], residual: plot.label[i] - prediction, examples: plot.examples[i],
  })));
  const all = rows.flatMap((row) => [row.prediction, row.label]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const isShare = low >= 0 && high <= 1;
  const scale = isShare ? { domain: [0, 1] } : { zero: false };
  const counts = rows.map((row) => row.examples);
  const about = Math.round(counts.reduce((sum, count) => sum + count, 0) / counts.length).toLocaleString('en-US');
  const usermeta = { note: `Each point is a mean of examples whose predictions are alike, about ${about} of them. Results have no single examples.` };
  const mark = { type: 'line', strokeWidth: 1.5, point: { size: 45, filled: true } };
  const x = { field: 'prediction', title: 'mean prediction', scale };
  const first = { usermeta, ...pairedSpec(rows, whos, x, { field: 'label', title: isShare ? 'share of positives' : 'mean actual value', scale }, isShare ? 'Calibration' : 'Predicted against actual', [diagonal(isShare ? 0 : low, isShare ? 1 : high)], mark) };
  if (isShare) return [first];
  return [first, pairedSpec(rows, whos, x, { field: 'residual', title: 'mean of actual minus predicted' }, 'Residuals', [level(0)], mark)];
}

function classesSpec(plot, who, width) {
  const totals = new Map();
  plot.entries.forEach(([actual, , count]) => totals.set(actual, (totals.get(actual) || 0) + count));
  const name = (c) => (c < 0 ? 'none' : String(c));
  const rows = plot.entries.map(([actual, predicted, count]) => ({ actual, predicted, row: name(actual), column: name(predicted), count, share: count / totals.get(actual) }));
  // Every class on both axes: one that is never predicted has a column too.
  const classes = [...new Set(plot.entries.flatMap(([actual, predicted]) => [actual, predicted]))].sort((a, b) => a - b);
  const axis = (field, ids, title) => ({ field, type: 'nominal', title, scale: { domain: ids.map(name) }, axis: { labelAngle: 0 } });
  // A square, whose diagonal is one; what is around it takes some of the width.
  const side = Math.min(Math.max(PLOT_HEIGHT, 24 * classes.length), width - 80);
  return {
    ...base(side), width: side, autosize: { type: 'pad' }, title: { text: `Confusion matrix of ${who}${plot.threshold > 0 ? `, predictions above ${short(plot.threshold)}` : ''}`, color: 'currentColor', anchor: 'start', fontSize: 14 },
    data: { values: rows },
    encoding: { x: axis('column', classes, 'predicted class'), y: axis('row', classes.filter((c) => c >= 0), 'actual class') },
    layer: [
      { mark: 'rect', encoding: { color: { field: 'share', type: 'quantitative', title: 'share of the actual class', scale: { scheme: 'blues', domain: [0, 1] } }, tooltip: [{ field: 'row', title: 'actual' }, { field: 'column', title: 'predicted' }, { field: 'count' }, { field: 'share', format: '.1%' }] } },
      { mark: { type: 'text' }, encoding: { text: { field: 'count', format: ',.5~g' }, color: { condition: { test: 'datum.share > 0.5', value: 'white' }, value: '#1b1e24' } } },
    ],
  };
}

/** The binary confusion matrix as a table, at a threshold that a slider moves. */
function matrixFigure(plot, who) {
  const figure = document.createElement('figure');
  figure.innerHTML = '<figcaption></figcaption><p class="controls"><label>positive above <input type="range" min="0"> <output></output></label></p><div class="scroll" tabindex="0"><table class="matrix"><thead><tr><td></td><th scope="col">predicted positive</th><th scope="col">predicted negative</th></tr></thead><tbody><tr><th scope="row">actually positive</th><td></td><td></td></tr><tr><th scope="row">actually negative</th><td></td><td></td></tr></tbody></table></div><p class="note"></p>';
  figure.querySelector('figcaption').textContent = `Confusion matrix of ${who}`;
  const slider = figure.querySelector('input');
  slider.max = plot.threshold.length - 1;
  const distance = plot.threshold.map((threshold) => Math.abs(threshold - 0.5));
  slider.value = distance.indexOf(Math.min(...distance));
  const update = () => {
    const i = Number(slider.value);
    const keys = ['true_positives', 'false_negatives', 'false_positives', 'true_negatives'];
    const [tp, fn, fp, tn] = keys.map((key) => plot[key][i]);
    figure.querySelectorAll('tbody td').forEach((cell, k) => { cell.textContent = [tp, fn, fp, tn][k].toLocaleString('en-US'); });
    figure.querySelector('output').textContent = short(plot.threshold[i]);
    figure.querySelector('.note').textContent = `Precision ${short(ratio(tp, tp + fp))}, recall ${short(ratio(tp, tp + fn))}, accuracy ${short(ratio(tp + tn, tp + tn + fp + fn))}.`;
  };
  slider.addEventListener('input', update);
  update();
  return figure;
}
