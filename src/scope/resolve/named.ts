import type { Subject } from "../../case/subject.ts";
import { guidOf } from "../identifiers.ts";
import type { DirectoryIndex } from "./directory-index.ts";
import { type Finding, findingOf, refusal } from "./finding.ts";

type Of<K extends Subject["kind"]> = Extract<Subject, { readonly kind: K }>;

/** A GUID is tried as everything it may be. One round trip deep. */
export async function findGuid(index: DirectoryIndex, subject: Of<"guid">): Promise<Finding> {
  const id = guidOf(subject.value);
  if (id === null) return refusal(subject, "MALFORMED", "not a GUID, or the zero GUID that samples carry");
  return findingOf(subject, await index.guid(id), {
    certainty: "named",
    say: (as) => `${subject.seenAt} names ${id}, its ${as}`,
  });
}

export async function findUserPrincipalName(index: DirectoryIndex, subject: Of<"upn">): Promise<Finding> {
  const name = subject.value.trim();
  if (!/^[^\s@/\\?#]{1,128}@[\w.-]{1,128}$/.test(name)) {
    return refusal(subject, "MALFORMED", "not a user principal name");
  }
  return findingOf(subject, await index.userPrincipalName(name), {
    certainty: "named",
    say: (as) => `${subject.seenAt} names a ${as}`,
  });
}

/** A display name gives candidates, however well it fits. */
export async function findName(index: DirectoryIndex, subject: Of<"name">): Promise<Finding> {
  const name = subject.value.trim();
  if (name === "" || name.length > 256) return refusal(subject, "MALFORMED", "not a display name");
  const lookup = await index.named(name);
  if (lookup.matches.length === 0 && lookup.failures.length > 0) {
    return refusal(subject, "UNREADABLE", "the directory could not be asked for the name");
  }
  return refusal(
    subject,
    "NAME_ONLY",
    "a display name is chosen by whoever makes the object: it is never enough to act on",
    lookup.matches.flatMap((match) =>
      match.kind === "principal"
        ? [{ principal: match.principal, rank: 1, because: "has the display name that was given" }]
        : [],
    ),
  );
}
