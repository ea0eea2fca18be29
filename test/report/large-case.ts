import type { Scope } from "../../src/case/scope.ts";
import type { ReportSources } from "../../src/report/case-report.ts";
import {
  aPassword,
  aPrincipal,
  aRole,
  aScope,
  aScoped,
  GROUP,
  id,
  planFor,
  stepsOf,
} from "../plan/planned-from.ts";
import { toldCase } from "./told-case.ts";

/** What an attacker would put where names go. */
export const HOSTILE = [
  `<script>window.pwned=1</script>`,
  `"><img src=x onerror=window.pwned=1>`,
  `</title></svg></style><svg onload=window.pwned=1>`,
  `[click](javascript:window.pwned=1) ![](https://evil.example/x.png) | <b> | \`code\``,
  `‮gpj.exe​ https://evil.example/login`,
  `&lt;script&gt; {{constructor}} \${7*7} \u0000\u001b[31m`,
] as const;

/** A case of this many reachable things and about as many steps, in which every name is hostile. */
export async function largeCase(things: number, roles: number): Promise<ReportSources> {
  const principals = HOSTILE.map((name, index) => aPrincipal(`p${index}`, { displayName: name }));
  const scoped = principals.map((principal, index) =>
    aScoped(principal, {
      because: HOSTILE[index] ?? "",
      passwords: [aPassword(principal.applicationObjectId ?? "", HOSTILE[index] ?? "")],
      roleAssignments: Array.from({ length: Math.ceil(roles / principals.length) }, (_, role) =>
        aRole(
          principal.objectId ?? "",
          `${GROUP}/providers/Microsoft.Storage/storageAccounts/st${index}x${role}`,
        ),
      ),
    }),
  );
  const kinds = ["vault-secret", "storage-account", "cluster", "site", "database"] as const;
  const reach: Scope["reach"] = Array.from({ length: things }, (_, index) => {
    const kind = kinds[index % kinds.length] ?? "site";
    const vault = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv${index % 4}`;
    return {
      kind,
      targetId:
        kind === "vault-secret" ? `${vault}/secrets/s${index}` : `${GROUP}/providers/x/y/thing-${index}`,
      name:
        index % 3 === 0
          ? (HOSTILE[index % HOSTILE.length] ?? "")
          : `a-rather-long-resource-name-number-${index}`,
      can: ["read-secret", "write-resource"],
      through: [],
      evidence: index % 7 === 0 ? "read" : "reachable",
      lastTouched: null,
      tags: {},
      principalKey: principals[index % principals.length]?.objectId ?? "",
    };
  });
  const activity: Scope["activity"] = Array.from({ length: 400 }, (_, index) => ({
    at: new Date(Date.parse("2026-11-20T08:00:00.000Z") + index * 30_000).toISOString(),
    source: index % 2 === 0 ? "service-principal-sign-in" : "key-vault",
    principalKey: principals[index % principals.length]?.objectId ?? "",
    operation: HOSTILE[index % HOSTILE.length] ?? "",
    target: HOSTILE[(index + 1) % HOSTILE.length] ?? "",
    outcome: "success",
    address: "203.0.113.50",
    country: "RU",
    userAgent: HOSTILE[0],
    credentialKeyId: null,
    tokenId: null,
    correlationId: null,
    suspicious: index % 3 !== 0,
    attribution: "proven",
  }));
  const scope = aScope(scoped, {
    reach,
    activity,
    limitations: [{ about: HOSTILE[1], code: "UNREADABLE", detail: HOSTILE[3] }],
    related: [
      {
        principal: aPrincipal("other", { displayName: HOSTILE[0], objectId: id("other") }),
        because: HOSTILE[1],
        since: "2026-11-20T08:00:00.000Z",
      },
    ],
  });
  const plan = planFor(scope);
  return toldCase(scope, plan, {
    title: HOSTILE[0],
    comment: HOSTILE[2],
    gap: (_, index) => index % 40 === 7,
  });
}

/** How many steps the case has. */
export function stepCount({ plans }: ReportSources): number {
  return plans.reduce((sum, { plan }) => sum + stepsOf(plan).length, 0);
}
