import { flagIn, listIn, objectIn, textIn, textsIn } from "../../state/azure/json.ts";
import type { Json, JsonObject, Resource } from "../../state/azure/model.ts";
import { findResource, putResource, resourcesBelow } from "../../state/azure/resources.ts";
import { type ArmAnswer, type ArmCall, inGroup, ok, type Route } from "../call.ts";
import { badRequest, preconditionFailed, providerError, resourceNotFound } from "../errors.ts";
import { etagMismatch, resourceRoutes } from "../resource-type.ts";
import { wireResource } from "../wire-resource.ts";
import { STORAGE_HEADERS as HEADERS } from "./storage-headers.ts";

const ACCOUNT = "Microsoft.Storage/storageAccounts";
const BLOBS = `${ACCOUNT}/blobServices`;
const CONTAINER = `${BLOBS}/containers`;

const blobServices = resourceRoutes({ type: BLOBS, methods: ["PUT"] });

function blobService(call: ArmCall): ArmAnswer {
  const account = findResource(call.azure, call.path.split("/").slice(0, -2).join("/"));
  if (!account) return resourceNotFound(call.path);
  const held = findResource(call.azure, call.path);
  // `default` is there without ever having been written.
  return ok(
    held
      ? wireResource(call.tenant, held)
      : {
          id: `${account.id}/blobServices/default`,
          name: "default",
          type: BLOBS,
          properties: {
            deleteRetentionPolicy: { allowPermanentDelete: false, enabled: false },
            isVersioningEnabled: false,
          },
        },
  );
}

function hasLegalHold(container: Resource): boolean {
  return listIn(objectIn(container.properties, "legalHold"), "tags").length > 0;
}

function policyOf(container: Resource): JsonObject | undefined {
  const policy = container.properties["immutabilityPolicy"];
  return typeof policy === "object" && policy !== null
    ? objectIn(container.properties, "immutabilityPolicy")
    : undefined;
}

/** Containers hang below `blobServices/default`, which nobody has to create first. */
function containerAt(call: ArmCall, upTo: number): Resource | undefined {
  return findResource(
    call.azure,
    call.path
      .split("/")
      .slice(0, upTo === 0 ? undefined : -upTo)
      .join("/"),
  );
}

function wireContainer(call: ArmCall, container: Resource): JsonObject {
  const policy = policyOf(container);
  return wireResource(call.tenant, container, {
    hasImmutabilityPolicy: policy !== undefined,
    hasLegalHold: hasLegalHold(container),
    publicAccess: container.properties["publicAccess"] ?? "None",
  });
}

function writeContainer(call: ArmCall): ArmAnswer {
  const account = findResource(call.azure, call.path.split("/").slice(0, -4).join("/"));
  if (!account) return resourceNotFound(call.path);
  const before = findResource(call.azure, call.path);
  const { immutabilityPolicy: _, legalHold: __, ...sent } = objectIn(call.body, "properties");
  const container: Resource = {
    id: before?.id ?? call.path,
    type: CONTAINER,
    name: before?.name ?? call.path.split("/").at(-1) ?? "",
    etag: `"0x${call.tenant.random.hex(15).toUpperCase()}"`,
    properties: { ...before?.properties, ...sent },
    createdAt: before?.createdAt ?? call.nowInMs,
    changedAt: call.nowInMs,
  };
  putResource(call.azure, container, call.nowInMs);
  return { status: before ? 200 : 201, body: wireContainer(call, container), headers: HEADERS };
}

function wirePolicy(container: Resource, policy: JsonObject): JsonObject {
  const { etag, ...properties } = policy;
  return {
    id: `${container.id}/immutabilityPolicies/default`,
    name: "default",
    type: `${CONTAINER}/immutabilityPolicies`,
    etag: etag ?? null,
    properties,
  };
}

function answerPolicy(container: Resource, policy: JsonObject): ArmAnswer {
  return ok(wirePolicy(container, policy), { ...HEADERS, ETag: textIn(policy, "etag") });
}

