import { z } from "zod";
import type { Answer } from "../azure/failure.ts";
import type { Protection } from "../plan/guardrails.ts";
import type { Tourniquet } from "../tourniquet.ts";

const OwnPrincipal = z.object({
  id: z.string(),
  appId: z.string(),
  alternativeNames: z.array(z.string()).nullish(),
});
const OwnApplication = z.object({ id: z.string() });
const Member = z.object({ id: z.string() });

/** Thrown when it cannot be known who must be spared. Nothing may be cut then. */
export class ProtectionUnknownError extends Error {
  override readonly name = "ProtectionUnknownError";
  readonly code = "PROTECTION_UNKNOWN";
}

const ownIdsByApp = new WeakMap<Tourniquet, Promise<readonly string[]>>();

/**
 * Our own identities, found by the client ids we run as, and the members of protected groups as they are now.
 * One request deep; our own ids are read once a process. Throws a ProtectionUnknownError when either cannot be read.
 */
export async function currentProtection(app: Tourniquet): Promise<Protection> {
  const [ownIds, protectedMembers] = await Promise.all([ownIdsOf(app), protectedMembersOf(app)]);
  return { ownIds, protectedMembers };
}

function ownIdsOf(app: Tourniquet): Promise<readonly string[]> {
  const known = ownIdsByApp.get(app);
  if (known !== undefined) return known;
  const reading = readOwnIds(app);
  ownIdsByApp.set(app, reading);
  reading.catch(() => ownIdsByApp.delete(app));
  return reading;
}

async function readOwnIds({ settings, reader }: Tourniquet): Promise<readonly string[]> {
  const { readerClientId, actorClientId, apiClientId } = settings;
  const clientIds = [readerClientId, actorClientId, apiClientId];
  const answers = await reader.graph.batch<z.infer<typeof OwnPrincipal> | z.infer<typeof OwnApplication>>([
    ...clientIds.map((appId) => ({
      method: "GET" as const,
      path: `/servicePrincipals(appId='${appId}')?$select=id,appId,alternativeNames`,
      schema: OwnPrincipal,
    })),
    { method: "GET", path: `/applications(appId='${apiClientId}')?$select=id`, schema: OwnApplication },
  ]);
  const ids = new Set<string>(clientIds);
  for (const answer of answers) {
    const found = present(answer, "our own identities");
    if (found === null) continue;
    ids.add(found.id);
    // A user-assigned identity's ARM id stands here, beside a flag.
    if ("alternativeNames" in found) for (const name of found.alternativeNames ?? []) ids.add(name);
  }
  return [...ids].filter((it) => !it.startsWith("isExplicit="));
}

async function protectedMembersOf({ policy, reader }: Tourniquet): Promise<readonly string[]> {
  const members = await Promise.all(
    policy.protected.groupIds.map((id) =>
      reader.graph.list(`/groups/${id}/transitiveMembers?$select=id`, Member),
    ),
  );
  return members
    .flatMap((answer) => present(answer, "the members of protected groups") ?? [])
    .map(({ id }) => id);
}

/** Null for what is not there; anything else unread stops us. */
function present<T>(answer: Answer<T>, what: string): T | null {
  if (answer.kind === "ok") return answer.value;
  if (answer.failure.code === "NOT_FOUND") return null;
  throw new ProtectionUnknownError(`could not read ${what}: ${answer.failure.code}`);
}
