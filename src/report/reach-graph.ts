import type { Reach, ReachKind } from "../case/reach.ts";
import type { CaseReport } from "./case-report.ts";
import { counted, shortId } from "./shown-text.ts";

/** A thing in the picture: a suspect, something it could touch, or many alike as one. */
export interface ReachNode {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly kind: "principal" | "read" | "reachable";
  /** How many things it stands for. */
  readonly holds: number;
}

export interface ReachGraph {
  readonly nodes: readonly ReachNode[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly kind: "read" | "reachable";
  }[];
}

/** More than this and a picture is a ball of wool. */
const MOST_NODES = 44;
const MOST_ALIKE = 6;

const KINDS: Readonly<Record<ReachKind, readonly [string, string]>> = {
  "vault-secret": ["secret", "secrets"],
  "vault-key": ["vault key", "vault keys"],
  "vault-certificate": ["vault certificate", "vault certificates"],
  "storage-account": ["storage account", "storage accounts"],
  cluster: ["cluster", "clusters"],
  database: ["database", "databases"],
  "message-broker": ["message broker", "message brokers"],
  registry: ["registry", "registries"],
  site: ["web site", "web sites"],
  pipeline: ["pipeline", "pipelines"],
  identity: ["identity", "identities"],
  directory: ["directory right", "directory rights"],
  subscription: ["subscription", "subscriptions"],
};

export function kindName(kind: ReachKind, count: number): string {
  const [one, many] = KINDS[kind];
  return count === 1 ? one : many;
}

/**
 * What the suspects could touch, as few enough nodes to read: a vault stands before what it holds, and many alike become
 * one node with their number. What was really read stays by itself for as long as that fits. Pure.
 */
export function reachGraph(report: Pick<CaseReport, "principals" | "reach">): ReachGraph {
  for (const most of [MOST_ALIKE, 3, 1, 0]) {
    const graph = graphWith(report, most);
    if (graph.nodes.length <= MOST_NODES) return graph;
  }
  return graphWith({ principals: report.principals, reach: report.reach }, 0, true);
}

function graphWith(
  { principals, reach }: Pick<CaseReport, "principals" | "reach">,
  mostAlike: number,
  withoutVaults = false,
): ReachGraph {
  const nodes = new Map<string, ReachNode>();
  const edges = new Map<string, ReachGraph["edges"][number]>();
  const join = (from: string, to: string, kind: "read" | "reachable") => {
    const key = JSON.stringify([from, to]);
    if (edges.get(key)?.kind !== "read") edges.set(key, { from, to, kind });
  };
  const suspects = principals.length > 12 ? [] : principals;
  for (const { id, name, kind } of suspects)
    nodes.set(`p ${id}`, {
      id: `p ${id}`,
      name,
      note: kind.replaceAll("-", " "),
      kind: "principal",
      holds: 1,
    });
  if (suspects.length === 0) {
    const name = counted(principals.length, "suspect");
    nodes.set("p all", { id: "p all", name, note: "together", kind: "principal", holds: principals.length });
  }
  for (const group of groupsOf(reach, withoutVaults)) {
    const { things, vault, evidence, kind } = group;
    const owners = [...new Set(things.map(({ principalKey }) => principalKey))].map((key) =>
      nodes.has(`p ${key}`) ? `p ${key}` : "p all",
    );
    let from = owners.filter((id) => nodes.has(id));
    if (vault !== null) {
      const id = `v ${vault}`;
      const before = nodes.get(id);
      const isRead = evidence === "read" || before?.kind === "read";
      nodes.set(id, {
        id,
        name: shortId(vault).split("/").at(-1) ?? vault,
        note: "key vault",
        kind: isRead ? "read" : "reachable",
        holds: 1,
      });
      for (const owner of from) join(owner, id, evidence);
      from = [id];
    }
    const single = new Map(things.map((it) => [it.targetId, it]));
    if (single.size <= mostAlike) {
      for (const it of single.values()) {
        const id = `t ${it.targetId}`;
        nodes.set(id, {
          id,
          name: it.name,
          note: `${kindName(kind, 1)}, ${evidence === "read" ? "was touched" : "could be touched"}`,
          kind: evidence,
          holds: 1,
        });
        for (const owner of from) join(owner, id, evidence);
      }
    } else {
      const id = `g ${kind} ${evidence} ${vault ?? owners.join(" ")}`;
      nodes.set(id, {
        id,
        name: `${single.size} ${kindName(kind, single.size)}`,
        note: evidence === "read" ? "were touched" : "could be touched",
        kind: evidence,
        holds: single.size,
      });
      for (const owner of from) join(owner, id, evidence);
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

interface Group {
  readonly kind: ReachKind;
  readonly evidence: Reach["evidence"];
  readonly vault: string | null;
  readonly things: readonly Reach[];
}

/** Alike is: same kind, same evidence, same vault, or same suspect. */
function groupsOf(reach: readonly Reach[], withoutVaults: boolean): readonly Group[] {
  const groups = new Map<string, Group & { readonly things: Reach[] }>();
  for (const it of reach) {
    const vault = withoutVaults
      ? null
      : (/^(.*)\/(?:secrets|keys|certificates)\/[^/]+$/i.exec(it.targetId)?.[1] ?? null);
    const key = JSON.stringify([it.kind, it.evidence, vault ?? (withoutVaults ? "" : it.principalKey)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { kind: it.kind, evidence: it.evidence, vault, things: [it] });
    else group.things.push(it);
  }
  return [...groups.values()];
}
