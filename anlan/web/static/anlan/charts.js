/* Draws every element with data-chart from its JSON, with our colours, and fills the table twin beneath it. */
(function () {
  "use strict";

  function token(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function base() {
    var muted = token("--muted"), line = token("--line");
    return {
      animation: false,
      textStyle: { fontFamily: token("--sans"), fontSize: 12, color: muted },
      tooltip: { renderMode: "richText", backgroundColor: token("--card"), borderColor: token("--line-2"), textStyle: { color: token("--ink"), fontSize: 12 } },
      axis: {
        axisLine: { lineStyle: { color: token("--line-2") } }, axisTick: { show: false },
        axisLabel: { color: muted, fontSize: 12 }, splitLine: { lineStyle: { color: line } }
      }
    };
  }

  function axis(own) { return Object.assign({}, base().axis, own); }

  function lines(data, wide) {
    var look = base(), colours = ["--series-1", "--series-2", "--series-3", "--series-4"].map(token);
    var hasMain = data.series.some(function (one) { return one.is_main; });
    var percent = data.series.some(function (one) { return one.is_percent; });
    var other = data.series.some(function (one) { return !one.is_percent; });
    var axes = [];
    if (other || !percent) axes.push(axis({ type: "value", scale: hasMain || data.series.length === 1 && data.unit !== "", name: data.unit, nameTextStyle: { align: "left" } }));
    if (percent) axes.push(axis({ type: "value", min: 0, max: 100, axisLabel: { formatter: "{value}%", color: token("--muted") }, splitLine: { show: !other } }));
    return {
      animation: false, textStyle: look.textStyle,
      tooltip: Object.assign({ trigger: "axis" }, look.tooltip),
      grid: { left: 8, right: wide ? 150 : 70, top: 26, bottom: 8, containLabel: true },
      xAxis: axis({ type: "category", data: data.labels, boundaryGap: false, splitLine: { show: false } }),
      yAxis: axes,
      series: data.series.map(function (one, index) {
        var muted = hasMain && !one.is_main, colour = muted ? token("--series-muted") : colours[index % 4];
        if (one.is_main) colour = colours[0];
        return {
          type: "line", name: one.name, data: one.values, step: false, connectNulls: false, symbol: "circle", symbolSize: muted ? 4 : 6,
          yAxisIndex: one.is_percent && other ? 1 : 0,
          lineStyle: { color: colour, width: muted ? 1.5 : 2.5, type: index > 0 && !muted && !one.is_main ? "dashed" : "solid" }, itemStyle: { color: colour },
          labelLayout: { moveOverlap: "shiftY" },
          endLabel: { show: true, color: muted ? token("--muted") : token("--ink"), fontSize: 12, width: wide ? 136 : 60, overflow: wide ? "break" : "truncate",
            formatter: function (p) { return wide ? one.name + " " + p.value + (one.is_percent ? "%" : "") : String(p.value) + (one.is_percent ? "%" : ""); } }
        };
      })
    };
  }

  function dots(data, wide) {
    var look = base(), groups = [];
    data.dots.forEach(function (dot) { if (groups.indexOf(dot.group) < 0) groups.push(dot.group); });
    groups.reverse();
    var seen = {};
    var points = data.dots.map(function (dot) {
      var key = dot.group + "|" + Math.round(dot.value), nth = seen[key] = (seen[key] || 0) + 1;
      return { name: dot.name, url: dot.url, value: [dot.value, groups.indexOf(dot.group)], symbolOffset: [0, (nth % 2 ? 1 : -1) * Math.floor(nth / 2) * 9] };
    });
    return {
      animation: false, textStyle: look.textStyle,
      tooltip: Object.assign({ trigger: "item", formatter: function (p) { return p.name + "  " + p.value[0]; } }, look.tooltip),
      grid: { left: 8, right: 20, top: 10, bottom: 24, containLabel: true },
      xAxis: axis({ type: "value", min: function (range) { return Math.max(0, Math.floor(range.min / 10) * 10 - 10); }, max: 100, name: data.unit, nameLocation: "middle", nameGap: 22 }),
      yAxis: axis({ type: "category", data: groups, axisLabel: { color: token("--ink"), width: wide ? 160 : 84, overflow: "break" }, splitLine: { show: true, lineStyle: { color: token("--line") } } }),
      series: [{ type: "scatter", data: points, symbolSize: 11, cursor: "pointer", itemStyle: { color: token("--series-1"), opacity: 0.75, borderColor: token("--card"), borderWidth: 1 }, emphasis: { itemStyle: { opacity: 1 } } }]
    };
  }

  function table(data) {
    var table = document.createElement("table"), head = table.createTHead().insertRow(), body = table.createTBody();
    table.className = "a-table a-table-dense";
    data.columns.forEach(function (name, index) {
      var cell = document.createElement("th");
      cell.scope = "col"; cell.textContent = name;
      if (index && typeof (data.rows[0] || [])[index] !== "string") cell.className = "a-num";
      head.appendChild(cell);
    });
    data.rows.forEach(function (row) {
      var line = body.insertRow();
      row.forEach(function (value, index) {
        var cell = line.insertCell();
        cell.textContent = value === null ? "—" : value;
        if (index && typeof value !== "string") cell.className = "a-num";
      });
    });
    return table;
  }

  function draw(element) {
    element.dataset.drawn = "1";
    fetch(element.dataset.chart, { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then(function (answer) { if (!answer.ok) throw new Error(answer.status); return answer.json(); })
      .then(function (data) {
        var twin = document.querySelector('[data-chart-table="' + element.id + '"]');
        if (twin) twin.replaceChildren(table(data));
        if (!data.rows.length) throw new Error("empty");
        element.replaceChildren();
        var chart = echarts.init(element);
        var paint = function () { var wide = element.clientWidth > 560; chart.setOption(data.kind === "dots" ? dots(data, wide) : lines(data, wide), true); };
        paint();
        chart.on("click", function (event) { if (event.data && event.data.url) window.location.assign(event.data.url); });
        new ResizeObserver(function () { chart.resize(); paint(); }).observe(element);
      })
      .catch(function () { element.classList.add("a-chart-fail"); element.textContent = element.dataset.fail || "—"; });
  }

  function all(root) { root.querySelectorAll("[data-chart]:not([data-drawn])").forEach(draw); }
  document.addEventListener("DOMContentLoaded", function () { all(document); });
  document.addEventListener("htmx:afterSettle", function (event) { all(event.detail.target); });
})();
