"""The page's look: light and dark, wide and narrow, on screen and on paper.

The window is always filled or solid, the reference always an outline or a dashed line: colour is never the only sign.
"""

_COLOURS = """
:root{color-scheme:light dark;--paper:#fbfbfa;--card:#fff;--ink:#1b1f24;--soft:#59636e;--rule:#dfe3e8;--grid:#e8ebef;
--window:#1863d6;--reference:#6b7280;--estimated:#b45309;--allowed:#1863d614;--band:#1863d630;--band-estimated:#b4530930;
--keep:#1a7f37;--retrain:#bc4c00;--roll-back:#cf222e;--unknown:#59636e;--cell:24,99,214;--wrong:207,34,46}
@media (prefers-color-scheme:dark){:root{--paper:#0f1318;--card:#171c23;--ink:#e6eaef;--soft:#9aa5b1;--rule:#2c343e;
--grid:#242b34;--window:#58a6ff;--reference:#9aa5b1;--estimated:#f0a04b;--allowed:#58a6ff1c;--band:#58a6ff38;
--band-estimated:#f0a04b38;--keep:#4cc46a;--retrain:#f0883e;--roll-back:#ff7b72;--unknown:#9aa5b1;--cell:88,166,255;
--wrong:255,123,114}}
"""

_TEXT = """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
overflow-wrap:anywhere}
header,main{max-width:66rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}main{padding-bottom:4rem;overflow-x:clip}
h1{font-size:2rem;line-height:1.2;margin:0}h2{font-size:1.35rem;margin:0 0 .5rem;padding-top:1rem}
h3{font-size:1.05rem;margin:1.75rem 0 .5rem}h4{font-size:.95rem;margin:0 0 .4rem}p{margin:.4rem 0;max-width:46rem}
.when,.of,.note,.legend,figcaption,caption,.under,.what,dt{color:var(--soft)}
.when,.of,.legend,.under,.what,.note,figcaption,caption,summary{font-size:.875rem}
code{font:.9em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;unicode-bidi:isolate}
a{color:var(--window)}
section{border-top:1px solid var(--rule);margin-top:2.25rem}
#verdict{border:0;margin-top:1.25rem}.why{font-size:1.05rem}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;font-size:.9rem;margin-top:1.5rem}
.note{border-left:3px solid var(--rule);padding:.1rem 0 .1rem .75rem}
details{margin:.6rem 0}summary{cursor:pointer;color:var(--soft)}
"""

_VERDICT = """
.verdict{border:1px solid var(--said);border-left:.5rem solid var(--said);border-radius:.5rem;padding:.9rem 1.1rem;
background:var(--card)}
.verdict .said{font-size:1.6rem;line-height:1.2;margin:0;color:var(--said)}
.keep{--said:var(--keep)}.retrain{--said:var(--retrain)}.roll-back{--said:var(--roll-back)}.unknown{--said:var(--unknown)}
.pending{--said:var(--retrain)}
.reasons{margin:0;padding-left:1.25rem}.reasons li{margin:.5rem 0}.reasons p{margin:.1rem 0}
.badge{font:600 .75rem/1 system-ui,sans-serif;border:1px solid;border-radius:1rem;padding:.1rem .5rem;
white-space:nowrap;color:var(--soft)}
.badge.drifted{color:var(--retrain)}
.tiles{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;padding:0;
margin:1.5rem 0 0}
.tiles li{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.65rem .8rem;display:flex;
flex-direction:column}
.tiles b{font-size:1.5rem;line-height:1.3;font-variant-numeric:tabular-nums}
.tiles .under{line-height:1.35}
.facts{margin:.5rem 0;display:grid;gap:.35rem}
.facts div{display:grid;grid-template-columns:minmax(7rem,14rem) 1fr;gap:0 1rem}.facts dd{margin:0;max-width:46rem}
"""

_TABLE = """
.scroll{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums;overflow-wrap:normal}
caption{text-align:left;padding-bottom:.35rem}
caption span{position:sticky;left:0;display:block;width:max-content;max-width:calc(100vw - 2.5rem);white-space:normal}
th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--grid);vertical-align:middle;
font-weight:400;min-width:3rem}
thead th{color:var(--soft);vertical-align:bottom}
tbody th code{overflow-wrap:anywhere}th small{color:var(--soft)}tbody th{min-width:7rem;max-width:22rem}
.n{text-align:right;white-space:nowrap}td.n:last-child,th.n:last-child{padding-right:0}
.ends{display:flex;justify-content:space-between}
svg.bar{display:block;width:100%;min-width:8rem;height:1.1rem;overflow:visible}
.cell{display:inline-block;min-width:4.5rem;padding:.15rem .4rem;border-radius:.25rem;
background:rgba(var(--wrong),calc(var(--share)*.55))}
.cell.right{background:rgba(var(--cell),calc(var(--share)*.55));font-weight:600}.cell small{font-weight:400}
"""

