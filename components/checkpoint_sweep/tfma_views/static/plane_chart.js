// What all charts in a plane share in the Google Charts stand-in: size, axes, legend, and zoom.

const MARKER = 5; // pixels by which a marker on the edge of the plane sticks out
let charts = 0;

class PlaneChart {
  constructor(container) {
    this.container = container;
    this.selection = [];
    charts += 1;
    this.clip = `clip-${charts}`;
  }

  getSelection() { return this.selection; }

  setSelection(selection) {
    this.selection = selection || [];
    if (this.scales) this.markSelection();
  }

  draw(table, options = {}) {
    if (this.table !== table) this.zoom = null;
    Object.assign(this, {table, options});
    this.render();
    events.trigger(this, 'ready', {});
  }

  render() {
    const {options, container} = this;
    const width = options.width || container.clientWidth || 400;
    const height = options.height || container.clientHeight || 300;
    const root = svg('svg', {width, height, role: 'img', 'aria-label': this.describe()});
    root.style.cssText = 'display: block; font: 11px Roboto, Arial, sans-serif; user-select: none;';
    container.replaceChildren(root);
    if (!this.table.getNumberOfRows() || this.table.getNumberOfColumns() < 2) {
      root.append(this.label('No data to draw', width / 2, height / 2));
      return;
    }
    const ranges = this.zoom || this.ranges();
    const entries = (options.legend || {}).position === 'none' ? [] : this.legend();
    const area = this.area(width, height, ranges.y.length, entries.length > 0);
    const {hAxis = {}} = options;
    const axes = ranges.y.map((_, i) => (options.vAxes || {})[i] || options.vAxis || {});
    this.scales = {
      x: scale(ranges.x, [area.left, area.right], hAxis.logScale),
      y: ranges.y.map((r, i) => scale(r, [area.bottom, area.top], axes[i].logScale)),
      area,
    };
    // TFMA's histogram finds bars and their annotations by this order of groups.
    const clip = svg('clipPath', {id: this.clip});
    clip.append(svg('rect', this.box({
      left: area.left - MARKER, right: area.right + MARKER,
      top: area.top - MARKER, bottom: area.bottom + MARKER,
    })));
    const definitions = svg('defs');
    definitions.append(clip);
    const plane = svg('g', {'clip-path': `url(#${this.clip})`});
    const groups = {grid: svg('g'), marks: svg('g')};
    plane.append(groups.grid, groups.marks);
    const others = {axes: svg('g'), legend: svg('g'), annotations: svg('g'), overlay: svg('g')};
    root.append(definitions, plane, ...Object.values(others));
    this.groups = {...groups, ...others};
    this.drawAxes(ranges, axes);
    this.drawLegend(entries, area);
    this.marks(this.groups.marks, this.scales, this.groups.annotations);
    this.markSelection();
    if ((options.explorer || {}).actions) this.enableZoom(root, area);
  }

  /** The values of a column. */
  column(index) {
    return Array.from({length: this.table.getNumberOfRows()}, (_, r) =>
      this.table.getValue(r, index));
  }

  /** The range of an axis: what its options ask for, else round numbers around the values. */
  range(values, {minValue, maxValue, viewWindow = {}} = {}, {nice = true, zero = false} = {}) {
    const asked = [minValue, maxValue].filter(isNumber);
    let range = extent([...values, ...asked, ...(zero ? [0] : [])]);
    if (nice || range[0] === range[1]) range = niceRange(range, 5);
    return [viewWindow.min ?? range[0], viewWindow.max ?? range[1]];
  }

  area(width, height, verticalAxes, hasLegend) {
    const {chartArea, hAxis = {}, title} = this.options;
    if (chartArea) {
      const share = (size, text) => (parseFloat(text) / 100) * size;
      const {top, left} = chartArea;
      const right = Math.min(left + share(width, chartArea.width), width - 8);
      return {left, top, right, bottom: top + share(height, chartArea.height)};
    }
    return {
      left: 58,
      top: 12 + (title ? 18 : 0) + (hasLegend ? 18 : 0),
      right: width - (verticalAxes > 1 ? 58 : 16),
      bottom: height - (hAxis.title ? 40 : 24),
    };
  }

  box({left, top, right, bottom}) {
    return {x: left, y: top, width: Math.max(right - left, 0), height: Math.max(bottom - top, 0)};
  }

  label(text, x, y, attributes = {}) {
    return svg('text', {x, y, 'text-anchor': 'middle', fill: '#444', ...attributes}, {text});
  }

