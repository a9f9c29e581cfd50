// Used over time, with the forecast as three tails. The page says the same in words.
for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
  const data = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const line = (label, points, more) => ({
    label,
    data: points.map(([x, y]) => ({ x, y })),
    borderWidth: 2,
    pointRadius: 0,
    pointHitRadius: 8,
    ...more,
  });
  const main = color("--app-link") || "#364fc7";
  const quiet = color("--app-quiet") || "#555f6e";
  const rule = "rgb(128 128 128 / .25)"; // a canvas does not know the mixed colors of the theme
  const money = (value) => {
    const text = value.toLocaleString("en-US", { maximumFractionDigits: 2 });
    return data.currency ? `${text} ${data.currency}` : `$${text}`;
  };
  const day = (value) =>
    new Date(value).toLocaleString("en-US", { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: data.zone });
  const sets = [line("Used", data.known, { borderColor: main, pointRadius: data.known.length < 30 ? 2 : 0, backgroundColor: main })];
  if (data.tails.mid) {
    sets.push(line("Forecast", data.tails.mid, { borderColor: main, borderDash: [6, 4] }));
    sets.push(line("Low", data.tails.low, { borderColor: quiet, borderWidth: 1, borderDash: [2, 3] }));
    sets.push(line("High", data.tails.high, { borderColor: quiet, borderWidth: 1, borderDash: [2, 3] }));
  }
  const hour = 3600000;
  const first = Math.floor(data.known[0][0] / hour) * hour;
  const last = Math.max(data.end, data.known[data.known.length - 1][0]);
  const step = Math.max(hour, Math.ceil((last - first) / 5 / hour) * hour);
  if (data.limit > 0) sets.push(line("Granted", [[first, data.limit], [last, data.limit]], { borderColor: "#d63939", borderWidth: 1 }));
  const evenTicks = (scale) => {
    scale.ticks = [];
    for (let value = first; value <= last; value += step) scale.ticks.push({ value });
  };
  new window.Chart(canvas, {
    type: "line",
    data: { datasets: sets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      plugins: {
        legend: { position: "bottom", labels: { color: quiet, boxWidth: 16, boxHeight: 1 } },
        tooltip: { callbacks: { title: (rows) => day(rows[0].parsed.x), label: (row) => `${row.dataset.label}: ${money(row.parsed.y)}` } },
      },
      scales: {
        x: { type: "linear", min: first, max: last, ticks: { color: quiet, maxRotation: 0, callback: day }, afterBuildTicks: evenTicks, grid: { color: rule } },
        y: { beginAtZero: true, ticks: { color: quiet, callback: money }, grid: { color: rule } },
      },
    },
  });
}
