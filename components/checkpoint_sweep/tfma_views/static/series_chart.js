// Line, scatter, column and combined charts of the Google Charts stand-in.

const DASHED = '#999';
const LONGEST_LABEL = 28; // characters

const shorten = (text) =>
  (text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text);

class SeriesChart extends PlaneChart {
  /** The kind of a series whose options name none. */
  kind() { return 'line'; }

  /** Groups the columns: a domain, then series, each with the columns that play a role for it. */
  columns() {
    const {table, options} = this;
    const groups = [];
    for (let column = 0; column < table.getNumberOfColumns(); column += 1) {
      const role = table.getColumnRole(column);
      if (role && groups.length) groups[groups.length - 1].roles[role] = column;
      else groups.push({column, label: table.getColumnLabel(column), roles: {}});
    }
    const [domain, ...series] = groups;
    series.forEach((group, index) => {
      const asked = (options.series || {})[index] || {};
      const color = asked.color || (asked.lineDashStyle ? DASHED : COLORS[index % COLORS.length]);
      Object.assign(group, asked, {
        color, type: asked.type || this.kind(), axis: asked.targetAxisIndex || 0,
      });
    });
    return {domain, series};
  }

  /** Where the rows are on the horizontal axis: their numbers, or their order if they are texts. */
  positions({column}) {
    if (this.table.getColumnType(column) === 'number') return this.column(column);
    return this.column(column).map((_, row) => row);
  }

  ranges() {
    const {domain, series} = this.columns();
    const {hAxis = {}, vAxis = {}, vAxes = {}} = this.options;
    const positions = this.positions(domain);
    const hasBars = series.some(({type}) => type === 'bars');
    const pad = hasBars ? this.gap(positions) / 2 : 0;
    const [low, high] = extent(positions);
    const x = this.range([low - pad, high + pad], hAxis, {nice: false});
    const axes = Math.max(...series.map(({axis}) => axis)) + 1;
    const y = Array.from({length: axes}, (_, i) => {
      const own = series.filter(({axis}) => axis === i);
      const values = own.flatMap(({column}) => this.column(column));
      const zero = own.some(({type}) => type === 'bars');
      return this.range(values, vAxes[i] || vAxis, {zero});
    });
    return {x, y};
  }

  /** The smallest distance between two rows: the room that a group of bars has. */
  gap(positions) {
    const sorted = positions.filter(isNumber).sort((a, b) => a - b);
    const gaps = sorted.slice(1).map((p, i) => p - sorted[i]).filter((g) => g > 0);
    return gaps.length ? gaps.reduce((a, b) => Math.min(a, b)) : 1;
  }

  /** Texts label the axis: those of a domain of texts, or those that annotate the domain. */
  horizontalTicks(range, area) {
    const {domain} = this.columns();
    const {annotation} = domain.roles;
    const isText = this.table.getColumnType(domain.column) !== 'number';
    if (annotation === undefined && !isText) return super.horizontalTicks(range, area);
    const ticks = this.positions(domain).map((v, row) => ({
      v, f: shorten(this.table.getFormattedValue(row, annotation ?? domain.column)),
    }));
    return ticks.sort((a, b) => a.v - b.v);
  }

  legend() {
    const {series} = this.columns();
    return series.filter(({label, visibleInLegend}) => label && visibleInLegend !== false);
  }

  marks(layer, {x, y, area}, annotations) {
    const {domain, series} = this.columns();
    const positions = this.positions(domain);
    const bars = series.filter(({type}) => type === 'bars');
    for (const one of series) {
      const values = this.column(one.column);
      const points = positions.map((p, row) => ({
        row, value: values[row], x: x(p), y: y[one.axis](values[row]),
      }));
      if (one.type === 'bars') {
        this.bars(layer, annotations, one, points, {positions, index: bars.indexOf(one),
          count: bars.length, base: y[one.axis](0)});
        continue;
      }
      const drawable = points.filter(({row, value}) => isNumber(value) && isNumber(positions[row]));
      if (one.type === 'line') this.line(layer, one, points, positions);
      this.points(layer, domain, one, drawable, area);
    }
  }

