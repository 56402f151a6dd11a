// The bubble chart of the Google Charts stand-in: TFMA's calibration plot.

/** Where a value lies between the ends of an axis, from 0 to 1. */
function position(value, {minValue = 0, maxValue = 1}) {
  const share = (value - minValue) / (maxValue - minValue || 1);
  return Math.min(Math.max(share || 0, 0), 1);
}

/** A colour between two that are written as #rrggbb. */
function mix([from, to], share) {
  const channel = (color, i) => parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16);
  const at = (i) => Math.round(channel(from, i) + share * (channel(to, i) - channel(from, i)));
  return `rgb(${at(0)}, ${at(1)}, ${at(2)})`;
}

/** Columns: id, x, y, and, if there are any, colour and size. */
class BubbleChart extends PlaneChart {
  ranges() {
    const {hAxis = {}, vAxis = {}} = this.options;
    const column = (i) => this.column(i);
    return {x: this.range(column(1), hAxis), y: [this.range(column(2), vAxis)]};
  }

  legend() {
    const {colorAxis = {}} = this.options;
    const label = this.table.getColumnLabel(3).replace(/^color: /, '');
    const [low, high] = [colorAxis.minValue || 0, colorAxis.maxValue || 1].map(tickLabel);
    return [
      {label: `${label} ${low}`, color: colorAxis.colors[0]},
      {label: high, color: colorAxis.colors[1]},
    ];
  }

  marks(layer, {x, y}) {
    const {colorAxis = {}, sizeAxis = {}} = this.options;
    const labels = [1, 2, 3, 4].map((column) => this.table.getColumnLabel(column));
    for (let row = 0; row < this.table.getNumberOfRows(); row += 1) {
      const values = [1, 2, 3, 4].map((column) => this.table.getValue(row, column));
      const [across, up, color, size] = values;
      if (!isNumber(across) || !isNumber(up)) continue;
      const {minSize = 5, maxSize = 30} = sizeAxis;
      layer.append(
        svg(
          'circle',
          {
            cx: x(across),
            cy: y[0](up),
            r: minSize + position(size, sizeAxis) * (maxSize - minSize),
            fill: mix(colorAxis.colors, position(color, colorAxis)),
            stroke: '#888',
            'fill-opacity': 0.8,
          },
          {title: labels.map((label, i) => `${label}: ${values[i]}`).join('\n')},
        ),
      );
    }
  }
}