function storePolicy(call: ArmCall, container: Resource, policy: Json): void {
  putResource(
    call.azure,
    {
      ...container,
      properties: { ...container.properties, immutabilityPolicy: policy },
      changedAt: call.nowInMs,
    },
    call.nowInMs,
  );
}

function policyMismatch(call: ArmCall, policy: JsonObject | undefined): ArmAnswer | undefined {
  const ifMatch = call.request.headers["if-match"];
  if (ifMatch === undefined || ifMatch === "*" || ifMatch === textIn(policy, "etag")) return undefined;
  return preconditionFailed("The condition specified using HTTP conditional header(s) is not met.");
}

function writePolicy(call: ArmCall): ArmAnswer {
  const container = containerAt(call, 2);
  if (!container) return resourceNotFound(call.path);
  const before = policyOf(container);
  const mismatch = policyMismatch(call, before);
  if (mismatch) return mismatch;
  const sent = objectIn(call.body, "properties");
  if (textIn(before, "state") === "Locked") return policyLocked();
  if (flagIn(sent, "allowProtectedAppendWrites") && flagIn(sent, "allowProtectedAppendWritesAll")) {
    // guess: text not captured; the two are documented to exclude each other.
    return badRequest(
      "allowProtectedAppendWrites and allowProtectedAppendWritesAll are mutually exclusive.",
      "InvalidParameters",
    );
  }
  const policy: JsonObject = {
    ...sent,
    state: "Unlocked",
    etag: `"${call.tenant.random.hex(15)}"`,
  };
  storePolicy(call, container, policy);
  return answerPolicy(container, policy);
}

function policyLocked(): ArmAnswer {
  // guess: text not captured; a locked policy can only be extended.
  return providerError(
    409,
    "ContainerImmutabilityPolicyLocked",
    "The operation is not permitted because the immutability policy is locked.",
  );
}

function lockPolicy(call: ArmCall): ArmAnswer {
  const container = containerAt(call, 3);
  const policy = container && policyOf(container);
  if (!container || !policy) return resourceNotFound(call.path);
  if (call.request.headers["if-match"] === undefined) {
    return badRequest("The If-Match header is required.", "MissingRequiredHeader"); // guess: text not captured
  }
  const mismatch = policyMismatch(call, policy);
  if (mismatch) return mismatch;
  const locked = { ...policy, state: "Locked", etag: `"${call.tenant.random.hex(15)}"` };
  storePolicy(call, container, locked);
  return answerPolicy(container, locked);
}

function extendPolicy(call: ArmCall): ArmAnswer {
  const container = containerAt(call, 3);
  const policy = container && policyOf(container);
  if (!container || !policy) return resourceNotFound(call.path);
  const mismatch = policyMismatch(call, policy);
  if (mismatch) return mismatch;
  const wanted = Number(objectIn(call.body, "properties")["immutabilityPeriodSinceCreationInDays"] ?? 0);
  if (wanted <= Number(policy["immutabilityPeriodSinceCreationInDays"] ?? 0)) {
    return badRequest("The immutability period can only be extended.", "InvalidParameters"); // guess: text not captured
  }
  const extended = {
    ...policy,
    immutabilityPeriodSinceCreationInDays: wanted,
    etag: `"${call.tenant.random.hex(15)}"`,
  };
  storePolicy(call, container, extended);
  return answerPolicy(container, extended);
}

function deletePolicy(call: ArmCall): ArmAnswer {
  const container = containerAt(call, 2);
  const policy = container && policyOf(container);
  if (!container || !policy) return resourceNotFound(call.path);
  const mismatch = policyMismatch(call, policy);
  if (mismatch) return mismatch;
  if (textIn(policy, "state") === "Locked") return policyLocked();
  storePolicy(call, container, null);
  return answerPolicy(container, {
    immutabilityPeriodSinceCreationInDays: 0,
    state: "Unlocked",
    etag: `"${call.tenant.random.hex(15)}"`,
  });
}

