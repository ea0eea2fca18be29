import type { BenchRow } from "../bench.ts";
import { coveredInMs, longestChain, type Span, spanOf } from "../measure/chain.ts";
import type { ContainedCase } from "./contained-case.ts";

/** What a contained case measured, phase by phase. */
export function rowsOf(seen: ContainedCase): readonly BenchRow[] {
  const { name } = seen.size;
  const row = (measure: string, value: number, unit: string, note?: string): BenchRow => ({
    measure: `${name}: ${measure}`,
    value,
    unit,
    ...(note === undefined ? {} : { note }),
  });
  const { steps, outcome } = seen.ended;
  return [
    row("every answer of Azure's takes", seen.latencyInMs, "ms"),
    row(`steps confirmed, of ${steps.planned}; ${outcome ?? "no outcome"}`, steps.confirmed, "steps"),
    ...phasesOf(seen).flatMap((phase) => phaseRows(seen, phase, row)),
    ...Object.entries(seen.lastSuccess).map(([capability, at]) =>
      row(
        `attacker's last success: ${capability}`,
        at === null ? 0 : Math.max(0, at - seen.startedAt),
        "ms",
        at === null ? "never" : "after the request",
      ),
    ),
    row("requests made by the app", seen.requests.length, "requests"),
    row("orchestrations of the case", seen.history.orchestrations, ""),
    row("largest history of one of them", seen.history.largestInBytes / 1_024, "KiB"),
    row("most memory of the host with the app in it", seen.peakInKib / 1_024, "MiB"),
  ];
}

interface Phase {
  readonly name: string;
  readonly endsAt: number | null;
}

/** From the request on, each: the later ones contain the earlier. */
function phasesOf({ entries, requests, ended }: ContainedCase): readonly Phase[] {
  const last = (wanted: (entry: ContainedCase["entries"][number]) => boolean) =>
    entries.findLast(wanted)?.at ?? null;
  const cut = requests.find(
    ({ method, path, status }) =>
      method === "PATCH" && path.includes("/servicePrincipals/") && status === 204,
  );
  const plan = entries.find(({ type }) => type === "planned")?.data["planDigest"];
  const rotations = new Set(
    entries.flatMap(({ type, data }) => (type === "rotation-stage" ? [data["rotationId"]] : [])),
  );
  const isRotation = (data: Readonly<Record<string, unknown>>) => rotations.has(data["stepId"]);
  return [
    { name: "quick cut made", endsAt: cut === undefined ? null : spanOf(cut).to },
    { name: "scope taken", endsAt: entries.find(({ type }) => type === "snapshot")?.at ?? null },
    {
      name: "every cut of the first plan made",
      endsAt: last(
        ({ type, data }) => type === "outcome" && data["planDigest"] === plan && !isRotation(data),
      ),
    },
    { name: "secrets rotated", endsAt: last(({ type, data }) => type === "outcome" && isRotation(data)) },
    {
      name: `${ended.outcome ?? "over"}, proved and looked at again`,
      endsAt: last(({ type }) => type === "status-changed"),
    },
  ];
}

function phaseRows(
  { requests, history, startedAt, latencyInMs }: ContainedCase,
  { name, endsAt }: Phase,
  row: (measure: string, value: number, unit: string, note?: string) => BenchRow,
): readonly BenchRow[] {
  if (endsAt === null) return [row(`${name}: never`, 0, "")];
  const by = <T extends Span>(spans: readonly T[]) => spans.filter(({ to }) => to <= endsAt);
  const asked = requests.map(spanOf);
  const chain = longestChain(by(asked));
  const hops = longestChain(by(history.hops));
  // What policy has us wait is no slowness, unless something was done meanwhile.
  const waitedInMs = coveredInMs([...by(history.waits), ...by(asked)]) - coveredInMs(by(asked));
  const tookInMs = endsAt - startedAt;
  const ratio = (tookInMs - waitedInMs) / (chain * latencyInMs);
  return [
    row(`${name}, after`, tookInMs, "ms"),
    row("  … longest chain of requests", chain, "requests"),
    row("  … longest chain of hops", hops, "hops"),
    ...(waitedInMs < 1 ? [] : [row("  … of it waiting between looks, as policy says", waitedInMs, "ms")]),
    row(`  … ${waitedInMs < 1 ? "" : "the rest "}over chain × latency`, ratio, "ratio"),
  ];
}
