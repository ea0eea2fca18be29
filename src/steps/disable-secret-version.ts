import { z } from "zod";
import type { SecretVersion } from "../azure/vault.ts";
import type { Reach } from "../case/reach.ts";
import type { Scope } from "../case/scope.ts";
import type { StepOutcome } from "../case/outcome.ts";
import type { Attempted } from "../azure/attempt.ts";
import { alreadySo, confirmation, evidenceOf, failed } from "./answers.ts";
import { consumerLines } from "./consumer-lines.ts";
import { soughtInVain } from "./issuer-unknown.ts";
import { KEY_VAULT } from "./needs.ts";
import { defineStep, type Proposal, type StepContext } from "./step.ts";

const Target = z.object({ vaultUri: z.url({ protocol: /^https$/ }), name: z.string().min(1) });
type Target = z.infer<typeof Target>;
/** The versions that are meant: those from up to then. Newer ones are a rotation's. */
const Before = z.object({ madeUntil: z.string() });

const SECRET =
  /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.KeyVault\/vaults\/([a-z0-9-]{3,24}))\/secrets\/([0-9a-z-]+)$/i;

const list = ({ azure }: StepContext, { vaultUri, name }: Target) => azure.vault(vaultUri).listVersions(name);

const isMeant = ({ createdOn }: SecretVersion, madeUntil: string) =>
  createdOn === null || Date.parse(createdOn) <= Date.parse(madeUntil);

/**
 * Disables the versions of a secret that the suspect could have read: an old version stays readable by its id after a new
 * one is published. It hides the value and does not end it; whoever has it already still has it.
 */
export const disableSecretVersion = defineStep({
  kind: "disable-secret-version",
  wave: "rotation",
  target: Target,
  before: Before,
  needs: [
    KEY_VAULT("Microsoft.KeyVault/vaults/secrets/readMetadata/action"),
    KEY_VAULT("Microsoft.KeyVault/vaults/secrets/update/action"),
  ],
  offUnlessNamed: "consumers break unless a new version was published before",

  propose: (scope) => [...readSecrets(scope), ...secretsWithoutIssuer(scope)],

  alone: ({ vaultUri, name }) => `${vaultUri} ${name}`,
  async apply(context, target, { madeUntil }) {
    const { azure } = context;
    const present = await list(context, target);
    if (present.kind === "failed") {
      return present.failure.code === "NOT_FOUND"
        ? alreadySo(present.failure.requestId, azure.now())
        : failed(present.failure, azure.now());
    }
    return setEach(
      context,
      target,
      present.value.filter((it) => it.enabled && isMeant(it, madeUntil)),
      false,
    );
  },
  verify: async (context, target, { madeUntil }) =>
    confirmation(asAnswer(await list(context, target)), context.azure.now(), {
      holds: (versions) => versions.every((it) => !it.enabled || !isMeant(it, madeUntil)),
      otherwise: "an old version can still be read",
      absentHolds: true,
    }),
  undoing: {
    kind: "can",
    /** Those disabled since: a version that was disabled before was last changed before. */
    async undo(context, target, { madeUntil }) {
      const present = await list(context, target);
      if (present.kind === "failed") return failed(present.failure, context.azure.now());
      return setEach(
        context,
        target,
        present.value.filter((it) => isOurs(it, madeUntil)),
        true,
      );
    },
    verifyUndone: async (context, target, { madeUntil }) =>
      confirmation(asAnswer(await list(context, target)), context.azure.now(), {
        holds: (versions) => versions.every((it) => !isOurs(it, madeUntil)),
        otherwise: "a version is still disabled",
        absentHolds: false,
      }),
  },
});

type Proposed = Proposal<Target, z.infer<typeof Before>>;

/** Secrets a suspect read. Off unless the policy names the kind: where a new version is published, old ones are disabled with it. */
function readSecrets(scope: Scope): readonly Proposed[] {
  const read = scope.reach.filter(({ kind, evidence }) => kind === "vault-secret" && evidence === "read");
  return eachSecret(read).flatMap(({ secret, first, principals, touchedLast }) =>
    soughtInVain(scope, secret) === null
      ? [
          {
            ...disabling(secret, touchedLast ?? scope.window.to),
            because: [`The suspect read it, last ${touchedLast ?? "at an unknown time"}.`],
            cost: [`Whatever still asks for an old version of ${secret.name}, or has no new one, fails.`],
            touches: [secret.vaultId, ...principals],
            tags: first.tags,
          },
        ]
      : [],
  );
}

