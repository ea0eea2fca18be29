import { z } from "zod";
import type { Reach } from "../case/reach.ts";
import type { IssuerUnknown, Scope } from "../case/scope.ts";
import type { SecretConsumer } from "../case/secret-consumer.ts";
import { PROVIDERS } from "../rotate/providers.ts";
import type { Hindrance } from "./hindrances.ts";
import type { Provider } from "../rotate/provider.ts";
import type { RotationMode } from "../rotate/rotation.ts";
import { addressIn, providerByTags } from "../rotate/tagged-provider.ts";
import { MARK_TAG } from "../rotate/work.ts";
import { confirmation, evidenceOf } from "./answers.ts";
import { consumerLines } from "./consumer-lines.ts";
import { soughtInVain } from "./issuer-unknown.ts";
import { AZURE, KEY_VAULT } from "./needs.ts";
import { shuttingAll } from "./shutting.ts";
import { cannotBeUndone, defineStep, type Need, type Proposal } from "./step.ts";

const Target = z.object({
  vaultId: z.string(),
  secretName: z.string(),
  mode: z.enum(["incident", "hygiene"]),
  /** How long the old value works beside the new one. */
  overlapInHours: z.number().min(0),
});
/** How strong the evidence is that somebody read it: rotations run in this order. */
const TIERS = ["read", "same-vault", "reachable"] as const;
const Before = z.object({ tier: z.enum(TIERS), provider: z.string().nullable() });

export type RotationTarget = z.infer<typeof Target>;
export type RotationBefore = z.infer<typeof Before>;

const DEFAULT_OVERLAP_IN_HOURS = 24;
const LONGEST_OVERLAP_IN_HOURS = 7 * 24;

/** Whatever the secret turns out to be. */
const OF_EVERY_ROTATION: readonly Need[] = [
  KEY_VAULT("Microsoft.KeyVault/vaults/secrets/getSecret/action"),
  KEY_VAULT("Microsoft.KeyVault/vaults/secrets/setSecret/action"),
  KEY_VAULT("Microsoft.KeyVault/vaults/secrets/update/action"),
  KEY_VAULT("Microsoft.KeyVault/vaults/secrets/readMetadata/action"),
  AZURE("Microsoft.Web/sites/config/read"),
  AZURE("Microsoft.Web/sites/config/*/read"),
  AZURE("Microsoft.Web/sites/slots/config/read"),
  AZURE("Microsoft.Web/sites/slots/config/*/read"),
  // Published lists of operations have no name for the refresh of references: below `config` it is, as an action.
  AZURE("Microsoft.Web/sites/config/*/action"),
  AZURE("Microsoft.Web/sites/slots/config/*/action"),
];

/**
 * Makes a secret's value useless and replaces it. It has stages of its own and runs as an orchestration of its own: this
 * file only says which secrets, in which order, and at what cost.
 */
export const rotateSecret = defineStep<RotationTarget, RotationBefore>({
  kind: "rotate-secret",
  wave: "rotation",
  target: Target,
  before: Before,
  needs: [...OF_EVERY_ROTATION, ...uniqueNeeds()],
  undoing: cannotBeUndone("A replaced credential does not come back; the new value is in the vault."),

  propose: (scope) => [...suspectedSecrets(scope), ...namedSecrets(scope)],

  alone: ({ vaultId, secretName }) => `${vaultId}/secrets/${secretName}`.toLowerCase(),
  // A rotation is performed by its own orchestration; asked here, it is a defect of whoever asks.
  apply: () => Promise.reject(new TypeError("a rotation runs as an orchestration of its own")),

  /** Whether the old versions are still out of use: somebody may have enabled one again. The provider is not asked. */
  async verify({ azure, stepId }, { vaultId, secretName }) {
    const versions = await azure.vault(vaultUriOf(vaultId)).listVersions(secretName);
    if (versions.kind === "failed") {
      return confirmation({ kind: "failed", failure: versions.failure }, azure.now(), {
        holds: () => false,
        otherwise: "",
        absentHolds: false,
      });
    }
    const enabled = versions.value.filter((it) => it.enabled);
    const made = versions.value.find(({ tags }) => tags[MARK_TAG] === stepId);
    const older = enabled.filter(
      (it) => it !== made && (made === undefined || (it.createdOn ?? "") <= (made.createdOn ?? "")),
    );
    const evidence = evidenceOf(null, azure.now(), { enabled: enabled.length });
    return older.length === 0
      ? { kind: "confirmed", evidence }
      : { kind: "not-yet", seen: `${older.length} old versions are enabled`, evidence };
  },
});

