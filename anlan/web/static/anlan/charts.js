/* Charts: each [data-chart] names a JSON address; the figures are drawn by ECharts and repeated as a table. No inline script, no HTML from data. */
(function () {
  "use strict";
  var charts = {};

  function token(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function look() {
    return {
      ink: token("--ink"), muted: token("--muted"), line: token("--line"), card: token("--card"), font: token("--sans"),
      danger: token("--danger"), series: [1, 2, 3, 4].map(function (n) { return token("--series-" + n); }), soft: token("--accent-soft"),
      quiet: token("--series-muted")
    };
  }

  function base(c) {
    return {
      animation: false,
      textStyle: { fontFamily: c.font, fontSize: 12, color: c.ink },
      tooltip: { renderMode: "richText", confine: true, backgroundColor: c.card, borderColor: c.line, textStyle: { color: c.ink, fontSize: 12 } },
      aria: { enabled: false }
    };
  }

  function axisText(c) { return { color: c.muted, fontSize: 12 }; }
  function quietLine(c) { return { lineStyle: { color: c.line } }; }
  function known(values) { return values.filter(function (value) { return value !== null; }); }

  /* The lowest whole ten below all values: lines may start above zero, bars never do. */
  function floorOf(values) {
    var least = Math.min.apply(null, known(values).concat([100]));
    return Math.max(0, Math.floor((least - 2) / 10) * 10);
  }

  function spread(data, c) {
    var groups = data.groups, placed = groups.map(function () { return []; }), points = [], risks = [];
    var least = floorOf(data.dots.map(function (dot) { return dot.worst; })), wide = (100 - least) / 42;
    data.dots.forEach(function (dot) {
      if (dot.score === null) return;
      var group = groups.indexOf(dot.group), y = group + free(placed[group], dot, wide);
      points.push({ value: [dot.score, y], group: group, name: dot.name, url: dot.url, worst: dot.worst });
      if (dot.worst < dot.score) risks.push([dot.worst, dot.score, y]);
    });
    lowest(points, groups).forEach(function (point) {
      var isRight = point.value[0] > (least + 100) / 2;
      point.label = { show: true, formatter: point.name, position: "top", align: isRight ? "right" : "left", offset: [isRight ? 8 : -8, -1], color: c.ink, fontSize: 12 };
    });
    var option = base(c);
    option.grid = { left: 22, right: 20, top: 4, bottom: 4, containLabel: true };
    option.xAxis = { type: "value", min: least, max: 100, axisLine: { show: false, onZero: false }, axisTick: { show: false }, axisLabel: axisText(c), splitLine: quietLine(c) };
    option.yAxis = { type: "value", inverse: true, min: -1, max: groups.length, interval: 1, axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } };
    option.yAxis.axisLabel = { color: c.ink, fontSize: 12, lineHeight: 17, showMinLabel: false, showMaxLabel: false, formatter: function (value) {
      return groups[value] === undefined ? "" : groups[value] + "\n" + data.words.median + " " + shown(data.medians[groups[value]]);
    } };
    option.series = [
      { type: "custom", silent: true, z: 1, renderItem: riskLine(c), data: risks, encode: { x: [0, 1], y: 2 } },
      { type: "custom", silent: true, z: 1, renderItem: medianMark(c), data: groups.map(function (group, n) { return [data.medians[group], n]; }) },
      { type: "scatter", z: 3, symbolSize: 11, data: points, itemStyle: { color: c.series[0], borderColor: c.card, borderWidth: 1.5 }, labelLayout: { hideOverlap: true } }
    ];
    option.tooltip.formatter = function (item) {
      if (!item.data || !item.data.name) return "";
      var lines = [item.data.name, data.words.score + " " + item.data.value[0]];
      if (item.data.worst < item.data.value[0]) lines.push(item.data.worst + " " + data.words.worst);
      return lines.join("\n");
    };
    return option;
  }

  /* The nearest row beside the middle where the dot covers no other. */
  function free(taken, dot, wide) {
    for (var n = 0; n < 40; n += 1) {
      var y = (n % 2 ? -1 : 1) * Math.ceil(n / 2) * 0.17;
      var hit = taken.some(function (other) { return Math.abs(other.x - dot.score) < wide && Math.abs(other.y - y) < 0.16; });
      if (!hit) { taken.push({ x: dot.score, y: y }); return y; }
    }
    return 0;
  }

  /* One name per class: the lowest, where it stands apart. */
  function lowest(points, groups) {
    return groups.map(function (_, group) {
      return points.filter(function (point) { return point.group === group; }).sort(function (a, b) { return a.value[0] - b.value[0]; });
    }).filter(function (list) { return list.length > 1 && list[0].value[0] < list[1].value[0] - 2; }).map(function (list) { return list[0]; });
  }

  function riskLine(c) {
    return function (params, api) {
      var from = api.coord([api.value(0), api.value(2)]), to = api.coord([api.value(1), api.value(2)]);
      return { type: "group", children: [
        { type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style: { stroke: c.series[1], lineWidth: 2 } },
        { type: "line", shape: { x1: from[0], y1: from[1] - 4, x2: from[0], y2: from[1] + 4 }, style: { stroke: c.series[1], lineWidth: 2 } }
      ] };
    };
  }

  function medianMark(c) {
    return function (params, api) {
      var at = api.coord([api.value(0), api.value(1)]), half = Math.abs(api.size([0, 1])[1]) * 0.34;
      return { type: "line", shape: { x1: at[0], y1: at[1] - half, x2: at[0], y2: at[1] + half }, style: { stroke: c.quiet, lineWidth: 2, lineDash: [3, 3] } };
    };
  }

  function trend(data, c) {
    var option = base(c), all = [].concat.apply([], data.columns), lines = data.columns.length > 1 ? [0].concat(data.columns.length > 3 ? [3] : []) : [0];
    option.grid = { left: 8, right: 92, top: 16, bottom: 8, containLabel: true };
    option.xAxis = { type: "category", data: data.labels, boundaryGap: false, axisLabel: axisText(c), axisLine: quietLine(c), axisTick: { show: false } };
    option.yAxis = { type: "value", min: floorOf(all), max: 100, axisLabel: axisText(c), splitLine: quietLine(c) };
    option.series = data.columns.length > 2 ? band(data, c) : [];
    lines.forEach(function (column, n) {
      option.series.push({
        type: "line", name: data.names[column], data: data.columns[column], symbol: "circle", symbolSize: 6, z: 4,
        lineStyle: { width: 2.5, color: c.series[n] }, itemStyle: { color: c.series[n] },
        endLabel: { show: true, formatter: "{c}\n" + short(data.names[column]), color: c.series[n], fontSize: 12, lineHeight: 16, fontWeight: 600 }, labelLayout: { moveOverlap: "shiftY" }
      });
    });
    option.tooltip.trigger = "axis";
    option.tooltip.formatter = function (items) {
      var n = items[0].dataIndex;
      return [data.labels[n]].concat(data.names.map(function (name, column) { return name + " " + shown(data.columns[column][n]); })).join("\n");
    };
    return option;
  }

  /* The middle half of the institutions, as a quiet band behind the lines. */
  function band(data, c) {
    var low = data.columns[1], width = data.columns[2].map(function (high, n) { return high === null ? null : high - low[n]; });
    var plain = { type: "line", stack: "band", silent: true, symbol: "none", lineStyle: { opacity: 0 }, tooltip: { show: false } };
    return [
      Object.assign({}, plain, { data: low }),
      Object.assign({}, plain, { data: width, areaStyle: { color: c.soft, opacity: 1 } })
    ];
  }

  function months(data, c) {
    var option = base(c), bars = data.series.filter(function (one) { return one.kind === "bar"; });
    var percent = data.series.every(function (one) { return one.unit === "%"; }), all = [].concat.apply([], data.series.map(function (one) { return one.values; }));
    var least = percent && !bars.length ? floorOf(all.concat(data.target === null ? [] : [data.target])) : 0;
    option.grid = { left: 8, right: data.target === null ? 16 : 62, top: 58, bottom: 8, containLabel: true };
    option.legend = { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: c.ink, fontSize: 12 }, show: data.series.length > 1 || data.target !== null };
    option.xAxis = { type: "category", data: data.labels, axisLabel: axisText(c), axisLine: quietLine(c), axisTick: { show: false } };
    option.yAxis = { type: "value", min: least, max: percent ? 100 : roomAbove(all), minInterval: 1, axisLabel: axisText(c), splitLine: quietLine(c), name: percent ? "%" : data.series[0].unit, nameGap: 10, nameTextStyle: { color: c.muted, align: "left", padding: [0, 0, 0, -16] } };
    option.series = data.series.map(function (one, n) {
      var color = c.series[n % 4], made = { name: one.name, type: one.kind, data: one.values, itemStyle: { color: color } };
      if (one.kind === "bar") {
        made.barMaxWidth = 34; made.barGap = "10%";
        made.label = { show: bars.length < 3, position: "top", color: c.ink, fontSize: 12 };
      } else {
        made.lineStyle = { color: color, width: 2, type: bars.length ? "dashed" : "solid" };
        made.symbol = bars.length ? "none" : "circle"; made.symbolSize = 7; made.step = bars.length ? "middle" : false; made.connectNulls = false;
        made.label = { show: !bars.length && data.series.length === 1, position: "top", color: c.ink, fontSize: 12 };
        made.labelLayout = { hideOverlap: true };
      }
      return made;
    });
    if (data.target !== null && option.series.length) option.series[0].markLine = {
      silent: true, symbol: "none", lineStyle: { color: c.danger, type: "dashed", width: 1.5 }, data: [{ yAxis: data.target }],
      label: { formatter: data.words.target + " " + data.target + (percent ? " %" : ""), position: "end", color: c.danger, fontSize: 12 }
    };
    option.tooltip.trigger = "axis";
    option.tooltip.formatter = function (items) {
      var n = items[0].dataIndex;
      return [data.labels[n]].concat(data.series.map(function (one) { return one.name + " " + shown(one.values[n]) + (one.values[n] === null ? "" : " " + one.unit); })).join("\n");
    };
    return option;
  }

  /* Bars carry their number on top: leave room for it below the unit. */
  function roomAbove(values) { return Math.max(2, Math.ceil(Math.max.apply(null, known(values).concat([1])) * 1.15)); }

  function short(name) { return name.length > 7 ? name.slice(0, 6) + "…" : name; }
  function shown(value) { return value === null || value === undefined ? "—" : String(value); }

  var KINDS = { spread: spread, trend: trend, months: months };

  function table(box, data) {
    var made = document.createElement("table"), head = made.createTHead().insertRow(), body = made.createTBody();
    made.className = "a-table a-table-dense";
    data.table.head.forEach(function (text) { var cell = document.createElement("th"); cell.scope = "col"; cell.textContent = text; head.appendChild(cell); });
    data.table.body.forEach(function (row) {
      var line = body.insertRow();
      row.forEach(function (text, n) { var cell = line.insertCell(); cell.textContent = text; if (n && !isNaN(parseFloat(text))) cell.className = "a-num"; });
    });
    box.replaceChildren(made);
  }

  function draw(box) {
    fetch(box.dataset.chart, { headers: { Accept: "application/json" }, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    }).then(function (data) {
      var twin = document.querySelector('[data-chart-table="' + box.id + '"]');
      if (twin) table(twin, data);
      if (charts[box.id]) charts[box.id].dispose();
      var chart = charts[box.id] = window.echarts.init(box, null, { renderer: "canvas" });
      chart.setOption(KINDS[data.kind](data, look()));
      chart.on("click", function (item) { if (item.data && item.data.url) window.location.assign(item.data.url); });
      box.dataset.drawn = "yes";
    }).catch(function () { box.classList.add("a-chart-fail"); box.textContent = "—"; });
  }

  function choose(select) {
    var box = document.getElementById(select.dataset.chartFor), here = new URL(window.location.href), source = new URL(box.dataset.chart, here);
    [here, source].forEach(function (url) { if (select.value) url.searchParams.set(select.name, select.value); else url.searchParams.delete(select.name); });
    box.dataset.chart = source.pathname + source.search;
    window.history.replaceState(null, "", here);
    draw(box);
  }

  function start() {
    document.querySelectorAll("select[data-chart-for]").forEach(function (select) {
      if (select.value) { var box = document.getElementById(select.dataset.chartFor), url = new URL(box.dataset.chart, window.location.href); url.searchParams.set(select.name, select.value); box.dataset.chart = url.pathname + url.search; }
      select.addEventListener("change", function () { choose(select); });
    });
    document.querySelectorAll("select[data-submit]").forEach(function (select) { select.addEventListener("change", function () { select.form.submit(); }); });
    document.querySelectorAll("[data-chart]").forEach(draw);
    window.addEventListener("resize", function () { Object.keys(charts).forEach(function (id) { charts[id].resize(); }); });
    openTarget();
    window.addEventListener("hashchange", openTarget);
    if (document.querySelector("[data-print-page]") && new URLSearchParams(window.location.search).get("open") === "1") window.print();
  }

  /* A link to a rule of the sheet opens it. */
  function openTarget() {
    var target = window.location.hash && document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView({ block: "center" }); }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start); else start();
})();
