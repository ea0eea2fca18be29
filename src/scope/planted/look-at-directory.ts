import { z } from "zod";
import type { Planted, PlantedDetail } from "../../case/planted.ts";
import { momentOf } from "../activity/log-source.ts";
import { certificateCredential, passwordCredential } from "../credentials.ts";
import {
  APPLICATION_FIELDS,
  GraphApplication,
  GraphCertificate,
  GraphPassword,
  GraphServicePrincipal,
  GraphUser,
  SERVICE_PRINCIPAL_FIELDS,
  USER_FIELDS,
} from "../directory-objects.ts";
import { ownersAt } from "../owners.ts";
import type { Reading } from "../reading.ts";
import { applicationAs, servicePrincipalAs, userAs } from "../resolve/principals.ts";
import { type Lead, START_TOLERANCE_IN_MS } from "./lead.ts";
import { plantedFrom } from "./planted.ts";

type Of<K extends Lead["kind"]> = Extract<Lead, { readonly kind: K }>;

const Holder = z.object({
  id: z.string(),
  displayName: z.string().nullish(),
  passwordCredentials: z.array(GraphPassword).nullish(),
  keyCredentials: z.array(GraphCertificate).nullish(),
});

/** Each credential that was added, with what is left of it. */
export async function lookAtCredentials(
  { directory, gaps }: Reading,
  lead: Of<"credentials">,
): Promise<readonly Planted[]> {
  const { holder, holderId } = lead;
  const path = `/${holder === "application" ? "applications" : "servicePrincipals"}/${holderId}`;
  const read = await directory.get(
    `${path}?$select=id,displayName,passwordCredentials,keyCredentials`,
    Holder,
  );
  const kinds = { password: `${holder}-password`, certificate: `${holder}-certificate` } as const;
  const on = { onId: holderId, onKind: holder };
  if (read.kind === "failed") {
    const gone = read.failure.code === "NOT_FOUND";
    if (!gone) gaps.failed(`credentials added to ${holder} ${holderId}`, read.failure);
    return (lead.keyIds ?? [null]).map((id) =>
      plantedFrom(lead, { ...on, kind: kinds.password, onName: null, id, present: gone ? false : null }),
    );
  }
  const onName = read.value.displayName ?? null;
  const passwords = (read.value.passwordCredentials ?? []).map((it) =>
    passwordCredential(holder, holderId, it),
  );
  const certificates = (read.value.keyCredentials ?? []).map((it) =>
    certificateCredential(holder, holderId, it),
  );
  const since = new Date(Date.parse(lead.at) - START_TOLERANCE_IN_MS).toISOString();
  const isMeant = (it: { readonly keyId: string; readonly startDateTime: string | null }) =>
    lead.keyIds === null
      ? (momentOf(it.startDateTime) ?? "") >= since
      : lead.keyIds.includes(it.keyId.toLowerCase());
  const present = [
    ...passwords.filter(isMeant).map((credential) => ({
      kind: kinds.password,
      id: credential.keyId,
      detail: { kind: "password", credential } satisfies PlantedDetail,
    })),
    ...certificates.filter(isMeant).map((credential) => ({
      kind: kinds.certificate,
      id: credential.keyId,
      detail: { kind: "certificate", credential } satisfies PlantedDetail,
    })),
  ].map((it) => plantedFrom(lead, { ...on, onName, present: true, ...it }));
  const seen = new Set(present.map(({ id }) => id?.toLowerCase()));
  const gone = (lead.keyIds ?? [])
    .filter((id) => !seen.has(id))
    .map((id) => plantedFrom(lead, { ...on, kind: kinds.password, onName, id, present: false }));
  // The row told of a change that can be matched to nothing: a person has to look.
  const unmatched =
    lead.keyIds === null && present.length === 0
      ? [plantedFrom(lead, { ...on, kind: kinds.password, onName, id: null, present: null })]
      : [];
  return [...present, ...gone, ...unmatched];
}

export async function lookAtOwner(reading: Reading, lead: Of<"owner">): Promise<readonly Planted[]> {
  const path = `/${lead.of === "application" ? "applications" : "servicePrincipals"}/${lead.objectId}`;
  const before = reading.gaps.all().length;
  const owners = await ownersAt(reading, path, { kind: lead.of, objectId: lead.objectId });
  const ownership = owners.find(({ objectId }) => objectId.toLowerCase() === lead.ownerId);
  const unread = owners.length === 0 && reading.gaps.all().length > before;
  return [
    plantedFrom(lead, {
      kind: "owner",
      onId: lead.objectId,
      onKind: lead.of,
      onName: null,
      id: lead.ownerId,
      present: unread ? null : ownership !== undefined,
      ...(ownership === undefined
        ? {}
        : { detail: { kind: "owner", ownership: { ...ownership, planted: true } } as const }),
    }),
  ];
}

/** A principal that was made: a way back in of its own. */
export async function lookAtObject(
  { directory, gaps }: Reading,
  lead: Of<"object">,
): Promise<readonly Planted[]> {
  const about = {
    kind: lead.objectKind,
    onId: lead.objectId,
    onKind: lead.objectKind,
    onName: lead.name,
    id: lead.objectId,
  };
  const read = await readObject(directory, lead);
  if (read.kind === "ok") {
    return [
      plantedFrom(lead, {
        ...about,
        present: true,
        detail: read.value === null ? { kind: "noted" } : { kind: "principal", principal: read.value },
      }),
    ];
  }
  const gone = read.failure.code === "NOT_FOUND";
  if (!gone) gaps.failed(`${lead.objectKind} ${lead.objectId}`, read.failure);
  return [plantedFrom(lead, { ...about, present: gone ? false : null })];
}

async function readObject(directory: Reading["directory"], lead: Of<"object">) {
  switch (lead.objectKind) {
    case "application": {
      const read = await directory.get(
        `/applications/${lead.objectId}?$select=${APPLICATION_FIELDS}`,
        GraphApplication,
      );
      return read.kind === "ok" ? { kind: "ok" as const, value: applicationAs(read.value, null) } : read;
    }
    case "service-principal": {
      const read = await directory.get(
        `/servicePrincipals/${lead.objectId}?$select=${SERVICE_PRINCIPAL_FIELDS}`,
        GraphServicePrincipal,
      );
      if (read.kind === "failed") return read;
      const recognised = servicePrincipalAs(read.value, null, null);
      return { kind: "ok" as const, value: recognised.kind === "principal" ? recognised.principal : null };
    }
    case "user": {
      const read = await directory.get(`/users/${lead.objectId}?$select=${USER_FIELDS}`, GraphUser);
      return read.kind === "ok" ? { kind: "ok" as const, value: userAs(read.value, null) } : read;
    }
    default:
      return lead.objectKind satisfies never;
  }
}
