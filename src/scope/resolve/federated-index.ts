import { z } from "zod";
import type { Azure } from "../../azure/azure.ts";
import { sideBySide } from "../../azure/side-by-side.ts";
import { ArmResource, identitiesOf } from "../arm-resources.ts";
import type { DirectoryReader } from "../directory-reader.ts";
import { GraphFederatedCredential } from "../directory-objects.ts";
import { identityFederatedCredentials } from "../federated.ts";
import { bareIssuer } from "../federated-trust.ts";
import { type Gaps, openGaps, readOr } from "../gaps.ts";
import { patiently } from "../patience.ts";
import { INVENTORY_TYPES, resourcesOfTypes } from "../resource-graph.ts";
import { wildcardCovers } from "../wildcard.ts";

/** A token from outside, by what it claims. */
export interface OutsideToken {
  readonly issuer: string | null;
  readonly subject: string;
}

/** Who trusts it: an application by app id, or an identity by the object id of its service principal. */
export interface Trusting {
  readonly id: string;
  readonly credentialName: string;
  /** Matched by an expression of which other claims than the subject could not be checked. */
  readonly loosely: boolean;
}

const Application = z.object({ id: z.string(), appId: z.string() });
const IDENTITIES_AT_ONCE = 8;

/**
 * Every application and user-assigned identity that lets this token in, and whether all could be asked. Reads all federated credentials of the tenant,
 * because neither Graph nor ARM can be asked by subject: two round trips deep and the pages of both lists.
 */
export async function whoTrusts(
  azure: Azure,
  directory: DirectoryReader,
  gaps: Gaps,
  token: OutsideToken,
): Promise<{ readonly trusting: readonly Trusting[]; readonly complete: boolean }> {
  const unread = openGaps();
  const [applications, identities] = await Promise.all([
    trustingApplications(azure, directory, unread, token),
    trustingIdentities(azure, unread, token),
  ]);
  for (const { about, code, detail } of unread.all()) gaps.note(about, code, detail);
  return { trusting: [...applications, ...identities], complete: unread.all().length === 0 };
}

async function trustingApplications(
  azure: Azure,
  directory: DirectoryReader,
  gaps: Gaps,
  token: OutsideToken,
): Promise<readonly Trusting[]> {
  // Counting a relation is an advanced query: it needs the header on every page, which a batch cannot carry on.
  const withFederation = await patiently(() =>
    azure.graph.list(
      "/applications?$filter=federatedIdentityCredentials/$count ne 0&$count=true&$select=id,appId&$top=999",
      Application,
      { eventual: true },
    ),
  );
  const found = await Promise.all(
    readOr(gaps, "applications with federated credentials", withFederation, []).map(async ({ id, appId }) => {
      // Beta: flexible credentials show their expression only there.
      const read = await directory.list(
        `/applications/${id}/federatedIdentityCredentials`,
        GraphFederatedCredential,
        { version: "beta" },
      );
      return readOr(gaps, `federated credentials of application ${appId}`, read, []).flatMap((credential) =>
        trustOf(appId, credential, token),
      );
    }),
  );
  return found.flat();
}

async function trustingIdentities(
  azure: Azure,
  gaps: Gaps,
  token: OutsideToken,
): Promise<readonly Trusting[]> {
  const read = await patiently(() =>
    azure.arm.resourceGraph(resourcesOfTypes(INVENTORY_TYPES.identities), ArmResource),
  );
  const identities = readOr(gaps, "user-assigned identities", read, []);
  const found = await sideBySide(identities, IDENTITIES_AT_ONCE, async (identity) => {
    const [own] = identitiesOf(identity);
    if (own === undefined) return [];
    const credentials = await identityFederatedCredentials(azure, identity.id);
    return readOr(gaps, `federated credentials of identity ${identity.id}`, credentials, []).flatMap(
      (credential) => trustOf(own.id, credential, token),
    );
  });
  return found.flat();
}

function trustOf(id: string, credential: GraphFederatedCredential, token: OutsideToken): readonly Trusting[] {
  if (token.issuer !== null && bareIssuer(token.issuer) !== bareIssuer(credential.issuer)) return [];
  const expression = credential.claimsMatchingExpression;
  if (expression == null) {
    return credential.subject === token.subject
      ? [{ id, credentialName: credential.name, loosely: false }]
      : [];
  }
  const fit = expressionFits(expression.value, token.subject);
  return fit === "no" ? [] : [{ id, credentialName: credential.name, loosely: fit === "maybe" }];
}

/** Whether a flexible credential's expression lets a subject in. Clauses on other claims cannot be checked: `maybe`. */
export function expressionFits(expression: string, subject: string): "yes" | "no" | "maybe" {
  let all: "yes" | "maybe" = "yes";
  for (const clause of expression.split(/\s+and\s+/i)) {
    const parts = /^\s*claims\['([^']+)'\]\s+(eq|matches)\s+'((?:[^']|'')*)'\s*$/i.exec(clause);
    if (parts === null || parts[1] !== "sub") {
      all = "maybe";
      continue;
    }
    const wanted = (parts[3] ?? "").replaceAll("''", "'");
    // `?` and `*` are the wildcards of `matches`; without any it is an equality.
    const fits =
      parts[2]?.toLowerCase() === "eq" ? wanted === subject : wildcardCovers(wanted, subject, true);
    if (!fits) return "no";
  }
  return all;
}
