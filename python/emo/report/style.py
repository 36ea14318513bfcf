# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The page's style sheet and script. Nothing is loaded from elsewhere."""

CSS = """
:root {
  color-scheme: light dark;
  --page: #fafaf8; --card: #ffffff; --ink: #1d2025; --soft: #5d646e; --line: #e1e3e6; --grid: #eceef0;
  --s0: #2f6db5; --s1: #d2691e; --s2: #2e8f57; --s3: #b0397a; --s4: #6f52b5; --s5: #8a6a2f; --s6: #1a8f9c; --s7: #c23b30;
  --h0: #f1f4f8; --h1: #dde8f2; --h2: #bfd6ea; --h3: #92bcdf; --h4: #5d9bcb; --h5: #3277ae; --h6: #17548a; --h7: #06305c;
  --on-heat: #ffffff; --shared: #d9d3c7;
}
@media (prefers-color-scheme: dark) { :root {
  --page: #101317; --card: #171b21; --ink: #e8eaed; --soft: #9ba3ae; --line: #2c323a; --grid: #242a31;
  --s0: #74a9ec; --s1: #f2a065; --s2: #6bcb92; --s3: #ea86bb; --s4: #b29cf5; --s5: #cfb276; --s6: #5fccd6; --s7: #f3877c;
  --h0: #1b2129; --h1: #1d2f40; --h2: #1f4059; --h3: #235777; --h4: #2f769e; --h5: #4c9ac6; --h6: #82c0e6; --h7: #cbe7fb;
  --on-heat: #0c1420; --shared: #4a453b;
} }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
main, header, footer { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 48px; }
h1 { font-size: clamp(1.7rem, 4.5vw, 2.4rem); line-height: 1.15; letter-spacing: -.02em; margin: 0 0 .4em; text-wrap: balance; }
h2 { font-size: 1.35rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 .35em; text-wrap: balance; }
h3 { font-size: .95rem; line-height: 1.3; margin: 0 0 .6em; font-weight: 600; } h3 .key { display: inline-block; margin-right: 7px; }
p { max-width: 68ch; margin: 0 0 1em; text-wrap: pretty; }
.lead, .note, .text p { color: var(--soft); }
.note { font-size: .875rem; line-height: 1.5; margin: 12px 0 0; }
section { padding: 40px 0 8px; border-top: 1px solid var(--line); margin-top: 32px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: .9rem; margin: 20px 0 0; }
a { color: var(--s0); text-decoration: none; } a:hover { text-decoration: underline; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 16px; margin: 16px 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px; min-width: 0; margin: 0; }
.pairs { grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); }
.card svg { display: block; width: 100%; max-width: 560px; height: auto; }
svg text { font-size: 11.5px; fill: var(--soft); } @media (min-width: 1010px) { .pairs svg text { font-size: 9px; } }
line.grid { stroke: var(--grid); stroke-width: 1; } line.axis { stroke: var(--soft); stroke-width: 1; opacity: .6; }
.curve { fill: none; stroke: var(--c); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.dashed { stroke-dasharray: 6 4; } .reference { fill: none; stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 3 4; opacity: .8; }
.dot { fill: var(--c); stroke: var(--card); stroke-width: 1.5; } .point { fill: var(--c); fill-opacity: .72; stroke: var(--card); stroke-width: .6; }
.s0 { --c: var(--s0); } .s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); }
.s4 { --c: var(--s4); } .s5 { --c: var(--s5); } .s6 { --c: var(--s6); } .s7 { --c: var(--s7); }
.h0 { --c: var(--h0); } .h1 { --c: var(--h1); } .h2 { --c: var(--h2); } .h3 { --c: var(--h3); }
.h4 { --c: var(--h4); } .h5 { --c: var(--h5); } .h6 { --c: var(--h6); } .h7 { --c: var(--h7); }
path { fill: var(--c); shape-rendering: crispEdges; } path.shared { fill: var(--shared); }
.keys { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: .875rem; margin: 0 0 12px; padding: 0; list-style: none; }
.keys li { display: flex; align-items: center; gap: 7px; min-width: 0; }
.key { flex: none; width: 11px; height: 11px; border-radius: 50%; background: var(--c); }
.key.line { height: 3px; width: 18px; border-radius: 2px; }
.key.line.dashed { background: repeating-linear-gradient(90deg, var(--c) 0 5px, transparent 5px 8px); }
.key.reference { height: 0; width: 18px; border-radius: 0; border-top: 1.5px dashed var(--soft); opacity: .8; }
.scale { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 8px 20px; font-size: .8rem; color: var(--soft); margin: 0 0 4px; }
.steps { display: flex; } .steps span { width: 36px; text-align: center; position: relative; left: 18px; }
.steps div { width: 36px; } .steps i { display: block; height: 12px; background: var(--c); margin-top: 2px; }
.swatch { display: inline-block; width: 12px; height: 12px; background: var(--shared); margin-right: 6px; vertical-align: -1px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .875rem; }
.matrix { border-collapse: separate; border-spacing: 2px; }
.matrix td { background: var(--c); text-align: center; min-width: 36px; font-size: .8125rem; height: 30px; padding: 0 4px; border-radius: 4px; }
.matrix td.h4, .matrix td.h5, .matrix td.h6, .matrix td.h7 { color: var(--on-heat); } .matrix td.self { background: none; color: var(--soft); }
.matrix th { font-weight: 400; padding: 2px 8px 2px 0; text-align: left; white-space: nowrap; max-width: 9em; overflow: hidden; text-overflow: ellipsis; }
.matrix thead th { text-align: center; padding: 0; } .matrix th .key { display: inline-block; margin-right: 6px; }
.matrix thead th .key { margin: 0; }
details { margin: 8px 0 0; font-size: .9rem; } summary { cursor: pointer; color: var(--soft); }
.numbers th, .numbers td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
.numbers th { font-weight: 600; } .numbers th:first-child { text-align: left; font-weight: 400; }
.bar { display: flex; height: 8px; border-radius: 4px; overflow: hidden; gap: 1px; margin: 0 0 10px; } .bar i { background: var(--c); }
.cluster h3 { display: flex; justify-content: space-between; gap: 12px; } .cluster h3 span { color: var(--soft); font-weight: 400; }
.cluster ul { list-style: none; margin: 0; padding: 0; font-size: .8125rem; line-height: 1.45; }
.cluster li { padding: 7px 0 0; } .cluster li b { font-weight: 500; } .cluster li .key { display: inline-block; width: 8px; height: 8px; margin-right: 6px; }
.cluster q { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; color: var(--soft); quotes: none;
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .75rem; overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: .8125rem; padding-top: 32px; padding-bottom: 48px; }
#tip { position: fixed; z-index: 1; pointer-events: none; background: var(--ink); color: var(--page); font-size: .8125rem; line-height: 1.4;
  padding: 5px 9px; border-radius: 6px; max-width: 240px; }
@media (max-width: 560px) { main, header, footer { padding-left: 14px; padding-right: 14px; } header { padding-top: 28px; }
  .card { padding: 12px; } section { padding-top: 28px; margin-top: 24px; } .steps span, .steps div { width: 32px; } .steps span { left: 16px; }
  .numbers { font-size: .8125rem; } .numbers th, .numbers td { padding-right: 9px; }
  .numbers th:first-child { max-width: 8em; overflow: hidden; text-overflow: ellipsis; } }
@media print { body { background: none; } .card { break-inside: avoid; } }
"""

# The value below the pointer in heat maps.
SCRIPT = """
const tip = document.getElementById('tip');
for (const map of document.querySelectorAll('svg[data-heat]')) {
  const rows = map.dataset.heat.split(';').map(row => row.split(','));
  const [left, top, width, height] = map.dataset.place.split(',').map(Number);
  map.addEventListener('pointermove', event => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    const layer = Math.floor((point.y - top) / height), expert = Math.floor((point.x - left) / width);
    const row = rows[layer], value = row && expert >= 0 ? row[expert] : undefined;
    tip.hidden = value === undefined;
    if (tip.hidden) return;
    const routed = row.filter(cell => cell !== '').length, share = value / 1e5;
    tip.textContent = `layer ${layer}, expert ${expert}: ` + (value === '' ? 'shared, used by every token'
      : `${(100 * share).toFixed(2)} %, ${(share * routed).toFixed(1)} times the even share`);
    const x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(8, x) + 'px';
    tip.style.top = (event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 12 : event.clientY + 18) + 'px';
  });
  map.addEventListener('pointerleave', () => { tip.hidden = true; });
}
"""