_PLOT = """
figure{margin:1rem 0}figure.narrow{max-width:26rem}figcaption{margin-bottom:.6rem}
.plot{display:grid;grid-template-columns:3.75rem 1fr;font-size:.75rem;color:var(--soft);
font-variant-numeric:tabular-nums;padding-top:.4rem}
.plot svg{grid-column:2;grid-row:1;display:block;width:100%;height:15rem;overflow:visible;
border-left:1px solid var(--rule);border-bottom:1px solid var(--rule)}
.plot.small svg,.plot.days svg{height:7rem}.plot.square svg{height:auto;aspect-ratio:1}
.y{grid-column:1;grid-row:1;position:relative}.y span{position:absolute;right:.5rem;
transform:translateY(50%);line-height:1}
.x,.strip{grid-column:2;position:relative;height:1.3rem}
.x span,.strip span{position:absolute;transform:translateX(-50%);line-height:1.5rem;white-space:nowrap}
.x .first{transform:none}.x .last{transform:translateX(-100%)}
.strip span{color:var(--said);font-weight:700;cursor:default}
svg path,svg rect{vector-effect:non-scaling-stroke;fill:none}
.grid{stroke:var(--grid)}
.line{stroke-width:2;stroke-linejoin:round}.line.estimated{stroke-dasharray:5 3}
.realised{stroke:var(--window)}.estimated{stroke:var(--estimated)}
svg .band{stroke:none}svg .band.realised{fill:var(--band)}svg .band.estimated{fill:var(--band-estimated)}
.dot{stroke-width:6;stroke-linecap:round}.whisker{stroke-width:2}
svg .allowed{fill:var(--allowed);stroke:none}
path.reference,.limit{stroke:var(--reference);stroke-width:1.5;stroke-dasharray:6 4}.limit{stroke-dasharray:2 3}
svg rect.window{fill:var(--window)}svg rect.quiet{fill:var(--reference)}
svg rect.reference{stroke:var(--reference);stroke-width:1.25;stroke-dasharray:none}
.multiples,.cards{display:grid;gap:0 1.5rem;grid-template-columns:repeat(auto-fill,minmax(min(18rem,100%),1fr))}
.cards{grid-template-columns:repeat(auto-fill,minmax(min(22rem,100%),1fr));gap:1rem;align-items:start}
.card{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.8rem .9rem;min-width:0}
.card .facts{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.85rem;margin:.2rem 0 .4rem}
.card .facts div{display:flex;gap:.35rem}
.distribution{font-size:.8rem;table-layout:fixed}.distribution th:first-child{width:28%}
.distribution thead th:nth-child(3){width:5.3rem}.distribution thead th:nth-child(4){width:4.1rem}
.distribution thead th{white-space:nowrap}.distribution tr>:last-child{padding-right:0}
.distribution caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.distribution th,.distribution td{padding:.1rem .5rem .1rem 0;border:0;min-width:0;overflow-wrap:anywhere}
.distribution svg{display:block;width:100%;height:1.15rem;overflow:visible}
.swatch{display:inline-block;width:.8rem;height:.55rem;margin:0 .3rem 0 0;border:1.25px solid var(--reference)}
.swatch.window{background:var(--window);border-color:var(--window)}
.distribution thead th:nth-child(n+3){text-align:right}.distribution tfoot td{color:var(--soft);padding-top:.3rem}
.legend span{white-space:nowrap;margin-right:1rem}
.legend i{display:inline-block;width:1.4rem;height:0;border-top:2px solid;margin-right:.4rem;vertical-align:middle}
.legend .line{border-color:var(--window)}.legend .line.estimated{border-color:var(--estimated);border-top-style:dashed}
.legend .reference{border-color:var(--reference);border-top-style:dashed}
.legend .allowed{height:.8rem;border:0;background:var(--band)}
.legend .dot{width:.5rem;height:.5rem;border:0;border-radius:50%;background:var(--window)}
"""

_NARROW = """
@media (max-width:36rem){header,main{padding-left:1rem;padding-right:1rem}.facts div{grid-template-columns:1fr}
.facts{gap:.6rem}.tiles{grid-template-columns:1fr 1fr}.plot{grid-template-columns:3.1rem 1fr}.plot svg{height:12rem}
h1{font-size:1.6rem}.plot.time .x span:nth-child(even){display:none}}
"""

_PAPER = """
@media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#bbb;--grid:#ddd;
--window:#1863d6;--reference:#555;--estimated:#b45309;--keep:#1a7f37;--retrain:#bc4c00;--roll-back:#cf222e}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}body{font-size:11px}nav{display:none}
.scroll{overflow:visible}.card,figure,tr,.verdict,.reasons li{break-inside:avoid}h2,h3,h4{break-after:avoid}
.cards{grid-template-columns:1fr 1fr}}
"""

STYLE = "".join((_COLOURS, _TEXT, _VERDICT, _TABLE, _PLOT, _NARROW, _PAPER))