/** Secrets that were to be rotated and whose issuer was not found: offered in place of it, for a person to decide. */
function secretsWithoutIssuer(scope: Scope): readonly Proposed[] {
  const reached = eachSecret(scope.reach.filter(({ kind }) => kind === "vault-secret")).map(
    ({ secret, principals, consumers, isRead }) => ({ secret, principals, consumers, isRead }),
  );
  const named = (scope.namedSecrets ?? []).map((secret) => ({
    secret,
    principals: [],
    consumers: secret.consumers ?? [],
    isRead: true,
  }));
  return [...reached, ...named].flatMap(({ secret, principals, consumers, isRead }): readonly Proposed[] => {
    const vain = soughtInVain(scope, secret);
    if (vain === null) return [];
    const { vaultId, name, tags } = secret;
    return [
      {
        ...disabling(secret, vain.at),
        because: [`It was to be rotated, and nobody is known who issued it: ${vain.tried}.`],
        cost: [
          `Whatever reads ${name} from the vault gets nothing until somebody publishes a new version or enables it again.`,
          ...consumerLines(consumers, "disabled"),
          isRead
            ? "It hides the value and does not end it: whoever has read it can go on using it until it is replaced where it was issued."
            : "Its value stays good where it was issued; no log shows that anybody has it.",
        ],
        touches: [vaultId, `${vaultId}/secrets/${name}`, ...principals],
        tags,
        asks: "it is offered because the issuer is not known, and whoever reads the secret loses it",
        offered: true,
      },
    ];
  });
}

interface SecretInVault {
  readonly vaultId: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

function disabling({ vaultId, name }: SecretInVault, madeUntil: string) {
  const vault = vaultId.split("/").at(-1) ?? vaultId;
  return {
    target: { vaultUri: `https://${vault.toLowerCase()}.vault.azure.net`, name },
    before: { madeUntil },
    title: `Disable the versions of the secret ${name} in ${vault} that the suspect could read`,
    rank: 9,
  };
}

function eachSecret(reach: readonly Reach[]) {
  return [...Map.groupBy(reach, ({ targetId }) => targetId.toLowerCase()).values()].flatMap((reached) => {
    const [first] = reached;
    const [, vaultId, , name] = SECRET.exec(first?.targetId ?? "") ?? [];
    if (first === undefined || vaultId === undefined || name === undefined) return [];
    return [
      {
        secret: { vaultId, name, tags: first.tags },
        first,
        principals: [...new Set(reached.map((it) => it.principalKey))].toSorted(),
        consumers: reached.find((it) => it.consumers !== undefined)?.consumers ?? [],
        isRead: reached.some(({ evidence }) => evidence === "read"),
        touchedLast: reached
          .flatMap(({ lastTouched }) => lastTouched ?? [])
          .toSorted()
          .at(-1),
      },
    ];
  });
}

function isOurs(it: SecretVersion, madeUntil: string): boolean {
  return (
    !it.enabled &&
    isMeant(it, madeUntil) &&
    it.updatedOn !== null &&
    Date.parse(it.updatedOn) > Date.parse(madeUntil)
  );
}

async function setEach(
  { azure }: StepContext,
  { vaultUri, name }: Target,
  versions: readonly SecretVersion[],
  enabled: boolean,
): Promise<StepOutcome> {
  for (const { version } of versions) {
    if (version === null) continue;
    const answer = await azure.vault(vaultUri).setEnabled(name, version, enabled);
    if (answer.kind === "failed") return failed(answer.failure, azure.now());
  }
  return versions.length === 0
    ? alreadySo(null, azure.now())
    : { kind: "applied", evidence: evidenceOf(null, azure.now(), { versions: versions.length }) };
}

/** The SDK gives no status and headers; what judges needs neither. */
function asAnswer<T>(attempted: Attempted<T>) {
  return attempted.kind === "failed"
    ? attempted
    : { kind: "ok" as const, value: attempted.value, status: 200, requestId: null, headers: {} };
}