/** The vault's address, from the name in its ARM id. Throws for what cannot be a vault's name: it becomes part of a host. */
export function vaultUriOf(vaultId: string): string {
  const name = vaultId.split("/").at(-1) ?? "";
  if (!/^[a-z0-9-]{3,24}$/i.test(name)) throw new TypeError("not a vault's id");
  return `https://${name.toLowerCase()}.vault.azure.net`;
}

function uniqueNeeds() {
  const all = PROVIDERS.flatMap(({ needs }) => needs);
  return [...new Map(all.map((need) => [JSON.stringify(need), need])).values()];
}

type Proposed = Proposal<RotationTarget, RotationBefore>;

interface Suspected {
  readonly vaultId: string;
  readonly name: string;
  readonly isRead: boolean;
  /** Who could read it. */
  readonly readers: readonly string[];
  readonly managed: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly consumers?: readonly SecretConsumer[];
}

/** What suspects read, then the rest of those vaults, then the rest they could reach. */
function suspectedSecrets(scope: Scope): readonly Proposed[] {
  const secrets = new Map<string, Suspected>();
  for (const reach of scope.reach) {
    const secret = suspected(reach);
    if (secret === null) continue;
    const key = `${secret.vaultId}/${secret.name}`.toLowerCase();
    const known = secrets.get(key);
    secrets.set(key, {
      ...secret,
      isRead: secret.isRead || known?.isRead === true,
      // What only a log tells of knows neither.
      tags: { ...known?.tags, ...secret.tags },
      consumers: secret.consumers ?? known?.consumers ?? [],
      readers: [...(known?.readers ?? []), ...secret.readers],
    });
  }
  const read = new Set(
    [...secrets.values()].filter(({ isRead }) => isRead).map(({ vaultId }) => vaultId.toLowerCase()),
  );
  return [...secrets.values()].map((secret) => {
    const tier = secret.isRead ? 0 : read.has(secret.vaultId.toLowerCase()) ? 1 : 2;
    return proposal(secret, "incident", {
      tier,
      because: WHY[tier],
      vain: soughtInVain(scope, secret),
      coveredBy: tier > 0 ? coveredUnread(scope, secret) : undefined,
    });
  });
}

const WHY = [
  "A suspect read it.",
  "A suspect read other secrets of its vault and could read this one.",
  "A suspect could read it.",
] as const;

function suspected({
  kind,
  targetId,
  name,
  can,
  evidence,
  tags,
  principalKey,
  consumers,
}: Reach): Suspected | null {
  if (kind !== "vault-secret" && kind !== "vault-certificate") return null;
  const isRead = evidence === "read";
  if (!isRead && !can.includes("read-secret")) return null;
  const vaultId = targetId.split("/").slice(0, -2).join("/");
  const managed = kind === "vault-certificate";
  return {
    vaultId,
    name,
    isRead,
    managed,
    tags,
    readers: [principalKey],
    ...(consumers === undefined ? {} : { consumers }),
  };
}

/** Asked for by name: nobody is suspected of reading them, so the old value may overlap with the new one. */
function namedSecrets(scope: Scope): readonly Proposed[] {
  const mode: RotationMode = scope.principals.length === 0 ? "hygiene" : "incident";
  return (scope.namedSecrets ?? []).map(({ because, ...secret }) =>
    proposal({ ...secret, isRead: true, readers: [] }, mode, {
      tier: 0,
      because,
      vain: soughtInVain(scope, secret),
      coveredBy: undefined,
    }),
  );
}

/** Why it is to be rotated. */
interface Grounds {
  readonly tier: 0 | 1 | 2;
  readonly because: string;
  /** Its issuer was looked for before. */
  readonly vain: IssuerUnknown | null;
  readonly coveredBy: Hindrance["coveredBy"];
}

/**
 * What nobody is seen to have read is not known outside once nobody who could read it gets in any more, or its versions
 * are disabled. Logs that show a read later make it a secret that was read.
 */
