import { z } from "zod";
import type { Subject } from "../../case/subject.ts";
import type { DirectoryReader } from "../directory-reader.ts";
import { GraphPassword } from "../directory-objects.ts";
import type { Gaps, Read } from "../gaps.ts";
import { byText, guidOf } from "../identifiers.ts";
import type { DirectoryIndex } from "./directory-index.ts";
import { type Finding, findingOf, refusal } from "./finding.ts";
import type { LeakedCredential } from "./resolution.ts";

type Leak = Extract<Subject, { readonly kind: "leaked-credential" }>;

const Holder = z.object({
  id: z.string(),
  appId: z.string(),
  passwordCredentials: z.array(GraphPassword.pick({ keyId: true, hint: true })).nullish(),
});
type Holder = z.infer<typeof Holder>;

/**
 * Whose a found credential is. With an app id it is one look-up; without one every application and service principal is
 * paged through, because Graph cannot filter by a secret's key id or hint.
 */
export async function findLeakedCredential(
  directory: DirectoryReader,
  index: DirectoryIndex,
  gaps: Gaps,
  subject: Leak,
): Promise<Finding> {
  const leaked: LeakedCredential = { keyId: subject.keyId, hint: subject.hint, foundIn: subject.foundIn };
  if (subject.appId !== null) {
    const appId = guidOf(subject.appId);
    if (appId === null) return refusal(subject, "MALFORMED", "the finding's app id is not a GUID");
    return findingOf(subject, await index.guid(appId), {
      certainty: "named",
      leaked,
      say: (as) => `a credential of ${appId} (${as}) was found in ${subject.foundIn}`,
    });
  }
  if (subject.keyId === null && subject.hint === null) {
    return refusal(subject, "NO_PRINCIPAL", "the finding has neither app id, key id nor hint");
  }
  const appIds = await holdersOf(directory, gaps, subject);
  if (appIds.length === 0) {
    return refusal(subject, "UNKNOWN", "no application or service principal here has such a credential");
  }
  const lookups = await Promise.all(appIds.slice(0, 20).map((appId) => index.guid(appId)));
  const [only] = lookups;
  if (only !== undefined && appIds.length === 1 && subject.keyId !== null) {
    return findingOf(subject, only, {
      certainty: "named",
      leaked,
      say: () => `the credential found in ${subject.foundIn} is its key ${subject.keyId ?? ""}`,
    });
  }
  // Three characters fit many secrets: even a single fit is only a candidate.
  return refusal(
    subject,
    "AMBIGUOUS",
    `${appIds.length} principals have a secret that begins like the one found`,
    lookups.flatMap(({ matches }) =>
      matches.flatMap((match) =>
        match.kind === "principal"
          ? [{ principal: match.principal, rank: 5, because: "has a secret that begins like the one found" }]
          : [],
      ),
    ),
  );
}

async function holdersOf(directory: DirectoryReader, gaps: Gaps, leak: Leak): Promise<readonly string[]> {
  const query = "?$select=id,appId,passwordCredentials&$top=999";
  const [applications, principals] = await Promise.all([
    directory.list(`/applications${query}`, Holder),
    directory.list(`/servicePrincipals${query}`, Holder),
  ]);
  const all = (about: string, read: Read<readonly Holder[]>) => {
    if (read.kind === "ok") return read.value;
    gaps.failed(about, read.failure);
    return [];
  };
  const fits = ({ passwordCredentials }: Holder) =>
    (passwordCredentials ?? []).some((it) =>
      leak.keyId === null ? it.hint === leak.hint : it.keyId.toLowerCase() === leak.keyId.toLowerCase(),
    );
  const found = [
    ...all("credentials of applications", applications),
    ...all("credentials of service principals", principals),
  ].filter(fits);
  return [...new Set(found.map(({ appId }) => appId))].toSorted(byText);
}