function changeLegalHold(call: ArmCall, change: "set" | "clear"): ArmAnswer {
  const container = containerAt(call, 1);
  if (!container) return resourceNotFound(call.path);
  const sent = textsIn(call.body, "tags").map((tag) => tag.toLowerCase());
  if (sent.some((tag) => !/^[a-z0-9]{3,23}$/.test(tag))) {
    return badRequest("A legal hold tag has 3 to 23 alphanumeric characters.", "InvalidLegalHoldTag"); // guess: text not captured
  }
  const held = listIn(objectIn(container.properties, "legalHold"), "tags").flatMap((tag) =>
    typeof tag === "string" ? [tag] : [],
  );
  const tags =
    change === "set" ? [...new Set([...held, ...sent])] : held.filter((tag) => !sent.includes(tag));
  if (tags.length > 10)
    return badRequest("A container has at most 10 legal hold tags.", "TooManyLegalHoldTags"); // guess: text not captured
  putResource(
    call.azure,
    { ...container, properties: { ...container.properties, legalHold: { tags } }, changedAt: call.nowInMs },
    call.nowInMs,
  );
  return ok({ hasLegalHold: tags.length > 0, tags }, HEADERS);
}

const containers = resourceRoutes({
  type: CONTAINER,
  methods: ["DELETE"],
  refuseDelete: (_, container) => {
    const isLocked = textIn(policyOf(container), "state") === "Locked";
    // An unlocked policy protects nothing against the deletion of its container.
    return isLocked || hasLegalHold(container)
      ? providerError(
          409,
          "ContainerProtectedFromDeletion",
          "The container is protected from deletion by an immutability policy or a legal hold.", // guess: text not captured
        )
      : undefined;
  },
});

const CONTAINERS = `${ACCOUNT}/{account}/blobServices/default/containers`;
const POLICY = `${CONTAINERS}/{container}/immutabilityPolicies/default`;

/** Blob containers with their immutability policies and legal holds. */
export const blobContainerRoutes: readonly Route[] = [
  ...blobServices,
  { method: "GET", template: inGroup(`${ACCOUNT}/{account}/blobServices/default`), handle: blobService },
  {
    method: "GET",
    template: inGroup(CONTAINERS),
    handle: (call) => {
      const account = findResource(call.azure, call.path.split("/").slice(0, -3).join("/"));
      if (!account) return resourceNotFound(call.path.split("/").slice(0, -3).join("/"));
      return ok({
        value: [...resourcesBelow(call.azure, account.id, CONTAINER)].map((it) => wireContainer(call, it)),
      });
    },
  },
  {
    method: "GET",
    template: inGroup(`${CONTAINERS}/{container}`),
    handle: (call) => {
      const container = containerAt(call, 0);
      return container ? ok(wireContainer(call, container), HEADERS) : containerNotFound();
    },
  },
  ...(["PUT", "PATCH"] as const).map((method): Route => ({
    method,
    template: inGroup(`${CONTAINERS}/{container}`),
    handle: (call) =>
      method === "PATCH" && !containerAt(call, 0)
        ? containerNotFound()
        : (etagMismatch(call, containerAt(call, 0)) ?? writeContainer(call)),
  })),
  ...containers,
  { method: "PUT", template: inGroup(POLICY), handle: writePolicy },
  {
    method: "GET",
    template: inGroup(POLICY),
    handle: (call) => {
      const container = containerAt(call, 2);
      const policy = container && policyOf(container);
      if (!container) return containerNotFound();
      return answerPolicy(
        container,
        policy ?? { immutabilityPeriodSinceCreationInDays: 0, state: "Unlocked", etag: '""' },
      );
    },
  },
  { method: "DELETE", template: inGroup(POLICY), handle: deletePolicy },
  { method: "POST", template: inGroup(`${POLICY}/lock`), handle: lockPolicy },
  { method: "POST", template: inGroup(`${POLICY}/extend`), handle: extendPolicy },
  {
    method: "POST",
    template: inGroup(`${CONTAINERS}/{container}/setLegalHold`),
    handle: (call) => changeLegalHold(call, "set"),
  },
  {
    method: "POST",
    template: inGroup(`${CONTAINERS}/{container}/clearLegalHold`),
    handle: (call) => changeLegalHold(call, "clear"),
  },
];

function containerNotFound(): ArmAnswer {
  return providerError(404, "ContainerNotFound", "The specified container does not exist.");
}