function coveredUnread(scope: Scope, { vaultId, name, readers }: Suspected): Hindrance["coveredBy"] {
  const vault = vaultId.split("/").at(-1)?.toLowerCase() ?? "";
  const target = { vaultUri: `https://${vault}.vault.azure.net`, name };
  const disabled = { kind: "disable-secret-version", target };
  return (shuttingAll(scope, readers) ?? [[]]).map((group) => [...group, disabled]);
}

function proposal(secret: Suspected, mode: RotationMode, grounds: Grounds): Proposed {
  const { vaultId, name, tags } = secret;
  const { tier, because, vain } = grounds;
  const address = addressIn(tags);
  const provider = providerByTags(tags);
  const overlapInHours = mode === "incident" ? 0 : overlapOf(tags);
  const vaultName = vaultId.split("/").at(-1) ?? vaultId;
  const title = `Rotate the secret ${name} in ${vaultName}`;
  return {
    // Logs, lists and people write them in any case, and it is the same secret.
    target: { vaultId: vaultId.toLowerCase(), secretName: name.toLowerCase(), mode, overlapInHours },
    before: { tier: TIERS[tier], provider: provider?.kind ?? null },
    title:
      mode === "incident"
        ? `${title}: the old value dies first`
        : `${title}: the old value dies after ${overlapInHours} h`,
    because: [
      because,
      provider === null
        ? "No tag says who issued it: its issuer is looked for when this is performed, by its content type and by its value, which is compared in memory and goes nowhere."
        : `Its tags say that it is ${provider.about}.`,
      ...(vain === null ? [] : [`Its issuer was looked for ${vain.at} and not found: ${vain.tried}.`]),
      ...(provider?.strongerCut == null
        ? []
        : [`Stronger than rotating, and for a person: ${provider.strongerCut}.`]),
    ],
    cost: [
      ...(provider === null
        ? [
            "Whoever uses the value without reading it from the vault stops.",
            "If no issuer is found, nothing is changed and it is left to a person; the plan after that offers to disable it.",
          ]
        : [provider.cost[mode], "Whoever keeps a copy of the value instead of reading the vault stops."]),
      ...consumerLines(secret.consumers ?? [], "rotated"),
    ],
    touches: [vaultId, `${vaultId}/secrets/${name}`, ...(address === "" ? [] : [address])],
    ...(provider === null ? {} : { needs: [...OF_EVERY_ROTATION, ...provider.needs] }),
    rank: tier,
    tags,
    ...asking(provider, grounds),
    ...hindrance(secret, grounds),
  };
}

/** Values that nobody is known to have read are looked at only if a person says so; nor is the same search made twice unasked. */
function asking(provider: Provider | null, { tier, vain }: Grounds): Pick<Proposed, "asks"> {
  if (vain !== null) return { asks: "its issuer was looked for before and not found" };
  return tier > 0 && provider === null
    ? { asks: "no log shows that it was read, and no tag says who issued it" }
    : {};
}

function hindrance(
  { name, vaultId, managed }: Suspected,
  { tier, vain, coveredBy }: Grounds,
): Pick<Proposed, "hindered"> {
  const covered = coveredBy === undefined ? {} : { coveredBy };
  const vaultName = vaultId.split("/").at(-1) ?? vaultId;
  if (name === "*") {
    return {
      hindered: {
        reason: "its secrets could not be listed",
        action: `List and rotate the secrets of ${vaultName}, or let Tourniquet's reader list them`,
      },
    };
  }
  if (managed) {
    return {
      hindered: {
        ...covered,
        reason: "a certificate keeps its private key there, which is never overwritten",
        action: `Renew the certificate ${name} in ${vaultName} and revoke the old one at its issuer`,
      },
    };
  }
  // Disabling it, which the same plan offers, ends what could have been read and was not; what was read stays a gap.
  if (tier > 0 && vain !== null) {
    return {
      hindered: {
        ...covered,
        reason: `it could have been read, and its issuer was looked for and not found (${vain.tried})`,
        action: `Rotate ${name} of ${vaultName} where it was issued, or tag it with its provider and have it rotated by name`,
      },
    };
  }
  return {};
}

function overlapOf(tags: Readonly<Record<string, string>>): number {
  const hours = Number(tags["OverlapHours"] ?? "");
  return tags["OverlapHours"] !== undefined && Number.isFinite(hours) && hours >= 0
    ? Math.min(hours, LONGEST_OVERLAP_IN_HOURS)
    : DEFAULT_OVERLAP_IN_HOURS;
}
