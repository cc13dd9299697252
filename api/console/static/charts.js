/* Draws each chart of the page from the data that stands with it; without it the table of the same data is read. */
"use strict";

(() => {
  const COLOURS = { unit: "#7b8794", project: "#2f4858", over: "#b5341f", plain: "#b9c4cc" };
  const INK = "#16202b";
  const MUTED = "#56626f";
  const LINE = "#e6ebee";
  const FONT = '"Segoe UI","Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif';
  const NARROW = 760;
  const PAPER_WIDTH = 690;

  const isNarrow = () => window.innerWidth < NARROW && !isOnPaper;
  let isOnPaper = false;
  const colour = (name) => COLOURS[name] || name;

  /* About how wide a text is: a sign of Chinese takes the size of the type, any other somewhat more than half of it. */
  const widthOf = (text, size) => [...text].reduce((sum, sign) => sum + (sign > "\u2e80" ? size : size * 0.6), 0);

  /* The room between nodes: more of it where a node is so thin that its label would touch the next. */
  const gapOf = (nodes, links, height) => {
    const ends = links.filter((each) => each.target.startsWith("p:"));
    const whole = ends.reduce((sum, each) => sum + each.value, 0);
    const thinnest = Math.min(...nodes.map((one) => ends.reduce((sum, each) => sum + (each.target === one.id ? each.value : 0), 0)));
    return (height * thinnest) / whole < 6 ? 17 : 11;
  };

  /* 资金流向: three columns. The width of a stream is its amount; what is written is the exact figure of the page. */
  const flow = (data, height) => {
    const narrow = isNarrow();
    const node = new Map(data.nodes.map((each) => [each.id, each]));
    const last = data.nodes.filter((each) => each.id.startsWith("p:"));
    const widest = Math.max(...last.map((each) => widthOf(`${each.name}   ${each.amount}`, 12.5)));
    const mark = (each) => (each.colour === "over" ? "\u25b2 " : "");
    const written = (each) => `{n|${mark(each)}${each.name}}${narrow ? "" : `{a|  ${each.amount}}`}`;
    return {
      tooltip: {
        renderMode: "richText",
        formatter: ({ dataType, data: each }) => (dataType === "node"
          ? `${node.get(each.name).name}  ${node.get(each.name).amount}`
          : `${node.get(each.source).name} → ${node.get(each.target).name}  ${each.amount}`),
      },
      series: [{
        type: "sankey",
        left: 4,
        right: narrow ? 110 : Math.min(widest + 16, 380),
        top: 8,
        bottom: 8,
        nodeWidth: 10,
        nodeGap: gapOf(last, data.links, height),
        draggable: false,
        emphasis: { focus: "trajectory" },
        label: {
          color: INK,
          fontFamily: FONT,
          fontSize: narrow ? 11 : 12.5,
          width: narrow ? 100 : 364,
          overflow: "truncate",
          formatter: ({ name }) => written(node.get(name)),
          rich: {
            n: { color: INK, fontFamily: FONT, fontSize: narrow ? 11 : 12.5 },
            a: { color: MUTED, fontFamily: FONT, fontSize: 12 },
          },
        },
        data: data.nodes.map((each) => ({ name: each.id, itemStyle: { color: colour(each.colour), borderWidth: 0 } })),
        links: data.links.map((each) => ({
          source: each.source,
          target: each.target,
          value: each.value,
          amount: each.amount,
          lineStyle: { color: colour(each.colour), opacity: 0.26, curveness: 0.5 },
        })),
      }],
    };
  };

  /* Two sums that stay as they are until the day on which money moves. */
  const trend = (data) => {
    const narrow = isNarrow();
    const language = document.documentElement.lang;
    const month = new Intl.DateTimeFormat(language, { month: "short", timeZone: "UTC" });
    const year = new Intl.DateTimeFormat(language, { year: "numeric", timeZone: "UTC" });
    const points = (values) => values.map((value, at) => [Date.parse(`${data.days[at]}T00:00:00Z`), value / data.scale]);
    const line = (each) => ({
      name: each.name,
      type: "line",
      step: "end",
      symbol: "none",
      data: points(each.values),
      lineStyle: { width: 2, color: each.colour },
      itemStyle: { color: each.colour },
      areaStyle: each.filled ? { color: each.colour, opacity: 0.1 } : undefined,
      endLabel: {
        show: true,
        color: INK,
        fontFamily: FONT,
        fontSize: 12,
        formatter: () => (narrow ? each.name : `${each.name} ${each.amount}`),
      },
      labelLayout: { moveOverlap: "shiftY" },
    });
    return {
      useUTC: true,
      grid: { left: 8, right: narrow ? 70 : 190, top: 16, bottom: 8, containLabel: true },
      xAxis: {
        type: "time",
        min: Date.parse(`${data.first}T00:00:00Z`),
        max: Date.parse(`${data.last}T00:00:00Z`),
        axisLine: { lineStyle: { color: "#b9c4cc" } },
        axisLabel: {
          color: MUTED,
          fontFamily: FONT,
          hideOverlap: true,
          formatter: (at) => (new Date(at).getUTCDate() !== 1 ? "" : new Date(at).getUTCMonth() === 0 ? year.format(at) : month.format(at)),
        },
        splitLine: { show: false },
      },
      yAxis: {
        type: "value",
        splitNumber: narrow ? 4 : 6,
        axisLabel: { color: MUTED, fontFamily: FONT, formatter: (value) => value.toLocaleString("en-US").replace("-", "\u2212") },
        splitLine: { lineStyle: { color: LINE } },
      },
      series: data.series.map(line),
    };
  };

  const KINDS = { flow, trend };
  let drawn = [];

  const draw = (element) => {
    const data = JSON.parse(element.dataset.chart);
    const chart = window.echarts.init(element, null, { renderer: "svg", width: isOnPaper ? PAPER_WIDTH : undefined });
    chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...KINDS[data.kind](data, element.clientHeight) });
    return { element, chart };
  };

  /* A page that came by a swap has elements of its own: what was drawn in the old ones is let go. */
  const drawAll = () => {
    drawn.forEach(({ chart }) => chart.dispose());
    drawn = [...document.querySelectorAll("[data-chart]")].map(draw);
  };

  let waiting = 0;
  document.addEventListener("page:shown", drawAll);
  window.addEventListener("resize", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(drawAll); });
  window.addEventListener("beforeprint", () => { isOnPaper = true; drawAll(); });
  window.addEventListener("afterprint", () => { isOnPaper = false; drawAll(); });
})();
