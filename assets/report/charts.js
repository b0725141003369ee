// Makes charts of the drawings of a report: one axis of time for all, zoomed by mouse, finger or keyboard. Without it the
// page says the same. Texts reach the page as text only; nothing is fetched.

(() => {
  const { rateText } = globalThis.reportNumbers;
  const charts = document.getElementById('charts');
  const source = document.getElementById('chart-data');
  if (charts === null || source === null) return;
  const data = JSON.parse(source.textContent ?? '');
  const whole = { min: data.from, max: data.to > data.from ? data.to : data.from + 1 };
  const HEIGHT = 96;
  /** Of the smallest stretch that is shown, in seconds. */
  const LEAST_S = 5;
  /** Ticks of sizes are round in the units that they are written in. */
  const POWERS_OF_2 = Array.from({ length: 62 }, (_, power) => 2 ** power);
  let zone = 'UTC';

  const two = (value) => String(value).padStart(2, '0');
  const clock = (seconds, withSeconds) => {
    const date = new Date(seconds * 1000);
    const [hours, minutes, rest] =
      zone === 'UTC'
        ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
        : [date.getHours(), date.getMinutes(), date.getSeconds()];
    return `${two(hours)}:${two(minutes)}${withSeconds ? `:${two(rest)}` : ''}`;
  };

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    return {
      line: of('line'),
      soft: of('soft'),
      rule: of('rule'),
      mark: of('mark'),
      finding: of('finding-band'),
      gap: of('gap-band'),
    };
  };

  /** Findings and gaps lie behind the line, marks across it. */
  const drawBands = (chart) => {
    const { ctx, bbox } = chart;
    const paint = colours();
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const { kind, from, to } of data.bands) {
      const left = chart.valToPos(from, 'x', true);
      const right = chart.valToPos(to, 'x', true);
      if (kind === 'mark') {
        ctx.strokeStyle = paint.mark;
        ctx.lineWidth = 1.5 * devicePixelRatio;
        ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
        ctx.beginPath();
        ctx.moveTo(left, bbox.top);
        ctx.lineTo(left, bbox.top + bbox.height);
        ctx.stroke();
      } else {
        ctx.fillStyle = paint[kind];
        ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
      }
    }
    ctx.restore();
  };

  const plots = [];
  let zooming = false;

  const showRange = (min, max) => {
    if (zooming) return;
    zooming = true;
    const span = Math.min(whole.max - whole.min, Math.max(LEAST_S, max - min));
    const from = Math.min(whole.max - span, Math.max(whole.min, min));
    for (const { plot } of plots) plot.setScale('x', { min: from, max: from + span });
    zooming = false;
    const isWhole = span >= whole.max - whole.min;
    charts.classList.toggle('zoomed', !isWhole);
    status.textContent = isWhole ? '' : `${clock(from, true)} to ${clock(from + span, true)}`;
  };

  const showCursor = (index) => {
    for (const { plot, output, signal } of plots) {
      const value = index === null || index === undefined ? null : signal.values[index];
      output.textContent =
        value === null || value === undefined
          ? ''
          : `${rateText(value, signal)} at ${clock(plot.data[0][index], true)}`;
    }
  };

  /** @returns {import('uplot').Options} */
  const optionsOf = (signal, width) => {
    const paint = colours();
    const [bottom, top] = signal.range;
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      padding: [6, 8, 0, 0],
      cursor: {
        sync: { key: 'report', setSeries: false },
        y: false,
        points: { size: 7 },
        drag: { x: true, y: false, setScale: true },
      },
      scales: { x: { time: false, range: (_, min, max) => [min, max] }, y: { range: [bottom, top] } },
      axes: [
        {
          stroke: paint.soft,
          font: '11px system-ui, sans-serif',
          size: 22,
          grid: { stroke: paint.rule, width: 1 },
          ticks: { show: false },
          incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400],
          values: (_, times) => times.map((time) => clock(time, whole.max - whole.min < 600)),
        },
        {
          stroke: paint.soft,
          font: '11px system-ui, sans-serif',
          size: 72,
          space: 30,
          ...(signal.unit === 'bytes' || signal.unit === 'KiB' ? { incrs: POWERS_OF_2 } : {}),
          grid: { stroke: paint.rule, width: 1 },
          ticks: { show: false },
          values: (_, values) => values.map((value) => rateText(value, signal)),
        },
      ],
      series: [{}, { label: signal.label, stroke: paint.line, width: 1.4, points: { show: false } }],
      hooks: {
        drawClear: [drawBands],
        setScale: [
          (chart, key) => {
            const { x } = chart.scales;
            if (key === 'x' && !zooming && x !== undefined) showRange(x.min, x.max);
          },
        ],
        setCursor: [(chart) => showCursor(chart.cursor.idx)],
      },
    };
  };

  const draw = () => {
    for (const { plot } of plots.splice(0)) plot.destroy();
    for (const row of charts.querySelectorAll('[data-signal]')) {
      if (!(row instanceof HTMLElement)) continue;
      const signal = data.signals[Number(row.dataset.signal)];
      const place = row.querySelector('.plot');
      if (!(place instanceof HTMLElement)) continue;
      const plot = new uPlot(optionsOf(signal, place.clientWidth), [data.times, signal.values], place);
      plot.root.setAttribute('aria-hidden', 'true');
      plots.push({ plot, signal, output: row.querySelector('.at-cursor') });
    }
  };

  const scale = () => plots[0]?.plot.scales.x ?? whole;
  const move = (share) => {
    const { min, max } = scale();
    const by = (max - min) * share;
    showRange(min + by, max + by);
  };
  const zoom = (factor) => {
    const { min, max } = scale();
    const middle = (min + max) / 2;
    const half = ((max - min) * factor) / 2;
    showRange(middle - half, middle + half);
  };

  const button = (text, label, action) => {
    // Where the text says it, it is its name.
    const one = document.createElement('button');
    one.type = 'button';
    one.textContent = text;
    if (label !== null) one.setAttribute('aria-label', label);
    one.addEventListener('click', action);
    return one;
  };
  const tools = document.createElement('div');
  tools.className = 'tools';
  tools.setAttribute('role', 'group');
  tools.setAttribute('aria-label', 'Charts');
  const status = document.createElement('span');
  status.setAttribute('role', 'status');
  const zones = button('Local time', null, () => {
    zone = zone === 'UTC' ? 'local' : 'UTC';
    zones.textContent = zone === 'UTC' ? 'Local time' : 'UTC';
    showZone();
    for (const { plot } of plots) plot.redraw(false, true);
  });
  tools.append(
    button('+', 'Zoom in', () => zoom(0.5)),
    button('−', 'Zoom out', () => zoom(2)),
    button('←', 'Earlier', () => move(-0.25)),
    button('→', 'Later', () => move(0.25)),
    button('Whole recording', null, () => showRange(whole.min, whole.max)),
    zones,
    status,
  );
  charts.before(tools);

  const KEYS = new Map([
    ['+', () => zoom(0.5)],
    ['=', () => zoom(0.5)],
    ['-', () => zoom(2)],
    ['ArrowLeft', () => move(-0.25)],
    ['ArrowRight', () => move(0.25)],
    ['Home', () => showRange(whole.min, whole.max)],
  ]);
  tools.addEventListener('keydown', (event) => {
    const action = event.ctrlKey || event.altKey || event.metaKey ? undefined : KEYS.get(event.key);
    if (action === undefined) return;
    event.preventDefault();
    action();
  });

  /** Every time of the page, and what is said of them. */
  const note = document.getElementById('zone-note');
  const noteBefore = note?.textContent ?? '';
  const stamps = [...document.querySelectorAll('time')].map((element) => ({
    element,
    before: element.textContent ?? '',
    zone: element.parentElement?.querySelector('.zone') ?? null,
  }));
  const showZone = () => {
    if (note !== null)
      note.textContent =
        zone === 'UTC'
          ? noteBefore
          : `Times are those of this browser: ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`;
    for (const stamp of stamps) {
      const date = new Date(stamp.element.dateTime);
      const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
      const time = clock(date.getTime() / 1000, true);
      const dated =
        stamp.before.length > 14
          ? `${day} ${time}`
          : stamp.before.length > 8
            ? `${day.slice(5)} ${time}`
            : time;
      stamp.element.textContent = zone === 'UTC' ? stamp.before : dated;
      if (stamp.zone !== null) stamp.zone.textContent = zone === 'UTC' ? 'UTC' : 'local';
    }
  };

  charts.classList.add('charted');
  draw();
  let width = charts.clientWidth;
  addEventListener('resize', () => {
    if (charts.clientWidth === width) return;
    width = charts.clientWidth;
    for (const { plot } of plots)
      plot.setSize({ width: plot.root.parentElement.clientWidth, height: HEIGHT });
  });
  // What a canvas is painted with does not follow the page by itself.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    const { min, max } = scale();
    draw();
    showRange(min, max);
  });
})();