  line(layer, {color, lineDashStyle}, points, positions) {
    let path = '';
    let isDown = false;
    for (const {row, value, x, y} of points) {
      const exists = isNumber(value) && isNumber(positions[row]);
      if (exists) path += `${isDown ? 'L' : 'M'}${x.toFixed(2)},${y.toFixed(2)}`;
      isDown = exists;
    }
    layer.append(svg('path', {
      d: path, fill: 'none', stroke: color, 'stroke-width': 2,
      'stroke-dasharray': lineDashStyle && lineDashStyle.join(' '),
    }));
  }

  /** Markers; those of a line with many points are seen only under the pointer. */
  points(layer, domain, one, points, area) {
    const isSparse = points.length <= (area.right - area.left) / 8;
    const visible = one.type === 'scatter' || (isSparse && !one.lineDashStyle);
    let last = {x: -Infinity, y: -Infinity};
    for (const point of points) {
      const isNear = Math.hypot(point.x - last.x, point.y - last.y) < 3;
      if (isNear && one.type !== 'scatter') continue;
      last = point;
      const mark = this.marker(one, point, visible);
      mark.append(svg('title', {}, {text: this.tooltip(domain, one, point)}));
      this.listen(mark, {row: point.row, column: one.column});
      layer.append(mark);
    }
  }

  marker({color, pointShape}, {x, y}, visible) {
    const look = {fill: color, 'fill-opacity': visible ? 1 : 0, class: 'marker'};
    if (pointShape !== 'diamond') return svg('circle', {cx: x, cy: y, r: 4, ...look});
    return svg('path', {d: `M${x},${y - 5}l5,5l-5,5l-5,-5z`, ...look});
  }

  bars(layer, annotations, one, points, {positions, index, count, base}) {
    const share = parseFloat((this.options.bar || {}).groupWidth || '62%') / 100;
    const {x} = this.scales;
    const room = (x(this.gap(positions)) - x(0)) * share;
    const width = room / count;
    const {domain} = this.columns();
    for (const point of points) {
      const exists = isNumber(point.value);
      const [top, bottom] = exists ? [Math.min(point.y, base), Math.max(point.y, base)] : [base, base];
      const left = point.x - room / 2 + index * width;
      const bar = svg(
        'rect',
        {x: left, y: top, width: Math.max(width, 0.5), height: bottom - top, fill: one.color},
        {title: this.tooltip(domain, one, point)},
      );
      this.listen(bar, {row: point.row, column: one.column});
      layer.append(bar);
      if (one.roles.annotation !== undefined) {
        const note = svg('g');
        const text = this.table.getValue(point.row, one.roles.annotation);
        note.append(this.label(text, left + width / 2, Math.max(top - 3, 10)));
        annotations.append(note);
      }
    }
  }

  tooltip(domain, one, {row, value}) {
    const {tooltip} = one.roles;
    if (tooltip !== undefined) return this.table.getFormattedValue(row, tooltip);
    const at = this.table.getFormattedValue(row, domain.column);
    const shown = isNumber(value) ? String(Number(value.toPrecision(7))) : 'no value';
    return `${at}\n${one.label}: ${shown}`;
  }

  listen(mark, point) {
    if (this.options.enableInteractivity === false) return;
    mark.addEventListener('mouseover', () => events.trigger(this, 'onmouseover', point));
    mark.addEventListener('mouseout', () => events.trigger(this, 'onmouseout', point));
    mark.addEventListener('click', () => {
      const [selected] = this.selection;
      this.selection = selected && selected.row === point.row ? [] : [point];
      this.markSelection();
      events.trigger(this, 'select', {});
    });
  }

  /** Rings the selected points; frames the selected bars. */
  markSelection() {
    const {overlay} = this.groups;
    overlay.replaceChildren();
    const {domain, series} = this.columns();
    const positions = this.positions(domain);
    const {x, y, area} = this.scales;
    for (const {row} of this.selection) {
      if (row === undefined || row === null) continue;
      for (const one of series) {
        const value = this.table.getValue(row, one.column);
        if (!isNumber(value)) continue;
        const [cx, cy] = [x(positions[row]), y[one.axis](value)];
        overlay.append(
          one.type === 'bars'
            ? svg('rect', {x: cx - 4, y: area.bottom + 3, width: 8, height: 4, fill: '#333'})
            : svg('circle', {cx, cy, r: 7, fill: 'none', stroke: one.color, 'stroke-width': 2}),
        );
      }
    }
  }
}
