import { graphlib, layout } from "@dagrejs/dagre";
import { curveBumpX, line } from "d3-shape";
import type { CaseReport } from "./case-report.ts";
import { html, type Markup } from "./markup.ts";
import { type ReachGraph, reachGraph, type ReachNode } from "./reach-graph.ts";
import { counted, shortened } from "./shown-text.ts";

const NODE_HEIGHT = 40;
const CHARACTER = 7.6;
const MOST_CHARACTERS = 30;

/** What the suspects could touch, drawn from left to right. Limits: many alike are one box; the table below names each. */
export function reachSvg(report: CaseReport): Markup | null {
  if (report.reach.length === 0 || report.principals.length === 0) return null;
  const graph = reachGraph(report);
  const laid = laidOut(graph);
  const [width, height] = [Math.ceil(laid.width), Math.ceil(laid.height)];
  const touched = new Set(
    report.reach.filter(({ evidence }) => evidence === "read").map((it) => it.targetId),
  );
  const all = new Set(report.reach.map((it) => it.targetId));
  return html`<svg
    class="picture reach"
    style="max-width:${width}px"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-labelledby="reach-title reach-text"
  >
    <title id="reach-title">What the suspects could reach</title>
    <desc id="reach-text">
      ${counted(report.principals.length, "suspect")} could touch ${counted(all.size, "thing")}; the logs show
      that ${touched.size} of them were. Each is named in the table below.
    </desc>
    ${laid.edges.map(({ path, kind }) => html`<path d="${path}" class="edge ${kind}" />`)}
    ${laid.nodes.map(({ node, x, y, width: w }) => nodeSvg(node, x, y, w))}
  </svg>`;
}

function nodeSvg(node: ReachNode, x: number, y: number, width: number): Markup {
  const left = (x - width / 2).toFixed(1);
  const top = (y - NODE_HEIGHT / 2).toFixed(1);
  return html`<g class="node ${node.kind}"
    ><title>${node.name}, ${node.note}</title
    ><rect x="${left}" y="${top}" width="${width}" height="${NODE_HEIGHT}" rx="7" />${
      node.holds > 1
        ? html`<rect
            x="${(x - width / 2 + 4).toFixed(1)}"
            y="${(y - NODE_HEIGHT / 2 - 4).toFixed(1)}"
            width="${width - 8}"
            height="4"
            class="stack"
          />`
        : null
    }<text x="${x.toFixed(1)}" y="${(y - 3).toFixed(1)}" class="node-name"
      >${shortened(node.name, MOST_CHARACTERS)}</text
    ><text x="${x.toFixed(1)}" y="${(y + 12).toFixed(1)}" class="node-note"
      >${shortened(node.note, MOST_CHARACTERS)}</text
    ></g
  >`;
}

interface LaidOut {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly {
    readonly node: ReachNode;
    readonly x: number;
    readonly y: number;
    readonly width: number;
  }[];
  readonly edges: readonly { readonly path: string; readonly kind: "read" | "reachable" }[];
}

function laidOut({ nodes, edges }: ReachGraph): LaidOut {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 12, ranksep: 70, marginx: 8, marginy: 10 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { width: widthOf(node), height: NODE_HEIGHT });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const draw = line<{ readonly x: number; readonly y: number }>()
    .x(({ x }) => Math.round(x))
    .y(({ y }) => Math.round(y))
    .curve(curveBumpX);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: nodes.map((node) => {
      const { x, y } = graph.node(node.id);
      return { node, x, y, width: widthOf(node) };
    }),
    edges: edges.map(({ from, to, kind }) => ({
      path: draw(graph.edge(from, to).points) ?? "",
      kind,
    })),
  };
}

function widthOf({ name, note }: ReachNode): number {
  const longest = Math.max(Array.from(name).length * 1.05, Array.from(note).length * 0.92);
  return Math.round(Math.min(longest, MOST_CHARACTERS) * CHARACTER) + 26;
}
