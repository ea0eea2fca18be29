import type { Plan, PlannedStep } from "../case/plan.ts";
import { principalKey } from "../case/principal.ts";
import type { Scope } from "../case/scope.ts";
import type { Tourniquet } from "../tourniquet.ts";
import { z } from "zod";

/** A plan with the scope it was made from. */
export interface Look {
  readonly plan: Plan;
  readonly scope: Scope;
}

/**
 * The steps, by id, that cut what stood there when the case began; the rest took away what the attacker made while it was
 * cut, and no restore brings that back unasked. A thing on a principal that an earlier look saw without it is new, unless a
 * log says that it was made before. Pure.
 */
export function stoodAtFirst(looks: readonly Look[]): ReadonlySet<string> {
  const stood = new Set<string>();
  const met = new Set<string>();
  const principals = new Set<string>();
  const beganAt = looks[0]?.scope.takenAt ?? "";
  for (const [index, { plan, scope }] of looks.entries()) {
    const newcomers = idsOf(scope, (key) => !principals.has(key));
    for (const step of plan.waves.flatMap(({ steps }) => steps)) {
      const isOld =
        index === 0 ||
        !takesAway(step) ||
        step.touches.some((id) => newcomers.has(id.toLowerCase())) ||
        wasPlantedBefore(step, scope, beganAt);
      if (isOld && !met.has(step.id)) stood.add(step.id);
      met.add(step.id);
    }
    for (const { principal } of scope.principals) principals.add(principalKey(principal));
  }
  return stood;
}

/** Other kinds change what a thing is set to, and say so in `before`. */
function takesAway({ kind }: PlannedStep): boolean {
  return kind.startsWith("remove-") || kind.endsWith("-federated-credential");
}

function idsOf({ principals }: Scope, isMeant: (key: string) => boolean): ReadonlySet<string> {
  return new Set(
    principals
      .filter(({ principal }) => isMeant(principalKey(principal)))
      .flatMap(({ principal: { objectId, applicationObjectId, resourceId } }) =>
        [objectId, applicationObjectId, resourceId].flatMap((id) => (id === null ? [] : [id.toLowerCase()])),
      ),
  );
}

function wasPlantedBefore({ target }: PlannedStep, { planted }: Scope, beganAt: string): boolean {
  const named = Object.values(target).flatMap((it) => (typeof it === "string" ? [it.toLowerCase()] : []));
  return planted.some(
    ({ id, at }) => id !== null && at < beganAt && named.some((it) => it.endsWith(id.toLowerCase())),
  );
}

const Document = z.object({ document: z.object({ blob: z.string(), sha256: z.string() }) });

/** The looks that were had before the case was watched, each plan with the snapshot taken for it. */
export async function looksBeforeWatch(
  app: Tourniquet,
  caseId: string,
  planOf: (digest: string) => Plan | null,
): Promise<readonly Look[]> {
  const looks: Look[] = [];
  let snapshot: z.infer<typeof Document>["document"] | null = null;
  for await (const { type, data } of app.record(caseId).read()) {
    if (type === "watch-started") break;
    if (type === "snapshot") snapshot = Document.parse(data).document;
    const plan = type === "planned" ? planOf(String(data["planDigest"])) : null;
    if (plan === null || snapshot === null) continue;
    looks.push({ plan, scope: await app.documents.getJson<Scope>(caseId, snapshot) });
  }
  return looks;
}