  drawAxes(ranges, axes) {
    const {x, y, area} = this.scales;
    const {grid, axes: layer} = this.groups;
    const {hAxis = {}, title} = this.options;
    const line = (x1, y1, x2, y2, stroke) => svg('line', {x1, y1, x2, y2, stroke});
    y.forEach((along, i) => {
      const [side, anchor, at] = i
        ? [6, 'start', area.right] : [-6, 'end', area.left];
      for (const {v, f} of axisTicks(axes[i], ranges.y[i], (area.bottom - area.top) / 38)) {
        if (i === 0) grid.append(line(area.left, along(v), area.right, along(v), '#e0e0e0'));
        layer.append(this.label(f, at + side, along(v) + 4, {'text-anchor': anchor}));
      }
      if (axes[i].title) {
        const middle = (area.top + area.bottom) / 2;
        const place = i ? area.right + 50 : 12;
        const transform = `rotate(-90 ${place} ${middle})`;
        layer.append(this.label(axes[i].title, place, middle, {transform, 'font-style': 'italic'}));
      }
    });
    layer.append(line(area.left, area.bottom, area.right, area.bottom, '#333'));
    let free = -Infinity;
    for (const {v, f} of this.horizontalTicks(ranges.x, area)) {
      const half = (f.length * 6) / 2;
      if (x(v) - half < free || x(v) < area.left - 1 || x(v) > area.right + 1) continue;
      free = x(v) + half + 6;
      layer.append(this.label(f, x(v), area.bottom + 14));
    }
    const center = (area.left + area.right) / 2;
    if (hAxis.title) {
      layer.append(this.label(hAxis.title, center, area.bottom + 32, {'font-style': 'italic'}));
    }
    if (title) layer.append(this.label(title, center, 16, {'font-weight': 'bold'}));
  }

  horizontalTicks(range, area) {
    return axisTicks(this.options.hAxis || {}, range, (area.right - area.left) / 70);
  }

  drawLegend(entries, area) {
    let at = area.left;
    for (const {label, color} of entries) {
      const mark = {x: at, y: area.top - 16, width: 10, height: 10, fill: color, stroke: '#bbb'};
      const text = this.label(label, at + 14, area.top - 7, {'text-anchor': 'start'});
      this.groups.legend.append(svg('rect', mark), text);
      at += 30 + label.length * 6;
    }
  }

  /** Dragging zooms in, a right click shows everything again. */
  enableZoom(root, area) {
    const {x, y} = this.scales;
    const frame = svg('rect', {fill: '#36c', 'fill-opacity': 0.15, stroke: '#36c'});
    let from = null;
    const span = (event) => {
      const {left, top} = root.getBoundingClientRect();
      const inside = (value, low, high) => Math.min(Math.max(value, low), high);
      return {
        x: inside(event.clientX - left, area.left, area.right),
        y: inside(event.clientY - top, area.top, area.bottom),
      };
    };
    const corners = (to) => ({
      left: Math.min(from.x, to.x), right: Math.max(from.x, to.x),
      top: Math.min(from.y, to.y), bottom: Math.max(from.y, to.y),
    });
    root.addEventListener('pointerdown', (event) => {
      if (event.button === 0) from = span(event);
    });
    root.addEventListener('pointermove', (event) => {
      if (!from) return;
      for (const [key, value] of Object.entries(this.box(corners(span(event))))) {
        frame.setAttribute(key, value);
      }
      if (!frame.isConnected) root.append(frame);
    });
    root.addEventListener('pointerleave', () => { from = null; frame.remove(); });
    root.addEventListener('pointerup', (event) => {
      if (!from) return;
      const {left, right, top, bottom} = corners(span(event));
      from = null;
      frame.remove();
      if (right - left < 5 || bottom - top < 5) return;
      this.zoom = {
        x: [x.invert(left), x.invert(right)],
        y: y.map((along) => [along.invert(bottom), along.invert(top)]),
      };
      this.render();
    });
    root.addEventListener('contextmenu', (event) => {
      event.preventDefault();
      this.zoom = null;
      this.render();
    });
  }

  describe() {
    const labels = Array.from({length: this.table.getNumberOfColumns()}, (_, i) =>
      this.table.getColumnRole(i) ? '' : this.table.getColumnLabel(i));
    return `Chart of ${labels.filter(Boolean).join(', ')}`;
  }

  markSelection() {}
}
