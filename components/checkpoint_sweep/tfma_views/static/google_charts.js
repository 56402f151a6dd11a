// The entry points of the Google Charts stand-in: google.charts.load and google.visualization with
// the classes that TFMA's component bundle uses. Chart types that it does not have are named on
// the page instead of leaving a hole.

class LineChart extends SeriesChart { kind() { return 'line'; } }
class ScatterChart extends SeriesChart { kind() { return 'scatter'; } }
class ColumnChart extends SeriesChart { kind() { return 'bars'; } }
class ComboChart extends SeriesChart { kind() { return 'line'; } }

const CHARTS = {LineChart, ScatterChart, ColumnChart, ComboChart, BubbleChart, Table};

/** Stands where a chart of a type that is not drawn would be. */
class MissingChart {
  constructor(container, type) {
    this.container = container;
    this.type = type;
  }

  getSelection() { return []; }
  setSelection() {}

  draw(table) {
    const size = `${table.getNumberOfRows()} rows`;
    const text = `A chart of type ${this.type} (${size}) would be here; this page cannot draw it.`;
    this.container.replaceChildren(element('p', 'missing-chart', text));
    events.trigger(this, 'ready', {});
  }
}

class ChartWrapper {
  constructor({container}) {
    this.container = container;
    this.chart = null;
  }

  setChartType(type) { this.type = type; }
  setDataTable(table) { this.table = table; }
  setOptions(options) { this.options = options; }
  getChart() { return this.chart; }

  draw() {
    if (this.drawnType !== this.type) {
      const Chart = CHARTS[this.type];
      this.chart = Chart
        ? new Chart(this.container) : new MissingChart(this.container, this.type);
      this.drawnType = this.type;
      for (const name of ['ready', 'select']) {
        events.addListener(this.chart, name, (detail) => events.trigger(this, name, detail));
      }
    }
    this.chart.draw(this.table, this.options);
  }
}

window.google = {
  charts: {load: () => Promise.resolve()},
  visualization: {...CHARTS, ChartWrapper, DataTable, DataView, arrayToDataTable, events},
};
