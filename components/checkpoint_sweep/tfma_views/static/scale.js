// Scales, ticks and SVG elements for the charts of the Google Charts stand-in.

const SVG = 'http://www.w3.org/2000/svg';
const COLORS = ['#3366cc', '#dc3912', '#ff9900', '#109618', '#990099', '#0099c6', '#dd4477'];

/** A new SVG element; `title` becomes its tooltip, `text` its content. */
function svg(name, attributes = {}, {text, title} = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  if (text !== undefined) element.textContent = text;
  if (title) element.append(svg('title', {}, {text: title}));
  return element;
}

/** Round numbers, about `count` of them, that cover the range from within. */
function niceTicks([low, high], count) {
  const raw = (high - low) / Math.max(count, 1);
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({length: last - first + 1}, (_, i) => Number(((first + i) * step).toFixed(12)));
}

/** Widens a range to round numbers. */
function niceRange([low, high], count) {
  if (low === high) {
    const half = Math.abs(low) * 0.1 || 1;
    return [low - half, high + half];
  }
  const ticks = niceTicks([low, high], count);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : high - low;
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/** Smallest and largest drawable number; [0, 1] when there is none. */
function extent(values) {
  const numbers = values.filter(isNumber);
  if (!numbers.length) return [0, 1];
  return numbers.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
}

/** A function from a domain to pixels; logarithmic if asked, and if the domain is positive. */
function scale([low, high], [start, end], log = false) {
  const f = log && low > 0 ? Math.log10 : (x) => x;
  const span = f(high) - f(low) || 1;
  const forward = (x) => start + ((f(x) - f(low)) / span) * (end - start);
  const inverse = (p) => f(low) + ((p - start) / (end - start || 1)) * span;
  forward.invert = (p) => (f === Math.log10 ? 10 ** inverse(p) : inverse(p));
  return forward;
}

/** A tick's label, as short as it can be. */
function tickLabel(value) {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(1);
  return Number(value.toPrecision(6)).toLocaleString('en');
}

/** The ticks an axis has: those its options name, else round numbers. */
function axisTicks(options, range, count) {
  if (!Array.isArray(options.ticks)) {
    return niceTicks(range, count).map((v) => ({v, f: tickLabel(v)}));
  }
  return options.ticks.map((tick) => (isNumber(tick) ? {v: tick, f: tickLabel(tick)} : tick));
}
