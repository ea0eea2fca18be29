import type { Azure } from "../../azure/azure.ts";
import type { Subject } from "../../case/subject.ts";
import { ArmResource, issuerOf } from "../arm-resources.ts";
import type { DirectoryReader } from "../directory-reader.ts";
import type { Gaps } from "../gaps.ts";
import { armIdOf, guidOf } from "../identifiers.ts";
import { patiently } from "../patience.ts";
import { resourcesById } from "../resource-graph.ts";
import type { DirectoryIndex } from "./directory-index.ts";
import { type OutsideToken, whoTrusts } from "./federated-index.ts";
import { type Finding, findingOf, refusal } from "./finding.ts";

type Federated = Extract<Subject, { readonly kind: "federated" }>;
type ServiceAccount = Extract<Subject, { readonly kind: "service-account" }>;

/** Who a token from outside may become: the one principal that trusts it, else candidates. Three round trips deep. */
export async function findFederated(
  azure: Azure,
  directory: DirectoryReader,
  index: DirectoryIndex,
  gaps: Gaps,
  subject: Federated,
): Promise<Finding> {
  if (subject.subject.trim() === "") return refusal(subject, "MALFORMED", "the token's subject is empty");
  return trusted(azure, directory, index, gaps, subject, {
    issuer: subject.issuer,
    subject: subject.subject,
  });
}

/** A Kubernetes service account is known to Entra by its cluster's issuer and `system:serviceaccount:namespace:name`. */
export async function findServiceAccount(
  azure: Azure,
  directory: DirectoryReader,
  index: DirectoryIndex,
  gaps: Gaps,
  subject: ServiceAccount,
): Promise<Finding> {
  const clusterId = armIdOf(subject.clusterId);
  if (clusterId === null) return refusal(subject, "MALFORMED", "the cluster's id is not an ARM id");
  const read = await patiently(() => azure.arm.resourceGraph(resourcesById([clusterId]), ArmResource));
  if (read.kind === "failed") {
    return refusal(subject, "UNREADABLE", `Resource Graph could not be asked: ${read.failure.code}`);
  }
  const [cluster] = read.value;
  if (cluster === undefined) return refusal(subject, "UNKNOWN", "no such cluster can be seen");
  const issuer = issuerOf(cluster);
  if (issuer === null) {
    return refusal(
      subject,
      "NO_PRINCIPAL",
      "the cluster has no OIDC issuer: Entra cannot trust its service accounts",
    );
  }
  return trusted(azure, directory, index, gaps, subject, {
    issuer,
    subject: `system:serviceaccount:${subject.namespace}:${subject.name}`,
  });
}

async function trusted(
  azure: Azure,
  directory: DirectoryReader,
  index: DirectoryIndex,
  gaps: Gaps,
  subject: Federated | ServiceAccount,
  token: OutsideToken,
): Promise<Finding> {
  const { trusting, complete } = await whoTrusts(azure, directory, gaps, token);
  const distinct = [...new Map(trusting.map((it) => [it.id.toLowerCase(), it])).values()];
  const lookups = await Promise.all(
    distinct.map(async (it) => {
      const id = guidOf(it.id);
      return { it, lookup: id === null ? { matches: [], failures: [] } : await index.guid(id) };
    }),
  );
  const [only] = lookups;
  if (only === undefined) {
    return complete
      ? refusal(subject, "UNKNOWN", "no application or identity here trusts this issuer and subject")
      : refusal(subject, "UNREADABLE", "not every federated credential could be read");
  }
  // With some of them unread, the one that is known may not be the only one.
  if (lookups.length === 1 && complete && !only.it.loosely) {
    return findingOf(subject, only.lookup, {
      certainty: "derived",
      say: () => `its federated credential ${only.it.credentialName} trusts the token that was named`,
    });
  }
  return refusal(
    subject,
    "AMBIGUOUS",
    "more than one principal may trust this token, or an expression that could not be fully checked does",
    lookups.flatMap(({ it, lookup }) =>
      lookup.matches.flatMap((match) =>
        match.kind === "principal"
          ? [
              {
                principal: match.principal,
                rank: it.loosely ? 4 : 8,
                because: `its federated credential ${it.credentialName} may trust the token that was named`,
              },
            ]
          : [],
      ),
    ),
  );
}
