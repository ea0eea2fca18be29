import { Markup } from "./markup.ts";

/** The report's one style sheet: phone, screen and paper. Every text colour has at least 4.5 to 1 on what it stands on. */
export const STYLE = Markup.own(`
:root{color-scheme:light;--ink:#101828;--soft:#475467;--line:#d0d5dd;--wash:#f5f7fa;--good:#05603a;--good-wash:#e7f8ef;--warn:#7a2e0e;--warn-wash:#fff4e5;--bad:#912018;--bad-wash:#feeceb;--plain:#1d2939;--plain-wash:#eef1f5;--link:#1849a9}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:#fff;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:#fff;padding:8px;z-index:2}
.wide{max-width:1120px;margin:0 auto;padding:0 20px}
header{border-top:8px solid var(--tone);background:var(--tone-wash);padding:26px 0 22px}
.good{--tone:var(--good);--tone-wash:var(--good-wash)}.warning{--tone:#b54708;--tone-wash:var(--warn-wash)}.bad{--tone:#b42318;--tone-wash:var(--bad-wash)}.neutral{--tone:var(--plain);--tone-wash:var(--plain-wash)}
.eyebrow{margin:0;color:var(--soft);font-size:14px}
h1{margin:4px 0 2px;font-size:clamp(30px,5.2vw,46px);line-height:1.1;letter-spacing:-.02em;color:var(--ink)}
h1 .mark{display:inline-block;width:.82em;height:.82em;margin-right:.28em;vertical-align:-.06em;color:var(--tone)}
.subject{margin:0 0 12px;font-size:18px;font-weight:600}
.lead{margin:0 0 4px;font-size:18px;max-width:75ch}
.facts{display:grid;grid-template-columns:repeat(4,1fr);gap:10px;margin:20px 0 0}
.facts div{background:#fff;border:1px solid var(--line);border-radius:10px;padding:10px 14px}
.facts dt{font-size:13px;color:var(--soft)}.facts dd{margin:0;font-size:20px;font-weight:650;line-height:1.25}.facts dd small{display:block;font-size:13px;font-weight:400;color:var(--soft);line-height:1.4;margin-top:2px}
nav{border-bottom:1px solid var(--line);font-size:14px}nav ul{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:0;padding:10px 0}nav a{display:inline-block;padding:2px 0}
section{padding:26px 0 4px}
h2{font-size:24px;line-height:1.2;margin:0 0 10px;letter-spacing:-.01em}
h3{font-size:17px;margin:22px 0 6px}
p{max-width:80ch;margin:0 0 10px}
.soft{color:var(--soft)}.small{font-size:14px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.87em}
pre{background:var(--wash);border:1px solid var(--line);border-radius:8px;padding:12px 14px;white-space:pre-wrap;overflow-wrap:anywhere;margin:0 0 12px}
.todo{list-style:none;padding:0;margin:0;display:grid;gap:8px}
.todo li{border:1px solid var(--line);border-left:5px solid #b54708;border-radius:8px;padding:10px 14px}
.todo strong{display:block}.todo .full{display:block;margin-top:4px;font-size:13px;color:var(--soft)}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:10px;margin:0 0 12px}
.scroll:focus-visible,summary:focus-visible,a:focus-visible{outline:3px solid #1849a9;outline-offset:2px}
.picture{display:block;width:100%;min-width:760px;height:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;background:#fff}
.picture.reach{min-width:0;margin:0 auto}
.scroll.graph .picture{min-width:680px}
.lane{fill:#f5f7fa}.lane-plain{fill:#fff}.lane-name{font-weight:600;fill:#344054;font-size:13px}
.panel{fill:none;stroke:#98a2b3;rx:4}.panel-name{font-weight:600;fill:#101828;font-size:13px}
.tick{stroke:#d0d5dd}.tick-name{fill:#475467;text-anchor:middle;font-size:11.5px}.divide{stroke:#475467;stroke-width:1.5}
.bad{fill:#b42318}.usual{fill:#667085}.ours{fill:#1849a9}.proven{fill:#05603a}
.count{fill:#fff;text-anchor:middle;font-size:10px;font-weight:700}
.edge{fill:none;stroke:#98a2b3;stroke-width:1.3;stroke-dasharray:5 4}.edge.read{stroke:#b42318;stroke-width:2;stroke-dasharray:none}
.node rect{fill:#fff;stroke:#667085}.node.principal rect{fill:#1d2939;stroke:#1d2939}.node.read rect{fill:#feeceb;stroke:#b42318;stroke-width:1.6}
.node .stack{fill:#e4e7ec}.node.read .stack{fill:#fbc9c5}
.node-name{text-anchor:middle;font-weight:600;font-size:12.5px;fill:#101828}.node-note{text-anchor:middle;font-size:11px;fill:#475467}
.node.principal text{fill:#fff}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:0 0 12px;padding:0;font-size:14px;color:var(--soft)}
.legend svg{width:16px;height:16px;vertical-align:-3px;margin-right:5px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:7px 10px;border-bottom:1px solid var(--line)}
th{background:var(--wash);font-weight:600}tr:last-child td{border-bottom:0}
td.when{white-space:nowrap}
.moments{list-style:none;margin:0;padding:0;font-size:15px}
.moments li{display:grid;grid-template-columns:182px 1fr;gap:12px;padding:5px 0 5px 12px;border-left:4px solid #1849a9;margin-bottom:3px}
.moments li.theirs{border-left-color:#b42318}
.moments time{color:var(--soft);font-variant-numeric:tabular-nums;font-size:14px}
.badge{display:inline-block;border-radius:999px;padding:1px 10px;font-size:13px;font-weight:600;white-space:nowrap;border:1px solid currentColor}
.badge.holds{color:var(--good);background:var(--good-wash)}.badge.gap{color:var(--bad);background:var(--bad-wash)}.badge.waiting{color:var(--warn);background:var(--warn-wash)}.badge.not-allowed,.badge.put-back{color:var(--plain);background:var(--plain-wash)}
details.step{border:1px solid var(--line);border-radius:8px;margin:0 0 6px}
details.step>summary{cursor:pointer;padding:8px 12px;display:grid;grid-template-columns:128px 1fr;gap:10px;align-items:start;list-style-position:inside}
details.step>div{padding:2px 14px 12px;border-top:1px solid var(--line)}
details.step[open]>summary{background:var(--wash)}
dl.pairs{display:grid;grid-template-columns:minmax(110px,170px) 1fr;gap:3px 14px;margin:8px 0;font-size:14px}
dl.pairs dt{color:var(--soft)}dl.pairs dd{margin:0}
ul.plain{margin:0 0 10px;padding-left:20px}
footer{border-top:1px solid var(--line);margin-top:30px;padding:16px 0 40px;color:var(--soft);font-size:14px}
@media(max-width:860px){.facts{grid-template-columns:1fr 1fr}}
@media(max-width:640px){.wide{padding:0 14px}.facts{grid-template-columns:1fr 1fr}.facts dd{font-size:17px}.moments li{grid-template-columns:1fr;gap:0}details.step>summary{grid-template-columns:1fr;gap:4px}dl.pairs{grid-template-columns:1fr}dl.pairs dd{margin-bottom:5px}
table.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}table.cards,table.cards tbody,table.cards tr,table.cards td{display:block;width:100%}table.cards tr{border-bottom:1px solid var(--line);padding:6px 0}table.cards td{border:0;padding:2px 10px}table.cards td[data-head]::before{content:attr(data-head) ": ";color:var(--soft)}}
@media print{@page{size:A4;margin:14mm 12mm}body{font-size:10.5pt}nav,.skip{display:none}.wide{max-width:none;padding:0}header{padding:14px 14px 12px;border:1px solid var(--tone);border-top-width:8px}.facts{grid-template-columns:repeat(4,1fr)}section{padding:16px 0 0}h2,h3{break-after:avoid}.scroll{overflow:visible;border:0}.picture,.scroll.graph .picture{min-width:0}details.step,.todo li,.moments li,tr,.facts div{break-inside:avoid}details.step::details-content{content-visibility:visible;display:block}details.step>summary{list-style:none}thead{display:table-header-group}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`);
