import { z } from "zod";
import type { Azure } from "../azure/azure.ts";
import type { Answer } from "../azure/failure.ts";
import type { StepOutcome } from "../case/outcome.ts";
import type { Scope } from "../case/scope.ts";
import { alreadySo, applied, confirmation, failed } from "./answers.ts";
import { lockInTheWay } from "./hindrances.ts";
import { AZURE } from "./needs.ts";
import { defineStep } from "./step.ts";
import { takenThrough } from "./taken.ts";

const API = "2024-04-01";
const DOORS = ["scm", "ftp"] as const;
type Door = (typeof DOORS)[number];
const Policy = z.object({ properties: z.object({ allow: z.boolean() }) });
const Doors = z.object({ scm: z.boolean(), ftp: z.boolean() });
/** Null where it could not be read: then nobody can say what to put back. */
const Before = z.object({ allowed: Doors.nullable() });

const path = (siteId: string, door: Door) => `${siteId}/basicPublishingCredentialsPolicies/${door}`;

async function look({ arm }: Azure, siteId: string): Promise<Answer<z.infer<typeof Doors>>> {
  const [scm, ftp] = await Promise.all([
    arm.get(path(siteId, "scm"), API, Policy),
    arm.get(path(siteId, "ftp"), API, Policy),
  ]);
  if (scm.kind === "failed") return scm;
  if (ftp.kind === "failed") return ftp;
  return { ...ftp, value: { scm: scm.value.properties.allow, ftp: ftp.value.properties.allow } };
}

/** Opens or shuts the doors that are not as wanted, one after the other; says so when both were. */
async function setDoors(azure: Azure, siteId: string, wanted: z.infer<typeof Doors>): Promise<StepOutcome> {
  const present = await look(azure, siteId);
  if (present.kind === "failed") return failed(present.failure, azure.now());
  let outcome = alreadySo(present.requestId, azure.now());
  for (const door of DOORS) {
    if (present.value[door] === wanted[door]) continue;
    const body = { properties: { allow: wanted[door] } };
    const answer = await azure.arm.put(path(siteId, door), API, body, z.unknown());
    if (answer.kind === "failed") return failed(answer.failure, azure.now());
    outcome = applied(answer, azure.now());
  }
  return outcome;
}

/**
 * Shuts both doors that take a user name and password for deployments, scm and ftp, of an app or one slot of it. That also
 * ends deployment users of people, which no reset of the app's own password does.
 */
export const disableBasicPublishing = defineStep({
  kind: "disable-basic-publishing",
  wave: "keys",
  target: z.object({ siteId: z.string().startsWith("/") }),
  before: Before,
  needs: [
    AZURE("Microsoft.Web/sites/basicPublishingCredentialsPolicies/read"),
    AZURE("Microsoft.Web/sites/basicPublishingCredentialsPolicies/write"),
    AZURE("Microsoft.Web/sites/slots/basicPublishingCredentialsPolicies/read"),
    AZURE("Microsoft.Web/sites/slots/basicPublishingCredentialsPolicies/write"),
  ],

  propose: (scope) =>
    takenThrough(scope, "site", "publishing-credential").map((taken) => {
      const hindered = lockInTheWay(
        scope.obstacles,
        taken.resourceId,
        "write",
        `switch basic publishing of ${taken.name} off`,
      );
      return {
        target: { siteId: taken.resourceId },
        before: { allowed: doorsOf(scope, taken.resourceId) },
        title: `Switch basic publishing of ${taken.name} off (scm and ftp)`,
        because: taken.because,
        cost: [`Deployments to ${taken.name} with a user name and password stop; those with Entra go on.`],
        touches: taken.touches,
        tags: taken.tags,
        rank: -1,
        ...(hindered === null ? {} : { hindered }),
      };
    }),

  alone: ({ siteId }) => siteId.toLowerCase(),
  async apply({ azure }, { siteId }) {
    const outcome = await setDoors(azure, siteId, { scm: false, ftp: false });
    // An app that is gone lets nobody in.
    return outcome.kind === "failed" && outcome.code === "CHANGED_SINCE_PLANNED"
      ? { kind: "already-so", evidence: outcome.evidence }
      : outcome;
  },
  verify: async ({ azure }, { siteId }) =>
    confirmation(await look(azure, siteId), azure.now(), {
      holds: ({ scm, ftp }) => !scm && !ftp,
      otherwise: "basic publishing is still on",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    async undo({ azure }, { siteId }, { allowed }) {
      if (allowed === null) {
        return {
          kind: "needs-person",
          reason: "Whether basic publishing was on before could not be read when the snapshot was taken.",
          action: `Switch basic publishing of ${siteId} on again if deployments need it`,
        };
      }
      const present = await look(azure, siteId);
      if (present.kind === "failed") return failed(present.failure, azure.now());
      if (DOORS.some((door) => present.value[door] && !allowed[door])) {
        return {
          kind: "needs-person",
          reason: "Somebody opened a door meanwhile that was shut before.",
          action: `Say which of scm and ftp are to take passwords on ${siteId}: before, ${described(allowed)}`,
        };
      }
      return setDoors(azure, siteId, allowed);
    },
    verifyUndone: async ({ azure }, { siteId }, { allowed }) =>
      confirmation(await look(azure, siteId), azure.now(), {
        holds: ({ scm, ftp }) => allowed !== null && scm === allowed.scm && ftp === allowed.ftp,
        otherwise: "basic publishing is not as it was",
        absentHolds: false,
      }),
  },
});

function doorsOf({ publishingDoors = [] }: Scope, siteId: string): z.infer<typeof Doors> | null {
  const read = publishingDoors.find((it) => it.siteId.toLowerCase() === siteId.toLowerCase());
  return read === undefined ? null : { scm: read.scm, ftp: read.ftp };
}

function described({ scm, ftp }: z.infer<typeof Doors>): string {
  return `scm was ${scm ? "open" : "shut"} and ftp ${ftp ? "open" : "shut"}`;
}
