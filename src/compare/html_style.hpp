#pragma once

#include <string_view>

namespace unroll {

/// The look of the report. A plot is black on white; in the dark it is turned over, its hues kept, which
/// works for whatever gnuplot draws.
inline constexpr std::string_view html_style = R"(
:root { color-scheme: light dark; --page: #fbfbfa; --card: #ffffff; --text: #1c1c1e; --faint: #5c5c63;
  --line: #dcdcdf; --accent: #0b62a8; --plot: none; }
@media (prefers-color-scheme: dark) {
  :root { --page: #17181b; --card: #202125; --text: #e8e8ea; --faint: #a4a5ad; --line: #3a3b41; --accent: #7fbdf0;
    --plot: invert(0.9) hue-rotate(180deg) brightness(1.3) saturate(1.2); } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { font-size: 1.55rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .6rem; }
p { margin: .4rem 0; max-width: 64rem; }
.footnote, .faint, figcaption { color: var(--faint); font-size: .875rem; }
.note { border-left: 3px solid #c77700; padding-left: .75rem; }
ul.advice { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 8px;
  background: var(--card); }
ul.advice li { padding: .6rem .9rem; }
ul.advice li + li { border-top: 1px solid var(--line); }
ul.advice b { color: var(--accent); }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
.wide:focus-visible { outline: 2px solid var(--accent); }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .65rem; text-align: right; white-space: nowrap; }
thead th { white-space: normal; vertical-align: bottom; color: var(--faint); font-weight: 600; border-bottom: 1px solid var(--line); }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tr > :first-child { text-align: left; position: sticky; left: 0; background: var(--card); }
figure { margin: 0 0 1.25rem; }
figure .wide { padding: .25rem; }
svg { display: block; width: 100%; min-width: 44rem; height: auto; filter: var(--plot); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: .75rem 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 0; padding: .75rem .9rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card);
  overflow-x: auto; font: .875rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
@media (max-width: 34rem) { main { padding: 1.25rem .9rem 2rem; } h1 { font-size: 1.35rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
@media print {
  :root { --page: #fff; --card: #fff; --text: #000; --faint: #444; --line: #bbb; --accent: #000; --plot: none; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; } svg { min-width: 0; } pre { white-space: pre-wrap; }
  .wide { overflow: visible; } table { font-size: 8pt; } th, td { padding: .2rem .35rem; white-space: normal; }
  figure, tr, li { break-inside: avoid; } h2 { break-after: avoid; } }
)";

}  // namespace unroll
